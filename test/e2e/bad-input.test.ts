import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatPicos } from "@apportion/domain/money";
import { parseDay } from "@apportion/domain/period";
import { collectStage } from "apportion/commands/pipeline";
import { openDeployment, type Deployment } from "./deployment.js";

const RESPONSE_BYTES_MAX = 1024 * 1024;
const NOW = "2026-11-04T00:00:00Z";

let deployment: Deployment;
beforeEach(async () => {
  deployment = await openDeployment({
    now: NOW,
    configure: (config) => ({
      ...config,
      kubecost: config.kubecost && {
        ...config.kubecost,
        clusters: config.kubecost.clusters.map((cluster) => ({
          ...cluster,
          retryPauseMs: 5,
          timeoutMs: 1_000,
          attemptsMax: 7,
          responseBytesMax: RESPONSE_BYTES_MAX,
        })),
      },
      usage: config.usage && {
        ...config.usage,
        mlflow: config.usage.mlflow.map((server) => ({ ...server, retryPauseMs: 5, timeoutMs: 1_000 })),
      },
      aws: config.aws && {
        ...config.aws,
        timeoutMs: 1_000,
        attemptsMax: 4,
        responseBytesMax: RESPONSE_BYTES_MAX,
      },
    }),
  });
});
afterEach(() => deployment.close());

const total = async (): Promise<string | undefined> => {
  const [row] = await deployment.rows(
    "SELECT toString(sum(toDecimal256(amount, 12))) AS total FROM current_allocations WHERE source != 'rate-variance'",
  );
  return row?.["total"];
};
const served = (): string => formatPicos(deployment.simulator.ledger.totalOf("2026-11"));

describe("an upstream that misbehaves", () => {
  it("is asked again while that can help, and then nothing is missing", async () => {
    const { simulator } = deployment;
    for (const kind of ["status-503", "truncated", "not-json", "hangs-up", "slow", "stalls"] as const)
      simulator.spoil("shared-eu-1", { path: "/allocation", times: 1, kind });
    for (const kind of ["status-503", "truncated", "stalls"] as const)
      simulator.spoil("aws", { path: "/", times: 1, kind });
    simulator.spoil("mlflow", { path: "/api", times: 1, kind: "status-503" });
    expect(await deployment.run("2026-11-01", "2026-11-04")).toEqual([]);
    expect(await total()).toBe(served());
  });

  it("fails by source, scope and period when it does not recover, and the others go on", async () => {
    const { simulator } = deployment;
    simulator.spoil("shared-eu-1", { path: "/allocation", times: 1, kind: "status-403" });
    expect(await deployment.run("2026-11-01", "2026-11-04")).toEqual([
      `cost/kubecost/shared-eu-1/2026-11-01T00:00:00Z: GET ${simulator.urls.kubecost["shared-eu-1"]}/allocation answered 403: access denied`,
    ]);
    const days = await deployment.rows(
      "SELECT toString(charge_day) AS day, missing FROM current_runs ORDER BY charge_day",
    );
    expect(days).toEqual([
      { day: "2026-11-01", missing: ["cost/kubecost/shared-eu-1"] },
      { day: "2026-11-02", missing: [] },
      { day: "2026-11-03", missing: [] },
    ]);
    expect(await deployment.run("2026-11-01", "2026-11-04")).toEqual([]);
    expect(await total()).toBe(served());
  });

  it("does not keep the others from being read, when it stalls or never ends", async () => {
    const { simulator } = deployment;
    simulator.spoil("aws", { path: "/", times: 1_000, kind: "stalls" });
    simulator.spoil("shared-eu-1", { path: "/allocation", times: 1, kind: "huge" });
    const failures = await deployment.run("2026-11-01", "2026-11-02");
    expect(failures).toContain(
      `cost/kubecost/shared-eu-1/2026-11-01T00:00:00Z: GET ${simulator.urls.kubecost["shared-eu-1"]}/allocation answered with more bytes than responseBytesMax allows`,
    );
    expect(failures.filter((each) => each.includes("no whole answer within 1000 ms"))).toHaveLength(4);
    expect(failures).toHaveLength(5);
    const [read] = await deployment.rows(
      "SELECT arraySort(groupUniqArray(source)) AS sources FROM current_snapshots WHERE snapshot_id NOT IN (SELECT snapshot_id FROM quarantined_readings)",
    );
    expect(read?.["sources"]).toEqual(["kubecost", "mlflow", "prometheus"]);
  });

  it("delays only its own readings while it does not answer", async () => {
    deployment.simulator.spoil("shared-eu-1", { path: "/allocation", times: 5, kind: "slow" });
    const said: string[] = [];
    const stream = { write: (text: string) => said.push(text) } as unknown as NodeJS.WritableStream;
    const context = { env: {}, stdout: stream, stderr: stream, now: () => new Date("2026-11-04T00:00:00Z") };
    const days = { from: parseDay("2026-11-01"), to: parseDay("2026-11-04") };
    const { failures } = await collectStage(context, deployment.system, days);
    expect(failures).toEqual([]);
    expect(said).toContainEqual(expect.stringContaining("Reading mlflow mlflow"));
    expect(said.at(-2)).toContain("Reading kubecost shared-eu-1"); // the last of all
    expect(said.at(-1)).toContain("Read kubecost, s3, network, bill, usage");
  });

  it("cannot make a bill that has no credentials pass for an empty one", async () => {
    deployment.simulator.spoil("aws", { path: "/", times: 100, kind: "status-403" });
    const failures = await deployment.run("2026-11-01", "2026-11-02");
    expect(failures).toHaveLength(4); // S3, network, the bill and what is left of it
    expect(failures[0]).toContain(
      "cost/s3/111122223333/2026-11-01T00:00:00Z: Cost Explorer GetCostAndUsage failed",
    );
    expect(failures[0]).not.toContain(deployment.simulator.credentials.secretAccessKey);
    const rows = await deployment.rows(
      "SELECT count() AS readings FROM snapshots WHERE source = 's3' AND dataset = 'cost'",
    );
    expect(rows).toEqual([{ readings: "0" }]);
  });

  it("leaves a pool to its named fallback while the meter is away, and mends it when it is back", async () => {
    const methods = (): Promise<object[]> =>
      deployment.rows(
        "SELECT DISTINCT method, reason != '' AS fallback FROM current_allocations WHERE pool = 'mlflow' AND owner_kind = 'team'",
      );
    deployment.simulator.spoil("mlflow", { path: "/api", times: 8, kind: "status-503" });
    expect(await deployment.run("2026-11-01", "2026-11-03")).toHaveLength(2);
    expect(await methods()).toEqual([{ method: "proportional", fallback: 1 }]);
    expect(await deployment.run("2026-11-01", "2026-11-03")).toEqual([]);
    expect(await methods()).toEqual([{ method: "usage", fallback: 0 }]);
    expect(await total()).toBe(served());
  });
});
