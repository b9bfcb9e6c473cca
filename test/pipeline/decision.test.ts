import { afterEach, describe, expect, it, vi } from "vitest";
import { allocateUnder } from "@apportion/allocator/allocate-under";
import { readBooksOf, readJournals } from "@apportion/books/ledger/journals";
import { readChargedFor } from "@apportion/books/months/read-charged";
import { decisionIdOf } from "@apportion/books/ledger/decision";
import { readDecisions } from "@apportion/books/ledger/decisions";
import { readWaitingDrafts } from "@apportion/books/ledger/waiting-drafts";
import { verifyMonth } from "@apportion/books/ledger/verify";
import { canonicalJson } from "@apportion/domain/hash";
import { daysOf, parseBillingPeriod, type BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { approveAdjustment, proposeAdjustment } from "@apportion/ledger/adjust";
import { approveDecision, proposeDecision, withdrawDecision } from "@apportion/ledger/decide";
import { daysUnderOtherRules, previewDecision, type RulesOfToday } from "@apportion/ledger/decision";
import { post } from "@apportion/ledger/post";
import { allocationConfig, policiesOf } from "@apportion/registry/allocation";
import { silentLogger } from "@apportion/runtime/logger";
import { closeOctober, costs, deps as depsOf, OCTOBER, openOctober, openClosedOctober } from "./october.js";
import { beforeCall, billReading, cpu, MLFLOW_BY_RUNS, publish, type TestPlatform } from "./platform.js";

let test: TestPlatform;
afterEach(() => test.close());

const LATER = "2026-11-20T00:00:00Z";
const deps = () => {
  const runs = { ...depsOf(test, LATER), logger: silentLogger };
  return {
    ...runs,
    allocate: (month: BillingPeriod, rules: RulesOfToday) => allocateUnder(runs, month, rules),
  };
};
const TODAY = (() => {
  const expectedReadings = [{ dataset: "usage", source: "mlflow", scope: "mlflow", meter: "mlflow.runs" }];
  const config = allocationConfig.parse({ policies: MLFLOW_BY_RUNS, expectedReadings });
  return { policies: policiesOf(config), expectedReadings: config.expectedReadings };
})();
/** What team a's namespace ran belonged to team c. */
const corrected = (): Registry => ({
  ...test.platform.registry,
  rules: [
    { owner: { kind: "team", id: "c" }, match: { namespace: "team-a" } },
    ...test.platform.registry.rules.filter(({ match }) => JSON.stringify(match) !== '{"namespace":"team-a"}'),
  ],
});
const PROPOSAL = { month: OCTOBER, reason: "team-a was c's", preparedBy: "analyst" };
const propose = async (over: Partial<typeof PROPOSAL> = {}, rules = ofC()): Promise<string> => {
  const { draft } = await proposeDecision(deps(), { ...PROPOSAL, ...over }, rules, 14);
  return draft?.id ?? "";
};
const approve = (id: string, by = "controller", rules = ofC()): ReturnType<typeof approveDecision> =>
  approveDecision(deps(), id, by, rules);
const decide = async (): Promise<void> => void (await approve(await propose()));
const ofC = (): RulesOfToday => ({ ...TODAY, registry: corrected() });
const findings = async (): Promise<unknown> => (await verifyMonth(deps(), OCTOBER)).findings;
const owed = () =>
  test.rows(`SELECT team_id, toString(sum(signed_amount)) AS charged FROM posted_entries
    WHERE account = 'team' GROUP BY team_id HAVING charged != '0' ORDER BY team_id`);

describe("a closed month", () => {
  it("is not touched by a corrected owner, and says on which days it would be", async () => {
    test = await openClosedOctober();
    const same = { ...TODAY, registry: test.platform.registry };
    const days = daysOf(OCTOBER);
    expect(await daysUnderOtherRules(test.clickhouse, OCTOBER, { ...TODAY, registry: corrected() })).toEqual(
      days,
    );
    expect(await daysUnderOtherRules(test.clickhouse, OCTOBER, same)).toEqual([]);
    const open = parseBillingPeriod("2026-11");
    expect(await daysUnderOtherRules(test.clickhouse, open, same)).toBeUndefined();
  });

  it("is decided again by two people: a draft that moves nothing, then what it differs by in the open month", async () => {
    test = await openClosedOctober();
    const frozen = await test.rows("SELECT * FROM current_allocations ORDER BY charge_day, line");
    const before = await owed();
    const preview = await previewDecision(test.clickhouse, OCTOBER, ofC());
    const { draft, decision } = await proposeDecision(deps(), PROPOSAL, ofC(), 14);
    expect(decision).toEqual(preview);
    expect(draft?.payers).toEqual(preview.payers.map(({ payer, difference }) => ({ payer, difference })));
    expect(draft?.expiresAt).toBe("2026-12-04T00:00:00.000Z");
    const waiting = { kind: "decision", id: draft?.id, month: OCTOBER, preparedBy: "analyst" };
    expect(await readWaitingDrafts(test.clickhouse, new Date(LATER))).toMatchObject([waiting]);
    expect(await readJournals(test.clickhouse)).toHaveLength(1);
    expect(await test.rows("SELECT count() AS runs FROM allocation_runs")).toEqual([{ runs: "31" }]);
    const approved = await approve(draft?.id ?? "");
    expect(await readWaitingDrafts(test.clickhouse, new Date(LATER))).toEqual([]);
    const [, journal] = await readBooksOf(test.clickhouse, OCTOBER);
    expect(approved).toMatchObject({ already: false, decision: { state: { kind: "posted", journal } } });
    expect(preview.payers.reduce((sum, { difference }) => sum + difference, 0n)).toBe(0n);
    expect(preview.payers.map(({ payer }) => payer)).toContain("c");
    expect(journal).toMatchObject({
      kind: "decision",
      billingPeriod: "2026-11",
      correctsPeriod: "2026-10",
      preparedBy: "analyst",
      approvedBy: "controller",
      reason: "team-a was c's",
    });
    const charges = await readChargedFor(test.clickhouse, OCTOBER);
    expect(preview.payers.map(({ posted, difference }) => posted + difference)).toEqual(
      preview.payers.map(({ payer }) => charges.get(payer)),
    );
    expect(await owed()).not.toEqual(before);
    expect(await test.rows("SELECT * FROM current_allocations ORDER BY charge_day, line")).toEqual(frozen);
    expect(await findings()).toEqual([]);
    expect(await proposeDecision(deps(), PROPOSAL, ofC(), 14)).toMatchObject({ decision: { payers: [] } });
    expect(await approve(draft?.id ?? "", "auditor")).toMatchObject({
      already: true,
      decision: { state: { journal: { approvedBy: "controller" } } },
    });
    expect(await readJournals(test.clickhouse)).toHaveLength(2);
  });

  it("is corrected by the rules of its last decision when a day is restated afterwards", async () => {
    test = await openClosedOctober();
    await decide();
    const more = [...costs("2026-10-20").rows, cpu("6", { namespace: "team-a" })];
    await publish(test.log, { ...costs("2026-10-20"), rows: more }, "2026-11-20T06:00:00Z");
    await publish(test.log, billReading("2026-10-20", "17.4"), "2026-11-20T06:00:00Z");
    await test.settle({ now: "2026-11-20T07:00:00Z" });
    const books = await readBooksOf(test.clickhouse, OCTOBER);
    expect(books.map(({ kind }) => kind)).toEqual(["statement", "decision", "correction"]);
    expect(new Set(books[2]?.entries.map(({ teamId }) => teamId).filter(Boolean))).not.toContain("a");
    expect(await findings()).toEqual([]);
  });

  it("wants two people, a reason, a closed month and every reading that the rules expect", async () => {
    test = await openOctober();
    await expect(propose()).rejects.toThrow("2026-10 is not closed");
    await closeOctober(test);
    await expect(propose({ reason: " " })).rejects.toThrow("--reason");
    await expect(propose({ reason: "was c's\u202e" })).rejects.toThrow("take out U+202E");
    await expect(propose({ preparedBy: "NAME" })).rejects.toThrow("--prepared-by must name somebody");
    const feast = { dataset: "usage" as const, source: "feast", scope: "feast", meter: "feast.requests" };
    const more = { ...ofC(), expectedReadings: [feast] };
    await expect(propose({}, more)).rejects.toThrow("usage/feast/feast");
    const id = await propose();
    await expect(approve(id, "Analyst")).rejects.toThrow("was prepared by analyst; somebody else");
    await expect(propose()).rejects.toThrow(
      `A decision of 2026-10 waits already as ${id}, proposed by analyst`,
    );
    expect(await readJournals(test.clickhouse)).toHaveLength(1);
  });

  it("is posted as it was proposed or not at all: other rules or readings are proposed again", async () => {
    test = await openClosedOctober();
    const id = await propose();
    const same = { ...TODAY, registry: test.platform.registry };
    const runs = await test.rows("SELECT count() AS runs FROM allocation_runs");
    await expect(approve(id, "controller", same)).rejects.toThrow(
      /would come to something else by now than was proposed: .*\(.*c 0\.00 instead of \d+\.\d\d.*withdraw it/,
    );
    expect(await test.rows("SELECT count() AS runs FROM allocation_runs")).toEqual(runs);
    const more = [...costs("2026-10-20").rows, cpu("6", { namespace: "team-a" })];
    await publish(test.log, { ...costs("2026-10-20"), rows: more }, "2026-11-20T06:00:00Z");
    await publish(test.log, billReading("2026-10-20", "17.4"), "2026-11-20T06:00:00Z");
    await test.settle({ now: "2026-11-20T07:00:00Z" });
    await expect(approve(id)).rejects.toThrow("withdraw it and propose it again");
    expect((await readBooksOf(test.clickhouse, OCTOBER)).map(({ kind }) => kind)).toEqual([
      "statement",
      "correction",
    ]);
    expect((await withdrawDecision(deps(), id, "analyst")).state).toMatchObject({ kind: "withdrawn" });
    await expect(approve(id)).rejects.toThrow("was withdrawn by analyst on 2026-11-20: propose it again");
    await decide();
    expect(await findings()).toEqual([]);
  });

  it("is not posted under rules that nobody proposed, also where everybody pays the same by them", async () => {
    test = await openClosedOctober();
    const id = await propose();
    const { registry } = ofC();
    const others: RulesOfToday = {
      ...ofC(),
      registry: {
        ...registry,
        rules: [
          { owner: { kind: "team", id: "a" }, match: { namespace: "next-quarter" } },
          ...registry.rules,
        ],
      },
    };
    await expect(approve(id, "controller", others)).rejects.toThrow(
      "everybody pays what was proposed, by other runs or lines",
    );
    // Rules that change after it was looked at, and before it is posted.
    const { allocate, ...rest } = deps();
    const late = { ...rest, allocate: (month: BillingPeriod) => allocate(month, others) };
    await expect(approveDecision(late, id, "controller", ofC())).rejects.toThrow("by other runs or lines");
    expect(await readJournals(test.clickhouse)).toHaveLength(1);
  });

  it("is not posted beside an amount of the month that was moved since it was proposed", async () => {
    test = await openClosedOctober();
    const id = await propose();
    const side = (teamId: string) => ({ ownerKind: "team" as const, teamId, period: OCTOBER });
    const move = { from: side("a"), to: side("c"), cents: 100n, reason: "it was c's", preparedBy: "analyst" };
    const adjusting = { ...deps(), registry: test.platform.registry, firstMonth: undefined };
    const { draft } = await proposeAdjustment(adjusting, move, 14);
    await approveAdjustment(
      { ...adjusting, clock: () => new Date("2026-11-20T01:00:00Z") },
      draft.id,
      "controller",
    );
    await expect(approve(id)).rejects.toThrow(
      `was proposed before amounts of 2026-10 were moved, maybe for the same cause (${draft.id})`,
    );
  });

  it("waits once of two proposals at the same moment", async () => {
    test = await openClosedOctober();
    const [one, other] = await Promise.allSettled([propose(), propose({ preparedBy: "auditor" })]);
    const ids = [one, other].flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    expect(ids).toHaveLength(1);
    const drafts = await readDecisions(test.clickhouse, new Date(LATER));
    expect(drafts.map(({ id }) => id)).toEqual(ids);
    await approve(ids[0] ?? "");
  });

  it("has what its sources said posted first, as the correction that it is, and the log told", async () => {
    test = await openClosedOctober();
    const { draft: before } = await proposeDecision(deps(), PROPOSAL, ofC(), 14);
    await withdrawDecision(deps(), before?.id ?? "", "analyst");
    const more = [...costs("2026-10-20").rows, cpu("6", { namespace: "team-b" })];
    await publish(test.log, { ...costs("2026-10-20"), rows: more }, "2026-11-20T06:00:00Z");
    await publish(test.log, billReading("2026-10-20", "17.4"), "2026-11-20T06:00:00Z");
    // The ledger does not run, and has not come to it yet.
    const readings = () => test.rows("SELECT count() AS sealed FROM snapshots");
    const [before20th] = await readings();
    const { intake } = test.services({ now: "2026-11-20T07:00:00Z" });
    await intake.start();
    const sealed = String(Number(before20th?.["sealed"]) + 2);
    await vi.waitFor(async () => expect(await readings()).toEqual([{ sealed }]), 20_000);
    await intake.stop();
    await deps().allocate(OCTOBER, { ...TODAY, registry: test.platform.registry });
    expect(await readJournals(test.clickhouse)).toHaveLength(1);
    const { draft } = await proposeDecision(deps(), PROPOSAL, ofC(), 14);
    const books = await readBooksOf(test.clickhouse, OCTOBER);
    expect(books.map(({ kind }) => kind)).toEqual(["statement", "correction"]);
    expect(await findings()).toEqual([]);
    // What team b used is none of the decision.
    expect(draft?.payers).toEqual(before?.payers);
  });

  it("is not posted by a draft that expired or was changed in the tables, and verify finds a changed one", async () => {
    test = await openClosedOctober();
    const id = await propose();
    const late = { ...deps(), clock: () => new Date("2026-12-04T00:00:00Z") };
    await expect(approveDecision(late, id, "controller", ofC())).rejects.toThrow(
      `${id} expired on 2026-12-04, since nobody approved it: propose it again`,
    );
    const [draft] = await readDecisions(test.clickhouse, new Date(LATER));
    if (!draft) throw new Error("It is on record");
    // A draft that says less than it does, whose id is that of what it says; and one that nobody can read.
    const said = { ...draft, payers: [{ payer: "a", difference: -1n }] };
    const forged = decisionIdOf(said);
    for (const [as, payers] of [
      [forged, '[["a","-1"]]'],
      ["0123456789ab", "x"],
    ])
      await test.clickhouse.command({
        query: `INSERT INTO decision_drafts SELECT * REPLACE ('${as}' AS id, '${payers}' AS payers) FROM decision_drafts WHERE decision_drafts.id = '${id}'`,
      });
    await expect(approve(forged)).rejects.toThrow("a -");
    await expect(approve("0123456789ab")).rejects.toThrow("was changed in the tables since it was proposed");
    await approve(id);
    expect(await findings()).toEqual([]);
    const set = (change: string) =>
      test.clickhouse.command({
        query: `ALTER TABLE decision_drafts UPDATE ${change} WHERE id = '${id}' SETTINGS mutations_sync = 2`,
      });
    const changed = {
      where: "journal 2",
      what: `it is not what its draft ${id} says: one of them was changed`,
    };
    await set("reason = 'other'");
    expect(await findings()).toEqual([changed]);
    await set("reason = 'team-a was c\\'s', content_hash = ''");
    expect(await findings()).toEqual([changed]);
    await test.clickhouse.command({ query: `DELETE FROM decision_drafts WHERE id = '${id}'` });
    expect(await findings()).toEqual([
      { where: "journal 2", what: `the draft ${id} that it was made of is not there` },
    ]);
  });

  it("is found by verify where one person posted it alone, or without a draft", async () => {
    test = await openClosedOctober();
    await decide();
    const [, decision] = await readBooksOf(test.clickhouse, OCTOBER);
    if (!decision) throw new Error("It is posted");
    const { kind, billingPeriod, correctsPeriod, preparedBy } = decision;
    const { draft: _draft, ...evidence } = JSON.parse(decision.evidence) as Record<string, unknown>;
    await post(
      test.clickhouse,
      () => new Date(LATER),
      async () =>
        (await readJournals(test.clickhouse)).length > 2
          ? undefined
          : {
              journal: {
                kind,
                billingPeriod,
                correctsPeriod,
                preparedBy,
                approvedBy: preparedBy,
                reason: "",
                evidence: canonicalJson(evidence),
                entries: [],
              },
            },
    );
    const where = "journal 3";
    expect(await findings()).toEqual([
      { where, what: "who prepared it and who approved it are not two people" },
      { where, what: "it has no reason" },
      { where, what: "it names no draft" },
    ]);
  });

  it("is proposed still when the tables were lost and put back from the log", async () => {
    test = await openClosedOctober();
    const id = await propose();
    const before = await readDecisions(test.clickhouse, new Date(LATER));
    const recovery = await test.platform.recovery();
    await recovery.tell();
    await test.clickhouse.command({ query: "TRUNCATE TABLE decision_drafts" });
    await expect(recovery.requireWhole()).rejects.toThrow("decision_drafts has 0 rows of 1");
    await recovery.putBack("again");
    expect(await readDecisions(test.clickhouse, new Date(LATER))).toEqual(before);
    await approve(id);
  });

  it("is decided once, approved by two at once, and also where the first died before it told the log", async () => {
    test = await openClosedOctober();
    const id = await propose();
    const dies = { ...deps(), log: { ...test.log, publish: () => Promise.reject(new Error("killed")) } };
    // The other approves when this one has looked, and is about to post.
    const clickhouse = beforeCall(
      test.clickhouse,
      "insert",
      ({ table }) => table === "journals",
      () => expect(approveDecision(dies, id, "auditor", ofC())).rejects.toThrow("killed"),
    );
    const { decision, already } = await approveDecision({ ...deps(), clickhouse }, id, "controller", ofC());
    expect([already, decision.state]).toMatchObject([true, { journal: { approvedBy: "auditor" } }]);
    expect(await readJournals(test.clickhouse)).toHaveLength(2);
    expect(await findings()).toEqual([]);
  });
});
