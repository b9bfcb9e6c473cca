import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CostFactRow, Reading } from "@apportion/domain/facts";
import type { Registry } from "@apportion/domain/tenancy";
import { ACCOUNT, costReading, cpu, openTestPlatform, publish, type TestPlatform } from "./platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const DAY = "2026-11-22";
const S3 = "Amazon Simple Storage Service";

function billed(
  source: string,
  kind: CostFactRow["kind"],
  rows: readonly Partial<CostFactRow>[],
): Reading<"cost"> {
  return {
    key: { ...costReading(DAY, []).key, source, scope: ACCOUNT },
    rows: rows.map((row) => ({
      kind,
      account: ACCOUNT,
      record_type: "Usage",
      effective_cost: "1",
      billed_cost: "1",
      ...row,
    })),
    finality: "provisional",
  };
}

const withRules = (...rules: Registry["rules"]): Registry => ({
  ...test.platform.registry,
  rules: [...test.platform.registry.rules, ...rules],
});

const lines = (sql: string): Promise<Record<string, unknown>[]> =>
  test.rows(`SELECT ${sql} FROM current_allocations ORDER BY ALL`);

describe("who owns what was read", { timeout: 120_000 }, () => {
  it("is of S3 whoever owns the service, unless a bucket has a team's tag; its service is named wherever the bill's are", async () => {
    await publish(
      test.log,
      billed("s3", "object-storage", [
        { service: S3, usage_type: "EU-TimedStorage-ByteHrs", team_label: "a" },
        { service: S3, usage_type: "EU-Requests-Tier1", team_label: "" },
      ]),
    );
    await publish(
      test.log,
      billed("network", "network", [{ service: "EC2 - Other", usage_type: "NatGateway-Bytes" }]),
    );
    const owner = { kind: "team" as const, id: "c" };
    const registry = withRules(
      { owner, match: { service: S3 } },
      // Bytes say whose network it is: the service by which it is billed has no owner of it.
      { owner, match: { service: "EC2 - Other" } },
    );
    await test.settle({ registry });
    expect(await lines("team_id, service, category, reason")).toEqual([
      { team_id: "", service: "EC2 - Other", category: "network", reason: "no-bytes" },
      { team_id: "a", service: S3, category: "object-storage", reason: "" },
      { team_id: "c", service: S3, category: "object-storage", reason: "" },
    ]);
    expect(
      await test.rows(
        "SELECT service, category, toString(amount) AS cost FROM service_daily_costs ORDER BY service",
      ),
    ).toEqual([
      { service: S3, category: "object-storage", cost: "2" },
      { service: "EC2 - Other", category: "network", cost: "1" },
    ]);
  });

  it("is the same of costs and of usage in a namespace, also on a cluster that is dedicated", async () => {
    const place = { cluster: "pci", namespace: "scoring" };
    await publish(test.log, costReading(DAY, [cpu("5", place)], "pci"));
    await publish(
      test.log,
      costReading(DAY, [cpu("8", { namespace: "platform-shared", controller: "mlflow" })]),
    );
    const used = (source: string, where: object): Reading<"usage"> => ({
      key: { ...costReading(DAY, []).key, dataset: "usage", source, scope: "requests" },
      rows: [
        {
          meter: "mlflow.requests",
          unit: "requests",
          team_label: "",
          namespace: "",
          quantity: "3",
          ...where,
        },
      ],
      finality: "provisional",
    });
    await publish(test.log, used("prometheus", place));
    const owner = { kind: "team" as const, id: "b" };
    await test.settle({
      registry: withRules({ owner, match: { cluster: "pci" } }),
      policies: [{ pool: "mlflow", methods: [{ kind: "usage", meter: "mlflow.requests" }] }],
      expectedReadings: [
        { dataset: "usage", source: "prometheus", scope: "requests", meter: "mlflow.requests" },
      ],
    });
    expect(await lines("team_id, pool, toString(amount) AS pays")).toEqual([
      { team_id: "b", pool: "", pays: "5" },
      { team_id: "b", pool: "mlflow", pays: "8" },
    ]);
  });
});
