import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CostFactRow } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { ReadingError } from "@apportion/readings/source";
import { allocationResponse, toCostFacts, type ParseOptions } from "./parse.js";

const OPTIONS: ParseOptions = {
  cluster: "cluster-one",
  chargePeriod: { start: "2026-11-22T00:00:00Z", end: "2026-11-23T00:00:00Z" },
  teamLabels: ["team"],
  costCenterLabels: ["cost_center", "cost-center"],
  costPerDayMax: "1000000",
};

function recorded(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`recorded/${name}.json`, import.meta.url), "utf8"));
}

function factsOf(answer: unknown, options: Partial<ParseOptions> = {}): CostFactRow[] {
  return toCostFacts(allocationResponse.parse(answer), { ...OPTIONS, ...options });
}

function sum(
  rows: readonly CostFactRow[],
  column: "effective_cost" | "network_cost_info" = "effective_cost",
): string {
  return formatPicos(rows.reduce((total, row) => total + parsePicos(row[column]), 0n));
}

/** One allocation of the recorded day, changed. */
function spoiled(change: Record<string, unknown>): unknown {
  const answer = recorded("alloc_1d_noagg") as { data: Record<string, object>[] };
  const [set = {}] = answer.data;
  const [name = "", allocation] =
    Object.entries(set).find(([each]) => each.endsWith("/trainer-x1/train")) ?? [];
  return { code: 200, data: [{ ...set, [name]: { ...allocation, ...change } }] };
}

describe("genuine answers of OpenCost", () => {
  it("charges CPU, GPU, memory, volumes and load balancers, and keeps network as information", () => {
    const rows = factsOf(recorded("alloc_1d_noagg"));
    expect(sum(rows)).toBe("15.89472"); // without network; the answer's own totals, with it, come to 17.16207
    expect(sum(rows, "network_cost_info")).toBe("1.26738");
  });

  it("adds the pods of a controller up, and takes team and cost center from their labels", () => {
    const rows = factsOf(recorded("alloc_1d_noagg"));
    const api = rows.filter(({ controller }) => controller === "api");
    expect(api).toHaveLength(1);
    expect(api[0]).toMatchObject({
      kind: "workload",
      cluster: "cluster-one",
      namespace: "team-a",
      controller_kind: "deployment",
      team_label: "team-a",
      cost_center: "cc-team-a",
      effective_cost: "0.96204",
    });
  });

  it("keeps a volume that nobody mounts apart, with its namespace", () => {
    const rows = factsOf(recorded("alloc_1d_noagg"));
    expect(rows.filter(({ kind }) => kind === "unmounted")).toEqual([
      expect.objectContaining({
        namespace: "team-a",
        controller: "",
        pv_cost: "0.13151",
        effective_cost: "0.13151",
      }),
    ]);
  });

  it("keeps idle capacity apart", () => {
    const rows = factsOf(recorded("alloc_compute_1d_ns_idle"));
    expect(rows.filter(({ kind }) => kind === "idle")).toEqual([
      expect.objectContaining({ namespace: "", effective_cost: "7.16768" }),
    ]);
  });

  it("gives the same facts whatever the order of the answer", () => {
    const answer = recorded("alloc_1d_noagg") as { data: Record<string, unknown>[] };
    const reversed = {
      code: 200,
      data: [Object.fromEntries(Object.entries(answer.data[0] ?? {}).toReversed())],
    };
    const byText = (rows: readonly CostFactRow[]): string[] =>
      rows.map((row) => JSON.stringify(row)).toSorted();
    expect(byText(factsOf(reversed))).toEqual(byText(factsOf(answer)));
  });

  it("has no facts for a day without data", () => {
    expect(factsOf(recorded("empty_window_future"))).toEqual([]);
  });

  it("does not take an error in a JSON body for an empty day", () => {
    expect(allocationResponse.safeParse(recorded("alloc_inverted")).success).toBe(false);
  });
});

describe("what must not be charged", () => {
  const refusal = (answer: unknown, options: Partial<ParseOptions> = {}): ReadingError => {
    try {
      factsOf(answer, options);
    } catch (error) {
      if (error instanceof ReadingError) return error;
      throw error;
    }
    throw new Error("It was not refused");
  };

  it("a cost that is null, which is how NaN is printed", () => {
    const parsed = allocationResponse.safeParse(spoiled({ gpuCost: null }));
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).toContain("is null, which is how NaN is printed");
  });

  it("a negative cost, by the name of its allocation", () => {
    const error = refusal(spoiled({ cpuCost: -3 }));
    expect(error.code).toBe("absurd");
    expect(error.message).toContain('trainer-x1/train" has a negative cpu cost');
  });

  it("an adjustment that takes away more than there is", () => {
    expect(refusal(spoiled({ ramCostAdjustment: -1_000 })).code).toBe("absurd");
  });

  it("GPUs that cost nothing", () => {
    expect(refusal(spoiled({ gpuCost: 0 })).message).toContain("set a GPU price");
  });

  it("a day beyond the ceiling", () => {
    expect(refusal(recorded("alloc_1d_noagg"), { costPerDayMax: "15" }).message).toContain(
      "more than costPerDayMax 15",
    );
  });

  it("another cluster, another day, several days", () => {
    expect(refusal(recorded("alloc_1d_noagg"), { cluster: "prod" }).message).toContain(
      'of cluster "cluster-one"',
    );
    const chargePeriod = { start: "2026-11-21T00:00:00Z", end: "2026-11-22T00:00:00Z" };
    expect(refusal(recorded("alloc_1d_noagg"), { chargePeriod }).message).toContain(
      "not the day that was asked for",
    );
    expect(refusal({ code: 200, data: [{}, {}] }).message).toContain("2 sets for one day");
  });
});

describe("adjustments and labels", () => {
  it("charges a cost together with its adjustment", () => {
    const before = parsePicos(sum(factsOf(recorded("alloc_1d_noagg"))));
    const after = parsePicos(sum(factsOf(spoiled({ cpuCostAdjustment: -0.25 }))));
    expect(formatPicos(after - before)).toBe("-0.25");
  });

  it("falls back to the namespace's labels, and reads both spellings of cost-center", () => {
    const properties = {
      cluster: "cluster-one",
      namespace: "team-a",
      controller: "trainer",
      controllerKind: "job",
      container: "train",
      labels: { "cost-center": "cc-7" },
      namespaceLabels: { team: "fraud" },
    };
    const [row] = factsOf(spoiled({ properties })).filter(({ controller }) => controller === "trainer");
    expect(row).toMatchObject({ team_label: "fraud", cost_center: "cc-7" });
  });
});
