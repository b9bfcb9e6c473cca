import { afterEach, describe, expect, it } from "vitest";
import { readBooksOf, readJournals } from "@apportion/books/ledger/journals";
import { verifyMonth } from "@apportion/books/ledger/verify";
import { reconcile } from "@apportion/books/reconcile/reconcile";
import { daysOf, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import type { OwnershipRule, Registry } from "@apportion/domain/tenancy";
import { checkClose, closeMonth, type CloseResult } from "@apportion/ledger/close";
import {
  balances as balancesOf,
  closeOctober,
  CONFIG,
  costs,
  deps as depsOf,
  failedGates,
  OCTOBER,
  READ,
  readOctober as readOctoberOf,
  runs,
  openOctober,
  openClosedOctober,
} from "./october.js";
import {
  billReading,
  costReading,
  cpu,
  messagesOf,
  MLFLOW_BY_RUNS,
  openTestPlatform,
  publish,
  publishAll,
  type TestPlatform,
} from "./platform.js";

let test: TestPlatform;
afterEach(() => test.close());

const readOctober = (readings?: Parameters<typeof readOctoberOf>[1]): Promise<void> =>
  readOctoberOf(test, readings);
const deps = (now?: string): ReturnType<typeof depsOf> => depsOf(test, now);
const close = (overrides?: Parameters<typeof closeOctober>[1]): Promise<CloseResult> =>
  closeOctober(test, overrides);
const balances = (): Promise<unknown[]> => balancesOf(test);

describe("closing a month", () => {
  it("posts what the bill says, in cents that balance, and freezes the runs", async () => {
    test = await openOctober();
    const result = await close();
    expect(failedGates(result)).toEqual([]);
    expect(result).toMatchObject({ closed: true, already: false, charged: "372", seq: "1" });
    expect(await balances()).toEqual([{ seq: "1", balance: "0", charged: "372" }]);
    expect(await test.rows("SELECT state, statements FROM billing_periods")).toEqual([
      { state: "closed", statements: "372" },
    ]);
    expect((await verifyMonth(deps(), OCTOBER)).findings).toEqual([]);
  });

  it("leaves one set of postings when it is closed twice, and by two at once", async () => {
    test = await openOctober();
    const results = await Promise.all([
      close(),
      close({ preparedBy: "somebody" }),
      close({ approvedBy: "else" }),
    ]);
    expect(results.every(({ closed }) => closed)).toBe(true);
    expect(results.filter(({ already }) => !already)).toHaveLength(1);
    expect(new Set(results.map(({ hash }) => hash)).size).toBe(1);
    expect(await close()).toMatchObject({ closed: true, already: true });
    expect(await readJournals(test.clickhouse)).toHaveLength(1);
  });

  it("does not count entries of an attempt that died before it was posted", async () => {
    test = await openOctober();
    await test.clickhouse.insert({
      table: "journal_entries",
      values: [{ journal_id: "dead", line: 0, account: "team", side: "debit", team_id: "a", amount: "999" }],
      format: "JSONEachRow",
    });
    await close();
    expect(await balances()).toEqual([{ seq: "1", balance: "0", charged: "372" }]);
  });

  it("counts what is posted once, although every row of the books was stored twice", async () => {
    test = await openClosedOctober();
    const books = async (): Promise<unknown> => ({
      balances: await balances(),
      periods: await test.rows("SELECT * FROM billing_periods"),
      frozen: await test.rows("SELECT * FROM frozen_runs ORDER BY charge_day"),
      accounts: await test.rows("SELECT * FROM cluster_accounts ORDER BY ALL"),
      budgets: await test.rows("SELECT * FROM budget_status ORDER BY ALL"),
      reconciliation: await test.rows("SELECT * FROM reconciliation ORDER BY ALL"),
      journals: await readJournals(test.clickhouse),
    });
    const before = await books();
    // As a ClickHouse would that forgot the tokens, or that reads them by other rules.
    for (const table of ["journal_entries", "journals", "closed_runs"])
      await test.clickhouse.command({
        query: `INSERT INTO ${table} SELECT * FROM ${table} SETTINGS insert_deduplicate = 0`,
      });
    expect(await test.rows("SELECT count() AS stored FROM journals")).toEqual([{ stored: "2" }]);
    expect(await books()).toEqual(before);
    expect((await verifyMonth(deps(), OCTOBER)).findings).toEqual([]);
    expect(await close()).toMatchObject({ closed: true, already: true });
  });

  it("names every gate that does not pass, and posts nothing", async () => {
    test = await openTestPlatform();
    await readOctober({ days: daysOf(OCTOBER).slice(0, -1) });
    await publish(test.log, { ...costs("2026-10-30", "9000") }, "2026-11-10T07:00:00Z"); // a jump: quarantined
    await test.settle({ now: READ });
    const result = await close();
    expect(failedGates(result)).toEqual(["complete", "quarantine", "allocated"]);
    expect(result.gates.find(({ name }) => name === "allocated")?.says).toContain("2026-10-31");
    expect(await readJournals(test.clickhouse)).toEqual([]);
    const { closed, gates } = await checkClose(deps("2026-11-07T12:00:00Z"), OCTOBER, CONFIG);
    expect(closed).toBe(false);
    expect(gates).toContainEqual({
      name: "over",
      passed: false,
      says: "sources may restate it until 2026-11-07",
    });
  });

  it("refuses a bill that is attributed too little, unless a reason is recorded", async () => {
    test = await openTestPlatform();
    await readOctober({ others: [cpu("1", { namespace: "sandbox" })] });
    expect((await reconcile(test.clickhouse, OCTOBER)).accuracyPercent).toBe("93.02");
    expect(failedGates(await close())).toEqual(["reconciled"]);
    const result = await close({ overrideReason: "sandbox is being wound up" });
    expect(result).toMatchObject({ closed: true, accuracyPercent: "93.02" });
    const override = {
      reason: "sandbox is being wound up",
      billed: "372",
      notAttributed: result.override?.notAttributed,
      rateVariance: "-72.333333333323",
    };
    expect(result.override).toEqual(override);
    expect(Number(override.notAttributed)).toBeCloseTo(25.95, 2); // 6.97… % of the bill
    const [statement] = await readBooksOf(test.clickhouse, OCTOBER);
    expect(statement?.reason).toBe("sandbox is being wound up");
    expect(JSON.parse(statement?.evidence ?? "{}")).toMatchObject({ override });
    expect((await close()).override).toEqual(override);
  });

  it("stays reconciled with the bills of accounts without clusters, which no run pins", async () => {
    test = await openOctober();
    const key = billReading("2026-10-05", "0", "444455556666").key;
    const support = { service: "AWS Support", record_type: "Support", effective_cost: "5", billed_cost: "5" };
    const lines = [
      { ...support, usage_type: "", owner: "aws-bill" as const, amortized_cost: "5", usage_quantity: "1" },
    ];
    const own = [{ ...cpu("0", {}), ...support, kind: "bill" as const, cluster: "", account: key.scope }];
    await publish(test.log, { key, rows: lines, finality: "final" }, READ);
    await publish(
      test.log,
      { key: { ...key, dataset: "cost" as const }, rows: own, finality: "final" },
      READ,
    );
    await test.settle({ now: READ });
    expect((await close()).closed).toBe(true);
    await publish(test.log, { key, rows: [], finality: "final" }, "2026-11-12T06:00:00Z");
    await test.settle({ now: "2026-11-12T07:00:00Z" });
    expect(await reconcile(test.clickhouse, OCTOBER)).toMatchObject({
      billed: "377",
      attributed: "377",
      missed: "0",
    });
  });

  it("refuses list prices: without a bill there is no close, whatever the reason", async () => {
    test = await openTestPlatform();
    await readOctober({ bill: false });
    expect(failedGates(await close({ overrideReason: "please" }))).toEqual(["reconciled"]);
  });

  it("closes at list price where the deployment declares that there is no bill", async () => {
    test = await openTestPlatform();
    await readOctober({ bill: false });
    const request = { month: OCTOBER, preparedBy: "analyst", approvedBy: "controller", overrideReason: "" };
    const result = await closeMonth(deps(), request, { ...CONFIG, isWithoutBill: true });
    expect(failedGates(result)).toEqual([]);
    expect(result).toMatchObject({ closed: true, charged: "413.33", accuracyPercent: "" });
    expect(result.gates.find(({ name }) => name === "reconciled")?.says).toContain("closed at list price");
    expect((await verifyMonth(deps(), OCTOBER)).findings).toEqual([]);
  });

  it("compares with a bill that is there, whatever is declared", async () => {
    test = await openTestPlatform();
    await readOctober({ others: [cpu("1", { namespace: "sandbox" })] });
    const { gates } = await checkClose(deps(), OCTOBER, { ...CONFIG, isWithoutBill: true });
    expect(failedGates({ gates })).toEqual(["reconciled"]);
    expect(gates.at(-1)?.says).toContain(
      "; the largest residual is no owner: namespaces or labels that belong to no team",
    );
  });

  it("wants two people, however their names are written", async () => {
    test = await openTestPlatform();
    await expect(close({ approvedBy: "analyst" })).rejects.toThrow("two people");
    await expect(close({ approvedBy: " Analyst " })).rejects.toThrow("two people");
    await expect(close({ preparedBy: " " })).rejects.toThrow("two people");
    await expect(close({ approvedBy: "con\u202etroller" })).rejects.toThrow("--approved-by may hold no");
    await expect(close({ overrideReason: "late\u001b[2J" })).rejects.toThrow("take out U+001B");
  });

  it("begins with the first month that was collected, unless the configuration says that the books begin later", async () => {
    test = await openOctober();
    const order = async (firstMonth?: string): Promise<string | undefined> => {
      const config = {
        ...CONFIG,
        firstMonth: firstMonth === undefined ? undefined : parseBillingPeriod(firstMonth),
      };
      const { gates } = await checkClose(deps(), parseBillingPeriod("2026-11"), config);
      return gates.find(({ name, passed }) => name === "in-order" && !passed)?.says;
    };
    expect(await order()).toContain("2026-10 was collected too: close it first");
    expect(await order("2026-11")).toBeUndefined();
    expect(await order("2026-12")).toContain("the books begin with 2026-12");
  });

  it("does not call cost attributed that a policy spreads because nobody owns it", async () => {
    test = await openTestPlatform();
    await readOctober({ others: [cpu("1", { namespace: "sandbox" })] });
    const kept = (await reconcile(test.clickhouse, OCTOBER)).accuracyPercent;
    const policies = [...MLFLOW_BY_RUNS, { pool: "unallocated", methods: [{ kind: "even" as const }] }];
    await test.settle({ now: "2026-11-10T08:00:00Z", policies });
    expect((await reconcile(test.clickhouse, OCTOBER)).accuracyPercent).toBe(kept);
    expect(failedGates(await close())).toEqual(["reconciled"]);
  });

  it("takes a cluster without costs for what it is, and stays at the bill's price", async () => {
    test = await openOctober();
    const empty = daysOf(OCTOBER).map((day) => ({
      ...costReading(day, [], "two"),
      finality: "final" as const,
    }));
    await publishAll(test.log, empty, READ);
    await test.settle({ now: "2026-11-10T08:00:00Z" });
    expect(await close()).toMatchObject({ closed: true, charged: "372" });
  });

  it("leaves nothing of the bill out when Kubecost saw no cost at all", async () => {
    test = await openTestPlatform();
    const day = "2026-11-22";
    await test.log.publish([
      ...(await messagesOf({ ...costReading(day, []), finality: "final" })),
      ...(await messagesOf(billReading(day, "12"))),
      ...(await messagesOf(runs(day))),
    ]);
    await test.settle();
    expect(
      await test.rows("SELECT owner_kind, category, toString(amount) AS amount FROM current_allocations"),
    ).toEqual([{ owner_kind: "unallocated", category: "rate-variance", amount: "12" }]);
  });

  it("computes days anew when a namespace whose usage counts changes hands on another day", async () => {
    test = await openTestPlatform();
    const used = daysOf(OCTOBER).map((day) => ({
      ...runs(day, {}),
      key: { ...runs(day).key, scope: "other" },
      rows: [{ meter: "mlflow.runs", unit: "runs", team_label: "", namespace: "exp", quantity: "10" }],
    }));
    await publishAll(test.log, used, READ);
    const { registry } = test.platform;
    const owned = (rules: readonly OwnershipRule[]): Registry => ({
      ...registry,
      rules: [...registry.rules, ...rules],
    });
    const match = { namespace: "exp" };
    const before = owned([{ owner: { kind: "team", id: "a" }, match }]);
    const after = owned([
      { owner: { kind: "team", id: "a" }, match, to: parseDay("2026-10-20") },
      { owner: { kind: "team", id: "b" }, match, from: parseDay("2026-10-20") },
    ]);
    await readOctober();
    await test.settle({ now: "2026-11-10T07:00:00Z", registry: before });
    await test.settle({ now: "2026-11-10T08:00:00Z", registry: before, policies: [] });
    await test.settle({ now: "2026-11-10T09:00:00Z", registry: after });
    expect((await verifyMonth(deps(), OCTOBER)).findings).toEqual([]);
    // 19 days of a's 10 runs and 12 of b's, beside one run of a and two of b on each of 31 days.
    expect(
      await test.rows(
        "SELECT DISTINCT team_id, driver_quantity FROM current_allocations WHERE pool = 'mlflow' ORDER BY team_id",
      ),
    ).toEqual([
      { team_id: "a", driver_quantity: String(190 + 31) },
      { team_id: "b", driver_quantity: String(120 + 62) },
    ]);
  });
});
