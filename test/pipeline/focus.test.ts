import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { focusQuery } from "@apportion/books/exports/focus";
import { lineNameSql } from "@apportion/books/exports/line-name";
import { CATEGORIES } from "@apportion/domain/category";
import { parsePicos } from "@apportion/domain/money";
import { daysOf, parseBillingPeriod } from "@apportion/domain/period";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { lineName } from "@apportion/domain/wording";
import { closeOctober, costs as costsOf, failedGates, OCTOBER, openOctober, READ, runs } from "./october.js";
import {
  ACCOUNT,
  billReading,
  costReading,
  cpu,
  MLFLOW_BY_RUNS,
  openTestPlatform,
  publish,
  publishAll,
  runsReading,
  type TestPlatform,
} from "./platform.js";

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
    registry: test.platform.registry,
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
      registry: test.platform.registry,
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

describe("what is billed of a closed month", () => {
  const SHARED = [...MLFLOW_BY_RUNS, { pool: "corporate", methods: [{ kind: "proportional" as const }] }];
  /** October with tax, which teams share, and thirds of a cent in each of its lines. */
  async function closeWithTax(): Promise<void> {
    const tax = { ...cpu("0", {}), kind: "bill" as const, cluster: "", account: ACCOUNT, service: "Tax" };
    const amounts = { record_type: "Tax", effective_cost: "0.333333333333", billed_cost: "0.333333333333" };
    const readings = daysOf(OCTOBER).flatMap((day) => {
      const reading = costReading(day, [{ ...tax, ...amounts }], ACCOUNT);
      const ofBill = { ...reading, key: { ...reading.key, source: "aws-bill" }, finality: "final" as const };
      return [costsOf(day), runs(day), billReading(day, "12"), ofBill];
    });
    await publishAll(test.log, readings, READ);
    await test.settle({ now: READ, policies: SHARED });
    const closed = await closeOctober(test, { overrideReason: "a test" });
    expect(failedGates(closed)).not.toContain("verified");
    expect(closed.closed).toBe(true);
  }
  const rowsOf = async (issuer?: string): Promise<Record<string, string | null>[]> => {
    const { query, params } = focusQuery({
      month: OCTOBER,
      version: "1.4",
      dataset: "cost-and-usage",
      currency: "USD",
      billingAccountId: ACCOUNT,
      registry: test.platform.registry,
      ...(issuer !== undefined && { issuer }),
    });
    const answer = await test.clickhouse.query({
      query: `SELECT InvoiceId, ChargeCategory, SubAccountId, ChargeDescription, AllocatedMethodId AS split, toString(BilledCost) AS billed, toString(EffectiveCost) AS effective FROM (${query})`,
      query_params: params,
      format: "JSONEachRow",
    });
    return answer.json();
  };
  const sum = (rows: readonly Record<string, string | null>[], column: string): bigint =>
    rows.reduce((total, row) => total + parsePicos(row[column] ?? ""), 0n);

  it("is the cents that were posted: one charge of a statement carries what rounding left, tax and shares are billed as they were used", async () => {
    await closeWithTax();
    const rows = await rowsOf("Platform finance");
    const posted = await test.rows(
      `SELECT if(account = 'team', team_id, account) AS payer, toString(sum(signed_amount)) AS charged
       FROM posted_entries WHERE account != 'clearing' GROUP BY payer ORDER BY payer`,
    );
    expect(posted.map(({ payer }) => payer)).toEqual(["a", "b"]);
    for (const { payer, charged } of posted) {
      const own = rows.filter(({ SubAccountId }) => SubAccountId === payer);
      expect([payer, sum(own, "billed")]).toEqual([payer, parsePicos(String(charged))]);
      const carriers = own.filter(({ billed, effective }) => billed !== effective);
      expect(carriers).toMatchObject([{ ChargeDescription: `CPU in team-${String(payer)}`, split: null }]);
      const off = sum(carriers, "billed") - sum(carriers, "effective");
      expect(off > -PICOS_PER_CENT && off < PICOS_PER_CENT).toBe(true);
    }
    const shares = rows.filter(({ split }) => split !== null);
    expect(new Set(shares.map((row) => row["ChargeCategory"]))).toEqual(new Set(["Tax", "Usage"]));
  });

  it("is nothing where nobody bills, and exact as long as nothing is posted", async () => {
    await closeWithTax();
    const kept = await rowsOf();
    expect(new Set(kept.map(({ billed }) => billed))).toEqual(new Set(["0"]));
    const issued = await rowsOf("Platform finance");
    expect([issued.length, sum(issued, "effective")]).toEqual([kept.length, sum(kept, "effective")]);
    await test.close();
    test = await openOctober();
    const open = await rowsOf("Platform finance");
    expect(open.length).toBeGreaterThan(90);
    expect(open.filter((row) => row["billed"] !== row["effective"] || row["InvoiceId"] !== null)).toEqual([]);
  });
});

it("names what is charged as statements do", async () => {
  const lines = [
    ...CATEGORIES.map((category) => ({ category, pool: "" })),
    { category: "corporate", pool: "corporate" },
    { category: "unallocated", pool: "unallocated" },
    { category: "unused-commitment", pool: "unused-commitment" },
    { category: "shared", pool: "mlflow" },
    { category: "shared", pool: "gone-since" },
    { category: "shared", pool: "system/shared-eu-1" },
    { category: "idle-gpu", pool: "idle/shared-eu-1" },
    { category: "idle-gpu", pool: "idle/a%2Fb%25/a100" },
  ] as const;
  const registry = { sharedServices: [{ id: "mlflow", name: "The team's MLflow" }] };
  const answer = await test.clickhouse.query({
    query: `SELECT ${lineNameSql("category", "pool")} AS name FROM
      (SELECT arrayJoin(arrayEnumerate({pools:Array(String)})) AS place, {categories:Array(String)}[place] AS category, {pools:Array(String)}[place] AS pool) ORDER BY place`,
    query_params: {
      categories: lines.map(({ category }) => category),
      pools: lines.map(({ pool }) => pool),
      serviceIds: ["mlflow"],
      serviceNames: ["The team's MLflow"],
    },
    format: "JSONEachRow",
  });
  expect((await answer.json<{ name: string }>()).map(({ name }) => name)).toEqual(
    lines.map((line) => lineName(line, registry)),
  );
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
