import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { reconcile } from "@apportion/books/reconcile/reconcile";
import type { BillFactRow, CostFactRow, Reading } from "@apportion/domain/facts";
import { chargePeriodOf, daysOf, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { checkClose, closeMonth } from "@apportion/ledger/close";
import {
  ACCOUNT,
  billReading,
  costReading,
  cpu,
  messagesOf,
  openTestPlatform,
  runsReading,
  type TestPlatform,
} from "./platform.js";

const OCTOBER = parseBillingPeriod("2026-10");
const NOVEMBER = parseBillingPeriod("2026-11");
const S3 = "Amazon Simple Storage Service";
const FIRST = "2026-11-02";
const SECOND = "2026-11-03";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const bill = (row: Partial<BillFactRow>): BillFactRow => ({
  service: S3,
  usage_type: "EU-TimedStorage-ByteHrs",
  record_type: "Usage",
  owner: "s3",
  billed_cost: row.effective_cost ?? "0",
  amortized_cost: row.effective_cost ?? "0",
  effective_cost: "0",
  usage_quantity: "1",
  ...row,
});
const stored = (amount: string, row: Partial<CostFactRow> = {}): CostFactRow => ({
  ...cpu("0", {}),
  kind: "object-storage",
  cluster: "",
  cpu_cost: "0",
  account: ACCOUNT,
  service: S3,
  record_type: "Usage",
  team_label: "a",
  effective_cost: amount,
  ...row,
});
const reading = (day: string, source: string, rows: readonly CostFactRow[]): Reading<"cost"> => ({
  key: { dataset: "cost", source, scope: ACCOUNT, chargePeriod: chargePeriodOf(parseDay(day)) },
  rows,
  finality: "final",
});

/** A day with one team on Kubernetes, priced and billed as given, and whatever else there is. */
async function readDay(
  day: string,
  {
    kubernetes = ["10", "10"],
    billed = [],
    others = [],
  }: { kubernetes?: [string, string]; billed?: BillFactRow[]; others?: Reading<"cost">[] },
): Promise<void> {
  const [priced, onTheBill] = kubernetes;
  const whole = billReading(day, onTheBill);
  const readings = [
    {
      ...costReading(day, [cpu(priced, { namespace: "team-a", controller: "api" })]),
      finality: "final" as const,
    },
    { ...whole, rows: [...whole.rows, ...billed] },
    { ...runsReading(day, { a: 1 }), finality: "final" as const },
    ...others,
  ];
  for (const each of readings) await test.log.publish(await messagesOf(each));
}

const reconciled = async (): ReturnType<typeof reconcile> => {
  await test.settle();
  return reconcile(test.clickhouse, NOVEMBER);
};

describe("reconciling a month with its bill", () => {
  it("does not let a day with too much make up for one with too little", async () => {
    for (const [day, amount] of [
      [FIRST, "4"],
      [SECOND, "16"],
    ] as const)
      await readDay(day, {
        billed: [bill({ effective_cost: "10" })],
        others: [reading(day, "s3", [stored(amount)])],
      });
    const result = await reconciled();
    expect(result).toMatchObject({ billed: "40", attributed: "40", missed: "12", accuracyPercent: "70.00" });
    expect(result.categories).toEqual([
      { category: "kubernetes", billed: "20", attributed: "20", difference: "0", missed: "0" },
      { category: "object-storage", billed: "20", attributed: "20", difference: "0", missed: "12" },
    ]);
    expect(result.residuals).toEqual([
      { class: "unknown", what: `${S3}, ${ACCOUNT}`, amount: "0", missed: "12" },
    ]);
    expect(
      result.days.filter(({ difference }) => difference !== "0").map((row) => [row.day, row.difference]),
    ).toEqual([
      [FIRST, "-6"],
      [SECOND, "6"],
    ]);
  });

  it("measures against the bill less its credits, and says so where nothing is left of it", async () => {
    const credit = (amount: string): BillFactRow =>
      bill({
        service: "AWS",
        usage_type: "",
        record_type: "Credit",
        owner: "aws-bill",
        effective_cost: amount,
      });
    const credited = (amount: string): Reading<"cost"> =>
      reading(FIRST, "aws-bill", [
        stored(amount, { kind: "bill", service: "AWS", record_type: "Credit", team_label: "" }),
      ]);
    await readDay(FIRST, {
      billed: [bill({ effective_cost: "10" }), credit("-10")],
      others: [reading(FIRST, "s3", [stored("9")]), credited("-10")],
    });
    // 1 of 10 is missed, not of the 30 that costs and credits are together.
    expect(await reconciled()).toMatchObject({ billed: "10", missed: "1", accuracyPercent: "90.00" });
    await test.log.publish(
      await messagesOf(
        {
          ...billReading(FIRST, "10"),
          rows: [...billReading(FIRST, "10").rows, bill({ effective_cost: "10" }), credit("-30")],
        },
        "2026-11-23T08:00:00Z",
      ),
    );
    await test.log.publish(await messagesOf(credited("-30"), "2026-11-23T08:00:00Z"));
    expect(await reconciled()).toMatchObject({ billed: "-10", missed: "1", accuracyPercent: "0.00" });
    await test.log.publish(await messagesOf(reading(FIRST, "s3", [stored("10")]), "2026-11-23T09:00:00Z"));
    expect(await reconciled()).toMatchObject({ billed: "-10", missed: "0", accuracyPercent: "100.00" });
  });

  it("names what the bill makes of Kubecost's prices, and wants a reason where that is far", async () => {
    for (const day of [FIRST, SECOND]) await readDay(day, { kubernetes: ["13.33", "133.33"] });
    const result = await reconciled();
    expect(result).toMatchObject({ accuracyPercent: "100.00", missed: "0" });
    expect(result.residuals).toEqual([
      { class: "rate variance", what: "Kubernetes, one", amount: "240", missed: "0" },
    ]);
    expect(result.kubernetes).toMatchObject({ rateVariance: "240", rateVariancePercent: "900.23" });
    expect(result.kubernetes.parts[0]).toEqual({ part: "machines", atListPrice: "26.66", billed: "266.66" });
    const gate = async (rateVariancePercentMax: string): Promise<unknown> => {
      const deps = {
        clickhouse: test.clickhouse,
        log: test.log,
        clock: () => new Date("2026-12-12T00:00:00Z"),
      };
      const config = { settleDay: 7, agreedHours: 0, accuracyPercentMin: "95", rateVariancePercentMax };
      return (await checkClose(deps, NOVEMBER, config)).gates.find(({ name }) => name === "reconciled");
    };
    expect(await gate("50")).toEqual({
      name: "reconciled",
      passed: false,
      says: "100.00 % of the bill is attributed, 95 % is promised; the bill of Kubernetes differs from its list price by 900.23 %, 50 % is the most",
    });
    expect(await gate("901")).toMatchObject({ passed: true });
  });

  it("compares each account with the clusters on its bill, and leaves out those that are on none", async () => {
    const { registry } = test.platform;
    const named = [
      { cluster: "two", account: "444455556666" },
      { cluster: "own", account: "none" },
    ];
    const accounts = { byDefault: ACCOUNT, named };
    await readDay(FIRST, { kubernetes: ["10", "8"] });
    const cluster = (name: string, amount: string): Reading<"cost"> => ({
      ...costReading(FIRST, [cpu(amount, { cluster: name, namespace: "team-b" })], name),
      finality: "final",
    });
    for (const each of [cluster("two", "10"), cluster("own", "70"), billReading(FIRST, "13", "444455556666")])
      await test.log.publish(await messagesOf(each));
    await test.settle({ registry: { ...registry, accounts } });
    const { rows, kubernetes, accuracyPercent } = await reconcile(test.clickhouse, NOVEMBER);
    expect(rows.map(({ account, billed, attributed }) => [account, billed, attributed])).toEqual([
      [ACCOUNT, "8", "8"],
      ["444455556666", "13", "13"],
    ]);
    expect(accuracyPercent).toBe("100.00");
    expect(kubernetes.clusters.map((each) => [each.cluster, each.account, each.rateVariance])).toEqual([
      ["one", ACCOUNT, "-2"],
      ["own", "none", "0"],
      ["two", "444455556666", "3"],
    ]);
    expect(kubernetes.rateVariancePercent).toBe("25.00");
  });

  it("ties the invoice out with what is charged, purchases and amortisation apart", async () => {
    const line = (recordType: string, billed: string, amortized: string, net: string): BillFactRow =>
      bill({
        service: "AWS",
        usage_type: "",
        record_type: recordType,
        owner: "aws-bill",
        billed_cost: billed,
        amortized_cost: amortized,
        effective_cost: net,
      });
    const billed = [
      line("SavingsPlanRecurringFee", "5", "1.25", "1.2"),
      line("SavingsPlanNegation", "-7", "0", "0"),
      line("Fee", "100", "0", "0"), // an upfront fee
      line("RIFee", "2", "0.5", "0.5"),
      line("Tax", "3", "3", "3"),
    ];
    const own = billed.map(({ record_type, effective_cost }) =>
      stored(effective_cost, { kind: "bill", service: "AWS", record_type, team_label: "" }),
    );
    await readDay(FIRST, { billed, others: [reading(FIRST, "aws-bill", own)] });
    const { invoice, accuracyPercent, categories } = await reconciled();
    expect(invoice).toEqual({
      invoice: "113",
      purchases: "107",
      amortisation: "8.75",
      discounts: "-0.05",
      bill: "14.7",
      unusedCommitment: "1.7",
    });
    expect(accuracyPercent).toBe("100.00");
    expect(categories.map(({ category, attributed }) => [category, attributed])).toContainEqual([
      "unused-commitment",
      "1.7",
    ]);
  });

  it("does not let prices above the bill make up for prices below it", async () => {
    await readDay(FIRST, { kubernetes: ["10", "16"] });
    await readDay(SECOND, { kubernetes: ["10", "4"] });
    const { kubernetes, residuals } = await reconciled();
    expect(kubernetes).toMatchObject({ rateVariance: "0", rateVariancePercent: "60.00" });
    expect(residuals).toEqual([]);
  });

  it("leaves a closed month as it was when clusters move to other accounts and other readings are expected", async () => {
    const { registry } = test.platform;
    const own = { cluster: "own", account: "none" };
    const before = { byDefault: ACCOUNT, named: [own] };
    for (const day of daysOf(OCTOBER)) {
      const billed = day === "2026-10-05" ? [bill({ effective_cost: "3" })] : [];
      const alone = costReading(day, [cpu("7", { cluster: "own", namespace: "team-b" })], "own");
      await readDay(day, { kubernetes: ["10", "12"], billed });
      await test.log.publish(await messagesOf({ ...alone, finality: "final" }));
    }
    await test.settle({ registry: { ...registry, accounts: before } });
    const { closed, gates } = await closeMonth(
      { clickhouse: test.clickhouse, log: test.log, clock: () => new Date("2026-11-25T00:00:00Z") },
      { month: OCTOBER, preparedBy: "analyst", approvedBy: "controller", overrideReason: "" },
      { settleDay: 7, agreedHours: 0, accuracyPercentMin: "95", rateVariancePercentMax: "50" },
    );
    expect(gates.filter(({ passed }) => !passed)).toEqual([]);
    expect(closed).toBe(true);
    const asClosed = await reconcile(test.clickhouse, OCTOBER);
    expect(asClosed).toMatchObject({ isClosed: true, missed: "3", accuracyPercent: "99.20" });
    expect(asClosed.residuals.map((each) => [each.class, each.what])).toEqual([
      ["unknown", `${S3}, ${ACCOUNT}`],
      ["rate variance", "Kubernetes, one"],
    ]);
    expect(asClosed.kubernetes).toMatchObject({ rateVariance: "62", rateVariancePercent: "20.00" });

    const moved = "999999999999";
    const accounts = { byDefault: moved, named: [{ cluster: "own", account: moved }] };
    const november = costReading(FIRST, [cpu("10", { namespace: "team-a" })]);
    for (const each of [{ ...november, finality: "final" as const }, billReading(FIRST, "12", moved)])
      await test.log.publish(await messagesOf(each));
    await test.settle({
      now: "2026-11-26T00:00:00Z",
      registry: { ...registry, accounts },
      expectedReadings: [{ dataset: "cost", source: "s3", scope: moved }],
    });
    expect(await reconcile(test.clickhouse, OCTOBER)).toEqual(asClosed);
    expect(await test.rows("SELECT * FROM cluster_accounts ORDER BY ALL")).toEqual([
      { billing_period: OCTOBER, cluster: "one", account: ACCOUNT },
      { billing_period: OCTOBER, cluster: "own", account: "none" },
      { billing_period: NOVEMBER, cluster: "one", account: moved },
    ]);
    expect((await reconcile(test.clickhouse, NOVEMBER)).rows).toMatchObject([
      { account: moved, billed: "12", attributed: "12" },
    ]);
  });
});
