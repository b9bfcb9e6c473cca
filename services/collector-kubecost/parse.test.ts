import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CostFactRow } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { ReadingError } from "@apportion/readings/source";
import { allocationsOf } from "./allocation-stream.js";
import { toCostFacts, type ParseOptions } from "./parse.js";

const OPTIONS: ParseOptions = {
  cluster: "cluster-one",
  chargePeriod: { start: "2026-11-22T00:00:00Z", end: "2026-11-23T00:00:00Z" },
  teamLabels: ["team"],
  costCenterLabels: ["cost_center", "cost-center"],
  costPerDayMax: "1000000",
  chargeNetwork: false,
  grain: "workload",
};

function recorded(name: string): string {
  return readFileSync(new URL(`recorded/${name}.json`, import.meta.url), "utf8");
}

/** Facts of an answer that comes in pieces of some bytes, as it does over a network. */
async function factsOf(
  answer: string,
  options: Partial<ParseOptions> = {},
  pieceBytes = 1_000,
): Promise<CostFactRow[]> {
  const bytes = Buffer.from(answer);
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for (let start = 0; start < bytes.length; start += pieceBytes)
      yield bytes.subarray(start, start + pieceBytes);
  };
  const { rows } = await toCostFacts(allocationsOf(pieces(), "GET /allocation"), { ...OPTIONS, ...options });
  return rows;
}

function sum(
  rows: readonly CostFactRow[],
  column: "effective_cost" | "network_cost_info" = "effective_cost",
): string {
  return formatPicos(rows.reduce((total, row) => total + parsePicos(row[column] ?? "0"), 0n));
}

/** One allocation of the recorded day, changed. */
function spoiled(change: Record<string, unknown>): string {
  const answer = JSON.parse(recorded("alloc_1d_noagg")) as { data: Record<string, object>[] };
  const [set = {}] = answer.data;
  const [name = "", allocation] =
    Object.entries(set).find(([each]) => each.endsWith("/trainer-x1/train")) ?? [];
  return JSON.stringify({ code: 200, data: [{ ...set, [name]: { ...allocation, ...change } }] });
}

/** The recorded day with another cost of idle CPU. */
function withIdle(cpuCost: number): string {
  const answer = JSON.parse(recorded("alloc_compute_1d_ns_idle")) as { data: Record<string, object>[] };
  const [set = {}] = answer.data;
  const [name = "", allocation] = Object.entries(set).find(([each]) => each.includes("__idle__")) ?? [];
  return JSON.stringify({ code: 200, data: [{ ...set, [name]: { ...allocation, cpuCost } }] });
}

describe("genuine answers of OpenCost", () => {
  it("charges CPU, GPU, memory, volumes and load balancers, and keeps network as information", async () => {
    const rows = await factsOf(recorded("alloc_1d_noagg"));
    expect(sum(rows)).toBe("15.89472"); // without network; the answer's own totals, with it, come to 17.16207
    expect(sum(rows, "network_cost_info")).toBe("1.26738");
  });

  it("charges network too where that is asked for, as rows of whoever has the workload", async () => {
    const rows = await factsOf(recorded("alloc_1d_noagg"), { chargeNetwork: true });
    const network = rows.filter(({ kind }) => kind === "network");
    expect([sum(rows), sum(network)]).toEqual(["17.1621", "1.26738"]);
    const workloads = rows.filter(({ kind }) => kind === "workload");
    for (const { namespace, controller } of network)
      expect(workloads).toContainEqual(expect.objectContaining({ namespace, controller }));
    await expect(factsOf(spoiled({ networkCost: -1 }), { chargeNetwork: true })).rejects.toThrow(
      "negative network cost",
    );
  });

  it("gives the same facts however the answer is cut into pieces, and in whatever order it is", async () => {
    const whole = await factsOf(recorded("alloc_1d_noagg"), {}, 1_000_000);
    for (const pieceBytes of [1, 7, 4_096])
      expect(await factsOf(recorded("alloc_1d_noagg"), {}, pieceBytes)).toEqual(whole);
    const answer = JSON.parse(recorded("alloc_1d_noagg")) as { data: Record<string, unknown>[] };
    const reversed = {
      code: 200,
      data: [Object.fromEntries(Object.entries(answer.data[0] ?? {}).toReversed())],
    };
    const byText = (rows: readonly CostFactRow[]): string[] =>
      rows.map((row) => JSON.stringify(row)).toSorted();
    expect(byText(await factsOf(JSON.stringify(reversed)))).toEqual(byText(whole));
  });

  it("adds the pods of a controller up, and takes team and cost center from their labels", async () => {
    const api = (await factsOf(recorded("alloc_1d_noagg"))).filter(({ controller }) => controller === "api");
    expect(api).toEqual([
      expect.objectContaining({
        kind: "workload",
        cluster: "cluster-one",
        namespace: "team-a",
        controller_kind: "deployment",
        team_label: "team-a",
        cost_center: "cc-team-a",
        effective_cost: "0.96204",
      }),
    ]);
  });

  it("keeps every container when that is asked for, and the same total", async () => {
    const rows = await factsOf(recorded("alloc_1d_noagg"), { grain: "container" });
    expect(
      rows.filter(({ controller }) => controller === "api").map(({ pod, container }) => [pod, container]),
    ).toEqual([
      ["api-7c9d8f6b5-aaaaa", "api"],
      ["api-7c9d8f6b5-bbbbb", "api"],
    ]);
    expect(sum(rows)).toBe("15.89472");
  });

  it("says how much was requested and how much was used", async () => {
    const [dns] = (await factsOf(recorded("alloc_1d_noagg"))).filter(
      ({ controller }) => controller === "coredns",
    );
    expect(dns).toMatchObject({
      cpu_core_hours: "2.4",
      cpu_request_core_hours: "2.4",
      cpu_usage_core_hours: "0.24",
      ram_request_gib_hours: "4.08",
      ram_usage_gib_hours: "0.408",
    });
  });

  it("keeps a volume that nobody mounts apart, with its namespace", async () => {
    const rows = await factsOf(recorded("alloc_1d_noagg"));
    expect(rows.filter(({ kind }) => kind === "unmounted")).toEqual([
      expect.objectContaining({
        namespace: "team-a",
        controller: "",
        pv_cost: "0.13151",
        effective_cost: "0.13151",
      }),
    ]);
  });

  it("keeps idle capacity apart", async () => {
    const rows = await factsOf(recorded("alloc_compute_1d_ns_idle"));
    expect(rows.filter(({ kind }) => kind === "idle")).toEqual([
      expect.objectContaining({ namespace: "", effective_cost: "7.16768" }),
    ]);
  });

  it("reads the example of OpenCost's documentation", async () => {
    const chargePeriod = { start: "2023-07-12T11:02:46Z", end: "2023-07-19T11:02:46Z" };
    // A week in one set is no day.
    await expect(
      factsOf(recorded("website_allocation-example-output"), { cluster: "default-cluster", chargePeriod }),
    ).rejects.toThrow("minutes of a day");
  });

  it("has no facts for a day without data", async () => {
    expect(await factsOf(recorded("empty_window_future"))).toEqual([]);
  });
});

describe("what must not be charged", () => {
  const refusal = async (answer: string, options: Partial<ParseOptions> = {}): Promise<ReadingError> => {
    try {
      await factsOf(answer, options);
    } catch (error) {
      if (error instanceof ReadingError) return error;
      throw error;
    }
    throw new Error("It was not refused");
  };

  it("a cost that is null, which is how NaN is printed", async () => {
    const error = await refusal(spoiled({ gpuCost: null }));
    expect(error.code).toBe("malformed");
    expect(error.message).toContain("is null, which is how NaN is printed");
  });

  it("a negative cost, by the name of its allocation", async () => {
    const error = await refusal(spoiled({ cpuCost: -3 }));
    expect(error.code).toBe("absurd");
    expect(error.message).toContain('trainer-x1/train" has a negative cpu cost');
  });

  it("an adjustment that takes away more than there is", async () => {
    expect((await refusal(spoiled({ ramCostAdjustment: -1_000 }))).code).toBe("absurd");
  });

  it("negative minutes, and more of them than a day has", async () => {
    expect((await refusal(spoiled({ minutes: -5 }))).code).toBe("absurd");
    expect((await refusal(spoiled({ minutes: 1_500 }))).code).toBe("absurd");
  });

  it("GPUs that cost nothing", async () => {
    expect((await refusal(spoiled({ gpuCost: 0 }))).message).toContain("set a GPU price");
    const requested = { gpuCost: 0, gpuHours: 0, gpuRequestAverage: 1 };
    expect((await refusal(spoiled(requested))).message).toContain("set a GPU price");
  });

  it("a day beyond the ceiling", async () => {
    const error = await refusal(recorded("alloc_1d_noagg"), { costPerDayMax: "15" });
    expect(error.message).toContain("more than costPerDayMax 15");
  });

  it("amounts and hours beyond what any machine costs or does, by the name of their allocation", async () => {
    for (const change of [
      { cpuCost: 1e40 },
      { pvCostAdjustment: -1e40 },
      { networkCost: 1e40 },
      { cpuCoreHours: 1e40 },
      { ramByteUsageAverage: 1e40 },
      { gpuHours: -5 },
    ]) {
      const error = await refusal(spoiled(change));
      expect(error.code).toBe("absurd");
      expect(error.message).toContain('trainer-x1/train"');
    }
  });

  it("idle far below nothing, also where something else makes up for it; a little below is kept", async () => {
    expect((await refusal(withIdle(-1e9))).message).toContain("signs left aside, more than costPerDayMax");
    expect((await factsOf(withIdle(-0.5))).find(({ kind }) => kind === "idle")?.cpu_cost).toBe("-0.5");
  });

  it("another cluster, another day, several days", async () => {
    expect((await refusal(recorded("alloc_1d_noagg"), { cluster: "prod" })).message).toContain(
      'of cluster "cluster-one"',
    );
    const chargePeriod = { start: "2026-11-21T00:00:00Z", end: "2026-11-22T00:00:00Z" };
    expect((await refusal(recorded("alloc_1d_noagg"), { chargePeriod })).message).toContain(
      "not the day that was asked for",
    );
    expect((await refusal('{"code":200,"data":[{},{}]}')).message).toContain("2 sets for one day");
    expect((await refusal(recorded("alloc_1h_step_ns"))).code).toBe("malformed");
  });

  it("an error in a JSON body, which is not an empty day", async () => {
    const error = await refusal(recorded("alloc_inverted"));
    expect(error.message).toContain("answered with code 500: Error: illegal window");
  });

  it("the single sum that OpenCost gives for an aggregate it does not know", async () => {
    expect((await refusal(recorded("err_badagg"), { grain: "container" })).message).toContain(
      "without namespace and controller",
    );
  });

  it("an answer that was cut off, which is worth another try", async () => {
    const error = await refusal(recorded("alloc_1d_noagg").slice(0, 9_000));
    expect(error.code).toBe("unavailable");
    expect(error.message).toContain("not whole JSON");
  });
});

describe("adjustments and labels", () => {
  it("charges a cost together with its adjustment", async () => {
    const before = parsePicos(sum(await factsOf(recorded("alloc_1d_noagg"))));
    const after = parsePicos(sum(await factsOf(spoiled({ cpuCostAdjustment: -0.25 }))));
    expect(formatPicos(after - before)).toBe("-0.25");
  });

  it("falls back to the namespace's labels, and reads both spellings of cost-center", async () => {
    const properties = {
      cluster: "cluster-one",
      namespace: "team-a",
      controller: "trainer",
      controllerKind: "job",
      container: "train",
      labels: { "cost-center": "cc-7" },
      namespaceLabels: { team: "fraud" },
    };
    const [row] = (await factsOf(spoiled({ properties }))).filter(
      ({ controller }) => controller === "trainer",
    );
    expect(row).toMatchObject({ team_label: "fraud", cost_center: "cc-7" });
  });
});
