import { afterEach, describe, expect, it } from "vitest";
import { allocateUnder } from "@apportion/allocator/allocate-under";
import { explainStatement } from "@apportion/books/explain/statement";
import { EVERYBODY } from "@apportion/books/viewer";
import { focusQuery } from "@apportion/books/exports/focus";
import { type LedgerDocument, ledgerDocuments } from "@apportion/books/exports/general-ledger";
import { ledgerFile } from "@apportion/books/exports/ledger-template";
import { readLedgerTemplate } from "@apportion/books/exports/read-template";
import { type AdjustedSide, type Proposal } from "@apportion/books/ledger/adjustment";
import { readAdjustments } from "@apportion/books/ledger/adjustments";
import { readBooksOf, readJournals } from "@apportion/books/ledger/journals";
import { verifyMonth } from "@apportion/books/ledger/verify";
import { readChargedFor } from "@apportion/books/months/read-charged";
import { readCorrectedLater, readCorrections } from "@apportion/books/months/read-corrections";
import { readPosted } from "@apportion/books/months/read-posted";
import { daysOf, parseBillingPeriod, type BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import {
  type AdjustDeps,
  approveAdjustment,
  proposeAdjustment,
  readAdjustment,
  withdrawAdjustment,
} from "@apportion/ledger/adjust";
import { closeMonth } from "@apportion/ledger/close";
import { approveDecision, type DecisionDeps, proposeDecision } from "@apportion/ledger/decide";
import { previewDecision, type RulesOfToday } from "@apportion/ledger/decision";
import { allocationConfig, policiesOf } from "@apportion/registry/allocation";
import { silentLogger } from "@apportion/runtime/logger";
import {
  balances,
  closeOctober,
  CONFIG,
  costs,
  deps as depsOf,
  OCTOBER,
  runs,
  openOctober,
  openClosedOctober,
} from "./october.js";
import {
  beforeCall,
  billReading,
  cpu,
  MLFLOW_BY_RUNS,
  openTestPlatform,
  publish,
  publishAll,
  type TestPlatform,
} from "./platform.js";

let test: TestPlatform;
afterEach(() => test.close());

const NOVEMBER = parseBillingPeriod("2026-11");
const LATER = "2026-11-20T00:00:00Z";
const deps = (now = LATER): AdjustDeps => ({
  ...depsOf(test, now),
  registry: test.platform.registry,
  firstMonth: undefined,
});
const team = (teamId: string, period: BillingPeriod = OCTOBER): AdjustedSide => ({
  ownerKind: "team",
  teamId,
  period,
});
const move = (over: Partial<Proposal> = {}): Proposal => ({
  from: team("a"),
  to: team("c"),
  cents: 12_050n,
  reason: "The experiment was c's",
  preparedBy: "analyst",
  ...over,
});
const propose = async (over?: Partial<Proposal>, now?: string): Promise<string> =>
  (await proposeAdjustment(deps(now), move(over), 14)).draft.id;
const approve = (id: string, by = "controller", now?: string): ReturnType<typeof approveAdjustment> =>
  approveAdjustment(deps(now), id, by);
const adjust = async (over?: Partial<Proposal>): Promise<void> => void (await approve(await propose(over)));
const charged = async (month: BillingPeriod): Promise<Record<string, bigint>> =>
  Object.fromEntries(await readChargedFor(test.clickhouse, month));
const documentsOf = async (): Promise<LedgerDocument[]> =>
  ledgerDocuments(await readJournals(test.clickhouse), {
    chart: allocationConfig.parse({}).chartOfAccounts,
    registry: { sharedServices: [], teams: [] },
    summary: false,
  });
/** What November has by FOCUS. */
const focus = async (dataset: "cost-and-usage" | "invoice-detail"): Promise<Record<string, unknown>[]> => {
  const { query, params } = focusQuery({
    month: NOVEMBER,
    version: "1.4",
    dataset,
    currency: "USD",
    billingAccountId: "111122223333",
    issuer: "Platform",
    registry: test.platform.registry,
  });
  const answer = await test.clickhouse.query({ query, query_params: params, format: "JSONEachRow" });
  return answer.json();
};
const findings = async (month: BillingPeriod): Promise<unknown> =>
  (await verifyMonth(deps(), month)).findings;

describe("an amount that two people move", () => {
  it("is a draft that moves nothing, then a journal in the open month which everything says to the cent", async () => {
    test = await openClosedOctober();
    const before = await charged(OCTOBER);
    const { draft, effect } = await proposeAdjustment(deps(), move(), 14);
    expect(effect).toEqual({
      into: NOVEMBER,
      payers: [
        { payer: "a", month: OCTOBER, charged: before["a"], difference: -12_050n },
        { payer: "c", month: OCTOBER, charged: before["c"] ?? 0n, difference: 12_050n },
      ],
    });
    expect(await readJournals(test.clickhouse)).toHaveLength(1);
    const { adjustment, already } = await approve(draft.id);
    expect(already).toBe(false);
    const [, journal] = await readJournals(test.clickhouse);
    expect(journal).toMatchObject({
      kind: "adjustment",
      billingPeriod: "2026-11",
      correctsPeriod: "2026-10",
      preparedBy: "analyst",
      approvedBy: "controller",
      reason: "The experiment was c's",
      evidence: JSON.stringify({ draft: draft.id }),
    });
    expect(adjustment.state).toEqual({ kind: "posted", journal });
    expect(await charged(OCTOBER)).toEqual({
      ...before,
      a: (before["a"] ?? 0n) - 12_050n,
      c: (before["c"] ?? 0n) + 12_050n,
    });
    const entries = await test.rows(`SELECT side, account, team_id, cost_center, category, corrects_period,
      toString(signed_amount) AS amount FROM posted_entries WHERE kind = 'adjustment' ORDER BY line`);
    const said = { account: "team", category: "adjustment", corrects_period: "2026-10" };
    expect(entries).toEqual([
      { ...said, side: "debit", team_id: "c", cost_center: "cc-c", amount: "120.5" },
      { ...said, side: "credit", team_id: "a", cost_center: "cc-a", amount: "-120.5" },
    ]);
    expect(await balances(test)).toContainEqual({ seq: "2", balance: "0", charged: "0" });
    expect(await findings(OCTOBER)).toEqual([]);
    // Reports of November: beside the statement, with why. Those of October: what came later.
    const posted = await readCorrections(test.clickhouse, NOVEMBER);
    expect(
      posted.map(({ kind, reason, teamId, correctsPeriod, cents, editions }) => [
        kind,
        reason,
        teamId,
        correctsPeriod,
        cents,
        editions,
      ]),
    ).toEqual([
      ["adjustment", "The experiment was c's", "a", "2026-10", -12_050n, [2]],
      ["adjustment", "The experiment was c's", "c", "2026-10", 12_050n, [2]],
    ]);
    expect(await readCorrectedLater(test.clickhouse, OCTOBER)).toEqual([
      { postedInto: "2026-11", ownerKind: "team", teamId: "a", cents: -12_050n },
      { postedInto: "2026-11", ownerKind: "team", teamId: "c", cents: 12_050n },
    ]);
    expect((await readPosted(test.clickhouse, OCTOBER))?.corrections).toEqual([]);
    const { corrections } = await explainStatement(test.clickhouse, EVERYBODY, NOVEMBER, "a");
    expect(corrections).toMatchObject([
      { seq: "2", kind: "adjustment", reason: "The experiment was c's", charged: "-120.5", days: [] },
    ]);
    expect(await explainStatement(test.clickhouse, EVERYBODY, OCTOBER, "a")).toMatchObject({
      corrections: [],
      later: corrections,
    });
    // What sources said of October is what it was.
    expect(
      await test.rows("SELECT corrected, difference FROM reconciliation WHERE billing_period = '2026-10'"),
    ).toEqual([{ corrected: "0", difference: "0" }]);
  });

  it("stands in the files for other systems, whose sums are those of the ledger", async () => {
    test = await openClosedOctober();
    await adjust();
    const [, document] = await documentsOf();
    expect(document).toMatchObject({ billingPeriod: "2026-11", text: "Adjustment of Oct 2026" });
    const text = "Adjustment of October 2026: The experiment was c's";
    expect(document?.lines).toMatchObject([
      { account: "platform-charges", costCenter: "cc-c", teamId: "c", cents: 12_050n, text },
      { account: "platform-charges", costCenter: "cc-a", teamId: "a", cents: -12_050n, text },
    ]);
    expect(
      (await focus("cost-and-usage")).map((row) =>
        [
          "SubAccountId",
          "BilledCost",
          "ChargeCategory",
          "ChargeClass",
          "ChargeFrequency",
          "ChargeDescription",
        ].map((name) => row[name]),
      ),
    ).toEqual(
      [
        ["a", "-120.5"],
        ["c", "120.5"],
      ].map((payer) => [
        ...payer,
        "Adjustment",
        "Correction",
        "One-Time",
        "Correction of 2026-10: adjustment (The experiment was c's)",
      ]),
    );
    expect(
      (await focus("invoice-detail")).map((row) =>
        ["InvoiceDetailDescription", "BilledCost", "ReferenceInvoiceId"].map((name) => row[name]),
      ),
    ).toEqual([
      ["Adjustment of 2026-10, a", "-120.5", "INV-2026-10-a-1"],
      ["Adjustment of 2026-10, c", "120.5", null],
    ]);
  });

  it("may be of the open month, whose close posts its own statement beside it", async () => {
    test = await openOctober();
    const { into } = (await proposeAdjustment(deps(), move(), 14)).effect;
    expect(into).toBe(OCTOBER);
    const [waiting] = await readAdjustments(test.clickhouse, new Date(LATER));
    const before = await charged(OCTOBER);
    await approve(waiting?.id ?? "");
    expect(await charged(OCTOBER)).toMatchObject({ a: (before["a"] ?? 0n) - 12_050n });
    expect(await findings(OCTOBER)).toEqual([]);
    const result = await closeOctober(test);
    expect(result).toMatchObject({ closed: true, already: false, charged: "372" });
    expect((await readBooksOf(test.clickhouse, OCTOBER)).map(({ kind }) => kind)).toEqual([
      "adjustment",
      "statement",
    ]);
    expect(await charged(OCTOBER)).toMatchObject({ a: (before["a"] ?? 0n) - 12_050n });
    expect(await findings(OCTOBER)).toEqual([]);
    const corrections = await readCorrections(test.clickhouse, OCTOBER);
    expect(corrections.map(({ teamId, cents }) => [teamId, cents])).toEqual([
      ["a", -12_050n],
      ["c", 12_050n],
    ]);
    expect(await readCorrectedLater(test.clickhouse, OCTOBER)).toEqual([]);
    // Posted in October = statements + what was posted beside them.
    expect(
      await test.rows(
        "SELECT toString(sum(signed_amount)) AS posted FROM posted_entries WHERE billing_period = '2026-10' AND account != 'clearing'",
      ),
    ).toEqual([{ posted: "372" }]);
  });

  it("may be moved from a closed month to the open one, in one journal that balances", async () => {
    test = await openClosedOctober();
    const days = daysOf(NOVEMBER).slice(0, 3);
    await publishAll(
      test.log,
      days.flatMap((day) => [costs(day), runs(day)]),
      "2026-11-19T00:00:00Z",
    );
    await test.settle({ now: "2026-11-19T06:00:00Z" });
    const [october, november] = [await charged(OCTOBER), await charged(NOVEMBER)];
    await adjust({ to: team("a", NOVEMBER) });
    expect(await charged(OCTOBER)).toEqual({ ...october, a: (october["a"] ?? 0n) - 12_050n });
    expect(await charged(NOVEMBER)).toEqual({ ...november, a: (november["a"] ?? 0n) + 12_050n });
    expect(await balances(test)).toContainEqual({ seq: "2", balance: "0", charged: "0" });
    expect(await findings(OCTOBER)).toEqual([]);
    expect(await findings(NOVEMBER)).toEqual([]);
    // Each side has an invoice of its own month, in ledger files as in FOCUS.
    const [, document] = await documentsOf();
    const [, table] = ledgerFile(document ? [document] : [], readLedgerTemplate("csv"), {
      companyCode: "",
      documentType: "",
      currency: "USD",
    }).split("\n");
    expect(table).toContain(",2026-11,2026-11,platform-charges,cc-a,a,120.50,");
    expect(document?.lines.map(({ reference, cents }) => [reference, cents])).toEqual([
      ["INV-2026-11-a-2", 12_050n],
      ["INV-2026-10-a-2", -12_050n],
    ]);
    expect(
      (await focus("invoice-detail")).map((row) =>
        ["InvoiceDetailDescription", "InvoiceId", "BilledCost", "ReferenceInvoiceId"].map(
          (name) => row[name],
        ),
      ),
    ).toEqual([
      ["Adjustment of 2026-10, a", "INV-2026-10-a-2", "-120.5", "INV-2026-10-a-1"],
      // The statement of November is not posted yet.
      ["Adjustment of 2026-11, a", "INV-2026-11-a-2", "120.5", null],
    ]);
    const moved = (await focus("cost-and-usage")).filter(
      ({ ChargeCategory }) => ChargeCategory === "Adjustment",
    );
    expect(moved.map((row) => [row["InvoiceId"], row["BilledCost"]])).toEqual([
      ["INV-2026-10-a-2", "-120.5"],
      ["INV-2026-11-a-2", "120.5"],
    ]);
  });
});

describe("a closed month that was adjusted", () => {
  it("is corrected by what its sources say later, and the adjustment stays", async () => {
    test = await openClosedOctober();
    await adjust();
    const before = await charged(OCTOBER);
    // Team a worked for 6 more on the 20th: its lines, which the adjustment moved a part of, change.
    const more = [...costs("2026-10-20").rows, cpu("6", { namespace: "team-a", controller: "api" })];
    await publish(test.log, { ...costs("2026-10-20"), rows: more }, "2026-11-20T06:00:00Z");
    await publish(test.log, billReading("2026-10-20", "17.4"), "2026-11-20T06:00:00Z");
    await test.settle({ now: "2026-11-20T07:00:00Z" });
    await test.settle({ now: "2026-11-21T07:00:00Z" });
    const books = await readBooksOf(test.clickhouse, OCTOBER);
    expect(books.map(({ kind }) => kind)).toEqual(["statement", "adjustment", "correction"]);
    expect(await charged(OCTOBER)).toEqual({ ...before, a: (before["a"] ?? 0n) + 540n });
    // An adjustment after a correction is of what was charged by then, and the next correction leaves it alone too.
    await adjust({ cents: 1n, reason: "one cent" });
    await publish(test.log, costs("2026-10-20"), "2026-11-22T06:00:00Z");
    await publish(test.log, billReading("2026-10-20", "12"), "2026-11-22T06:00:00Z");
    await test.settle({ now: "2026-11-22T07:00:00Z" });
    expect(await charged(OCTOBER)).toEqual({
      ...before,
      a: (before["a"] ?? 0n) - 1n,
      c: (before["c"] ?? 0n) + 1n,
    });
    expect(await findings(OCTOBER)).toEqual([]);
    const { corrections } = await explainStatement(test.clickhouse, EVERYBODY, NOVEMBER, "a");
    expect(
      corrections.filter(({ kind }) => kind === "correction").every(({ days }) => days.length === 1),
    ).toBe(true);
  });

  it("is decided again beside it: the decision names it, and moves what its rules differ by alone", async () => {
    test = await openClosedOctober();
    const ofC: Registry = {
      ...test.platform.registry,
      rules: [
        { owner: { kind: "team", id: "c" }, match: { namespace: "team-a" } },
        ...test.platform.registry.rules.filter(({ match }) => match.namespace !== "team-a"),
      ],
    };
    const { policies, expectedReadings } = allocationConfig.parse({
      policies: MLFLOW_BY_RUNS,
      expectedReadings: [{ dataset: "usage", source: "mlflow", scope: "mlflow", meter: "mlflow.runs" }],
    });
    const rules: RulesOfToday = {
      policies: policiesOf(allocationConfig.parse({ policies, expectedReadings })),
      expectedReadings,
      registry: ofC,
    };
    const without = await previewDecision(test.clickhouse, OCTOBER, rules);
    await adjust();
    const preview = await previewDecision(test.clickhouse, OCTOBER, rules);
    expect(preview.payers.map(({ payer, difference }) => [payer, difference])).toEqual(
      without.payers.map(({ payer, difference }) => [payer, difference]),
    );
    expect(preview.adjustments).toMatchObject([{ cents: 12_050n, reason: "The experiment was c's" }]);
    const [before] = [await charged(OCTOBER)];
    expect(preview.payers.find(({ payer }) => payer === "a")?.posted).toBe(before["a"]);
    const all = { ...depsOf(test, LATER), logger: silentLogger };
    const deciding: DecisionDeps = { ...all, allocate: (month, today) => allocateUnder(all, month, today) };
    const proposal = { month: OCTOBER, preparedBy: "analyst", reason: "team-a was c's" };
    const { decision, draft } = await proposeDecision(deciding, proposal, rules, 14);
    expect(decision).toEqual(preview);
    await approveDecision(deciding, draft?.id ?? "", "controller", rules);
    const after = await charged(OCTOBER);
    for (const { payer, posted, difference } of decision.payers)
      expect(after[payer]).toBe(posted + difference);
    // FOCUS calls it what it is, and a line by its name in people's words.
    const said = (await focus("cost-and-usage")).map((row) => [row["ChargeClass"], row["ChargeDescription"]]);
    expect(said).toContainEqual(["Correction", "Decision on 2026-10: CPU"]);
    const details = await focus("invoice-detail");
    expect(details.map((row) => row["InvoiceDetailDescription"])).toContain("Decision on 2026-10, a");
    // It was moved for the same cause, so it is moved back.
    await adjust({ from: team("c"), to: team("a"), reason: "Decided since" });
    expect((await charged(OCTOBER))["a"]).toBe((after["a"] ?? 0n) + 12_050n);
    expect(await findings(OCTOBER)).toEqual([]);
    expect((await readBooksOf(test.clickhouse, OCTOBER)).map(({ kind }) => kind)).toEqual([
      "statement",
      "adjustment",
      "decision",
      "adjustment",
    ]);
  });
});

describe("a draft", () => {
  it("is posted once, approved twice or by two at once, and also where the first died before it told the log", async () => {
    test = await openClosedOctober();
    const id = await propose();
    const dies = {
      ...deps(),
      log: { ...test.log, publish: () => Promise.reject(new Error("killed")) },
    };
    await expect(approveAdjustment(dies, id, "controller")).rejects.toThrow("killed");
    const again = await approve(id, "auditor");
    expect(again).toMatchObject({
      already: true,
      adjustment: { state: { journal: { approvedBy: "controller" } } },
    });
    expect(await readJournals(test.clickhouse)).toHaveLength(2);
    expect(await findings(OCTOBER)).toEqual([]);

    const other = await propose({ cents: 100n });
    // The other approves when this one has looked, and is about to post.
    const clickhouse = beforeCall(
      test.clickhouse,
      "insert",
      ({ table }) => table === "journals",
      () => approve(other, "auditor"),
    );
    const { adjustment, already } = await approveAdjustment({ ...deps(), clickhouse }, other, "controller");
    expect([already, adjustment.state]).toMatchObject([true, { journal: { approvedBy: "auditor" } }]);
    expect(await readJournals(test.clickhouse)).toHaveLength(3);
    expect(await findings(OCTOBER)).toEqual([]);
  });

  it("wants another person, and expires", async () => {
    test = await openClosedOctober();
    const id = await propose();
    await expect(approve(id, " Analyst ")).rejects.toThrow(
      "was prepared by analyst; somebody else has to approve",
    );
    await expect(approve(id, "controller", "2026-12-04T00:00:00Z")).rejects.toThrow(
      `${id} expired on 2026-12-04, since nobody approved it: propose it again`,
    );
    expect((await readAdjustment(deps("2026-12-04T00:00:00Z"), id)).state).toEqual({ kind: "expired" });
    expect(await readJournals(test.clickhouse)).toHaveLength(1);
    await approve(id, "controller", "2026-12-03T23:59:59Z");
    expect(await readJournals(test.clickhouse)).toHaveLength(2);
    // What is posted does not expire.
    expect((await readAdjustment(deps("2027-12-04T00:00:00Z"), id)).state.kind).toBe("posted");
  });

  it("that was withdrawn is not approved, nor is one withdrawn that was approved", async () => {
    test = await openClosedOctober();
    const id = await propose();
    await expect(proposeAdjustment(deps(), move(), 14)).rejects.toThrow(`The same waits already as ${id}`);
    expect((await withdrawAdjustment(deps(), id, "analyst")).state).toMatchObject({ by: "analyst" });
    await expect(approve(id)).rejects.toThrow(`${id} was withdrawn by analyst on 2026-11-20`);
    await expect(withdrawAdjustment(deps(), id, "analyst")).rejects.toThrow("was withdrawn by analyst");
    const posted = await propose(undefined, "2026-11-20T00:00:01Z");
    await approve(posted);
    await expect(withdrawAdjustment(deps(), posted, "analyst")).rejects.toThrow(
      `${posted} is posted as journal 2, approved by controller: move it back by another adjustment`,
    );
    await expect(approve("0123")).rejects.toThrow('Nothing was proposed as "0123"');
  });

  it("that says what cannot be is refused with what to do, and once more when it is approved", async () => {
    test = await openTestPlatform();
    await expect(propose()).rejects.toThrow(
      "The books have no month yet: `collect` and `allocate` one first",
    );
    await test.close();
    test = await openClosedOctober();
    const refusals: [Partial<Proposal>, string][] = [
      [{ cents: 0n }, "exchange --from and --to"],
      [{ to: team("a") }, "--to: a in 2026-10 is what --from says"],
      [{ reason: " \n " }, "--reason must say why"],
      [{ reason: "x".repeat(301) }, "--reason has 301 characters; 300 have room"],
      [{ reason: "moved\u202e back\u001b[31m" }, "--reason may hold no line break"],
      [{ preparedBy: " " }, "--prepared-by must name somebody"],
      [{ preparedBy: "ana\u0007lyst" }, "take out U+0007"],
      [{ to: team("d") }, '--to: there is no team "d"'],
      [
        { to: team("c", parseBillingPeriod("2026-12")) },
        "--to-month: 2026-12 comes after 2026-11, the open month of the books: close 2026-11 first",
      ],
      [
        { from: team("a", parseBillingPeriod("2026-09")) },
        "--month: 2026-09 is not in the books, whose open month is 2026-11",
      ],
      [{ cents: 10_000_000n }, "and 100000.00 would be taken off it: a statement must not become negative"],
      [{ from: team("c"), to: team("a") }, "--amount: c was charged 0.00 for 2026-10"],
      [{ from: team("a", NOVEMBER) }, "--amount: a was charged 0.00 for 2026-11 so far"],
    ];
    for (const [over, text] of refusals) await expect(propose(over)).rejects.toThrow(text);
    expect(await readAdjustments(test.clickhouse, new Date(LATER))).toEqual([]);
    // Each of two is less than what a was charged; together they are more.
    const most = ((await charged(OCTOBER))["a"] ?? 0n) - 1n;
    const [first, second] = [await propose({ cents: most }), await propose({ cents: 2n })];
    await expect(approve(first, "con\u202etroller")).rejects.toThrow("--approved-by may hold no line break");
    await approve(first);
    await expect(approve(second)).rejects.toThrow("--amount: a was charged 0.01 for 2026-10");
    await closeMonth(
      depsOf(test),
      { month: NOVEMBER, preparedBy: "analyst", approvedBy: "b", overrideReason: "" },
      CONFIG,
    );
    expect(await readJournals(test.clickhouse)).toHaveLength(2);
  });

  it("outlives the tables, with its journal", async () => {
    test = await openClosedOctober();
    await adjust();
    await propose({ cents: 7n });
    await withdrawAdjustment(deps(), await propose({ cents: 8n }), "analyst");
    const before = await readAdjustments(test.clickhouse, new Date(LATER));
    expect(before.map(({ state }) => state.kind)).toEqual(["posted", "waiting", "withdrawn"]);
    const recovery = await test.platform.recovery();
    await recovery.tell();
    for (const table of ["adjustment_drafts", "journals", "journal_entries"])
      await test.clickhouse.command({ query: `TRUNCATE TABLE ${table}` });
    await expect(recovery.requireWhole()).rejects.toThrow("adjustment_drafts has 0 rows of 4");
    await recovery.putBack("again");
    expect(await readAdjustments(test.clickhouse, new Date(LATER))).toEqual(before);
    expect(await findings(OCTOBER)).toEqual([]);
  });

  it("that is changed in the tables is found out, before it is posted and afterwards", async () => {
    test = await openClosedOctober();
    await adjust();
    const waiting = await propose({ cents: 7n });
    await test.clickhouse.command({
      query: "ALTER TABLE adjustment_drafts UPDATE amount = 1 WHERE 1 SETTINGS mutations_sync = 2",
    });
    await expect(approve(waiting)).rejects.toThrow(`${waiting} was changed in the tables`);
    expect(await findings(OCTOBER)).toMatchObject([
      { where: "journal 2", what: expect.stringContaining("it is not what its draft") as string },
    ]);
  });
});
