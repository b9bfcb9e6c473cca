import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { focusQuery } from "@apportion/books/exports/focus";
import { parseBillingPeriod } from "@apportion/domain/period";
import { costReading, cpu, openTestPlatform, publish, runsReading, type TestPlatform } from "./platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

/** What is said of how the lines of team a were split, by the method's id without the policy's version. */
async function methodsOfA(): Promise<Record<string, unknown>> {
  const { query, params } = focusQuery({
    month: parseBillingPeriod("2026-11"),
    version: "1.4",
    dataset: "cost-and-usage",
    currency: "USD",
    billingAccountId: "111122223333",
  });
  const answer = await test.clickhouse.query({ query, query_params: params, format: "JSONEachRow" });
  const rows = await answer.json<Record<string, string>>();
  return Object.fromEntries(
    rows
      .filter((row) => row["AllocatedResourceId"] === "a")
      .map((row) => {
        const details = JSON.parse(row["AllocatedMethodDetails"] ?? "") as { Elements: unknown[] };
        return [row["AllocatedMethodId"]?.replace(/@\w+/, ""), details.Elements[0]];
      }),
  );
}

describe("shares of tax and credits", () => {
  const exported = async (issuer?: string): Promise<Record<string, string>[]> => {
    const { query, params } = focusQuery({
      month: parseBillingPeriod("2026-11"),
      version: "1.4",
      dataset: "cost-and-usage",
      currency: "USD",
      billingAccountId: "111122223333",
      ...(issuer !== undefined && { issuer }),
    });
    const answer = await test.clickhouse.query({ query, query_params: params, format: "JSONEachRow" });
    return answer.json<Record<string, string>>();
  };

  it("are adjustments where nobody invoices the teams, since what is billed then is nothing", async () => {
    const line = (record_type: string, amount: string) => ({
      ...cpu("0", {}),
      kind: "bill" as const,
      cluster: "",
      account: "111122223333",
      service: "Tax",
      record_type,
      effective_cost: amount,
      billed_cost: amount,
    });
    const reading = costReading(
      "2026-11-01",
      [line("Tax", "5"), line("Credit", "-2"), line("Usage", "7")],
      "111122223333",
    );
    await publish(test.log, { ...reading, key: { ...reading.key, source: "aws-bill" } });
    await test.settle();
    const categories = async (issuer?: string): Promise<unknown[]> =>
      (await exported(issuer))
        .map((row) => `${row["x_RecordType"] ?? "use"}: ${row["ChargeCategory"]}`)
        .toSorted((a, b) => (a < b ? -1 : 1));
    expect(await categories("Platform finance")).toEqual(["Credit: Credit", "Tax: Tax", "use: Usage"]);
    expect(await categories()).toEqual(["Credit: Adjustment", "Tax: Adjustment", "use: Usage"]);
    // FOCUS: the effective cost of a tax or credit is what is billed.
    const all = [...(await exported()), ...(await exported("Platform finance"))];
    const wrong = all.filter(
      (row) =>
        ["Tax", "Credit"].includes(row["ChargeCategory"] ?? "") && row["EffectiveCost"] !== row["BilledCost"],
    );
    expect(wrong).toEqual([]);
  });
});

describe("the split columns of FOCUS", () => {
  it("have quantities in the units by which each method splits", async () => {
    const ids = ["argocd", "feast", "vault", "prometheus"];
    const { registry } = test.platform;
    const services = {
      ...registry,
      sharedServices: [...registry.sharedServices, ...ids.map((id) => ({ id, name: id }))],
      rules: [
        ...registry.rules,
        ...ids.map((id) => ({ owner: { kind: "shared-service" as const, id }, match: { namespace: id } })),
      ],
    };
    const costs = [
      cpu("3", { namespace: "team-a" }),
      cpu("1", { namespace: "team-b" }),
      cpu("8", { namespace: "platform-shared", controller: "mlflow" }),
      ...ids.map((id) => cpu("8", { namespace: id })),
    ];
    await publish(test.log, costReading("2026-11-01", costs));
    await publish(test.log, runsReading("2026-11-01", { a: 30, b: 10 }));
    const meters = (...all: [string, string][]) =>
      ({ kind: "usage", meters: all.map(([meter, percent]) => ({ meter, percent })) }) as const;
    const policies = [
      { pool: "mlflow", methods: [meters(["mlflow.runs", "100"])] },
      { pool: "argocd", methods: [{ kind: "proportional" as const }] },
      { pool: "feast", methods: [{ kind: "even" as const }] },
      { pool: "vault", methods: [{ kind: "fixed" as const, teams: { a: "25", b: "75" } }] },
      {
        pool: "prometheus",
        methods: [{ kind: "fixed" as const, teams: { b: "80" }, services: { mlflow: "20" } }],
      },
    ];
    await test.settle({ registry: services, policies, betweenServices: [{ method: "reciprocal" }] });
    const element = (AllocatedRatio: number, UsageUnit: string, UsageQuantity: number): object => ({
      AllocatedRatio,
      UsageUnit,
      UsageQuantity,
    });
    expect(await methodsOfA()).toEqual({
      "mlflow/usage": element(0.75, "mlflow.runs", 30),
      "argocd/proportional": element(0.75, "USD", 3),
      "feast/even": element(0.333333333334, "Ratio", 0.333333333333),
      "vault/fixed": element(0.25, "Ratio", 0.25),
      "prometheus/fixed/reciprocal": element(0.15, "Ratio", 0.15),
    });
  });
});
