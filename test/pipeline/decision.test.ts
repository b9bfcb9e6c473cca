import { afterEach, describe, expect, it } from "vitest";
import { allocateUnder } from "@apportion/allocator/allocate-under";
import { readBooksOf, readJournals } from "@apportion/books/ledger/journals";
import { verifyMonth } from "@apportion/books/ledger/verify";
import { daysOf, parseBillingPeriod, type BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import {
  daysUnderOtherRules,
  decideAgain,
  previewDecision,
  type RulesOfToday,
} from "@apportion/ledger/decision";
import { allocationConfig, policiesOf } from "@apportion/registry/allocation";
import { silentLogger } from "@apportion/runtime/logger";
import { closeOctober, costs, deps as depsOf, OCTOBER, openOctober, openClosedOctober } from "./october.js";
import { billReading, cpu, MLFLOW_BY_RUNS, publish, type TestPlatform } from "./platform.js";

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
const WHO = { month: OCTOBER, preparedBy: "analyst", approvedBy: "controller", reason: "team-a was c's" };
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

  it("is decided again by two people: what it differs by is posted into the open month", async () => {
    test = await openClosedOctober();
    const frozen = await test.rows("SELECT * FROM current_allocations ORDER BY charge_day, line");
    const before = await owed();
    const rules = { ...TODAY, registry: corrected() };
    const preview = await previewDecision(test.clickhouse, OCTOBER, rules);
    expect(await readJournals(test.clickhouse)).toHaveLength(1);
    expect(await test.rows("SELECT count() AS runs FROM allocation_runs")).toEqual([{ runs: "31" }]);
    const decision = await decideAgain(deps(), WHO, rules);
    expect(decision.payers).toEqual(preview.payers);
    expect(decision.payers.reduce((sum, { difference }) => sum + difference, 0n)).toBe(0n);
    expect(decision.payers.map(({ payer }) => payer)).toContain("c");
    const [, journal] = await readBooksOf(test.clickhouse, OCTOBER);
    expect(journal).toMatchObject({
      kind: "decision",
      billingPeriod: "2026-11",
      correctsPeriod: "2026-10",
      preparedBy: "analyst",
      approvedBy: "controller",
      reason: "team-a was c's",
    });
    expect(await owed()).not.toEqual(before);
    expect(await test.rows("SELECT * FROM current_allocations ORDER BY charge_day, line")).toEqual(frozen);
    expect((await verifyMonth(deps(), OCTOBER)).findings).toEqual([]);
    expect(await decideAgain(deps(), WHO, rules)).toMatchObject({ payers: [] });
    expect(await readJournals(test.clickhouse)).toHaveLength(2);
  });

  it("is corrected by the rules of its last decision when a day is restated afterwards", async () => {
    test = await openClosedOctober();
    await decideAgain(deps(), WHO, { ...TODAY, registry: corrected() });
    const more = [...costs("2026-10-20").rows, cpu("6", { namespace: "team-a" })];
    await publish(test.log, { ...costs("2026-10-20"), rows: more }, "2026-11-20T06:00:00Z");
    await publish(test.log, billReading("2026-10-20", "17.4"), "2026-11-20T06:00:00Z");
    await test.settle({ now: "2026-11-20T07:00:00Z" });
    const books = await readBooksOf(test.clickhouse, OCTOBER);
    expect(books.map(({ kind }) => kind)).toEqual(["statement", "decision", "correction"]);
    expect(new Set(books[2]?.entries.map(({ teamId }) => teamId).filter(Boolean))).not.toContain("a");
    expect((await verifyMonth(deps(), OCTOBER)).findings).toEqual([]);
  });

  it("wants two people, a reason, a closed month and every reading that the rules expect", async () => {
    test = await openOctober();
    const rules = { ...TODAY, registry: corrected() };
    await expect(decideAgain(deps(), WHO, rules)).rejects.toThrow("2026-10 is open");
    await closeOctober(test);
    await expect(decideAgain(deps(), { ...WHO, approvedBy: "Analyst" }, rules)).rejects.toThrow("two people");
    await expect(decideAgain(deps(), { ...WHO, reason: " " }, rules)).rejects.toThrow("--reason");
    const unseen = { ...WHO, reason: "was c's\u202e" };
    await expect(decideAgain(deps(), unseen, rules)).rejects.toThrow("take out U+202E");
    const feast = { dataset: "usage" as const, source: "feast", scope: "feast", meter: "feast.requests" };
    await expect(
      previewDecision(test.clickhouse, OCTOBER, { ...rules, expectedReadings: [feast] }),
    ).rejects.toThrow("usage/feast/feast");
    expect(await readJournals(test.clickhouse)).toHaveLength(1);
  });
});
