import { afterEach, describe, expect, it } from "vitest";
import { readBooksOf, readJournals } from "@apportion/books/ledger/journals";
import { verifyMonth } from "@apportion/books/ledger/verify";
import { parseBillingPeriod } from "@apportion/domain/period";
import { announce } from "@apportion/ledger/announce";
import { post } from "@apportion/ledger/post";
import { closeOctober, costs, deps, OCTOBER, openOctober, openClosedOctober } from "./october.js";
import { billReading, cpu, publish, type TestPlatform } from "./platform.js";

let test: TestPlatform;
afterEach(() => test.close());

/** Somebody changes rows where they lie. */
const tamper = (statement: string): Promise<unknown> =>
  test.clickhouse.command({ query: `${statement} SETTINGS mutations_sync = 2` });
const findings = async (): Promise<string[]> =>
  (await verifyMonth(deps(test), OCTOBER)).findings.map(({ where, what }) => `${where}: ${what}`);

/** Team c worked on the 20th after all: Kubecost and the bill say so after the close. */
async function restate(amount: string, billed: string, at: string): Promise<void> {
  const rows = [...costs("2026-10-20").rows, cpu(amount, { namespace: "team-c" })];
  await publish(test.log, { ...costs("2026-10-20"), rows }, `${at}T06:00:00Z`);
  await publish(test.log, billReading("2026-10-20", billed), `${at}T06:00:00Z`);
  await test.settle({ now: `${at}T07:00:00Z` });
}

describe("verifying a month", () => {
  it("shows tampering with what is frozen, and with a whole chain that was made anew", async () => {
    test = await openClosedOctober();
    await test.clickhouse.command({ query: "DELETE FROM closed_runs WHERE charge_day = '2026-10-21'" });
    expect((await verifyMonth(deps(test), OCTOBER)).findings).toEqual([
      { where: "journal 1", what: "the runs that are frozen are not the runs from which it was made" },
    ]);
    const [journal] = await readJournals(test.clickhouse);
    if (!journal) throw new Error("October was not posted");
    const [first, second, ...rest] = journal.entries;
    if (!first || !second) throw new Error("a journal has entries");
    const forged = [{ ...first, cents: first.cents + 1n }, { ...second, cents: second.cents - 1n }, ...rest];
    const {
      seq: _seq,
      journalId: _id,
      hash: _hash,
      previousHash: _previous,
      postedAt: _posted,
      shown: _shown,
      ...draft
    } = journal;
    await test.clickhouse.command({ query: "TRUNCATE TABLE journals" });
    await test.clickhouse.command({ query: "TRUNCATE TABLE journal_entries" });
    await post(
      test.clickhouse,
      () => new Date("2026-11-11T00:00:00Z"),
      async () => ({ journal: { ...draft, entries: forged } }),
    );
    expect((await verifyMonth(deps(test), OCTOBER)).findings.map(({ what }) => what)).toContain(
      "its entries are not what the lines of its runs come to",
    );
  });

  it("shows tampering with an entry, with a line, and with the whole ledger", async () => {
    test = await openOctober();
    const { hash } = await closeOctober(test);
    await test.clickhouse.command({
      query:
        "ALTER TABLE journal_entries UPDATE amount = amount + 1 WHERE team_id = 'a' SETTINGS mutations_sync = 2",
    });
    await test.clickhouse.command({
      query:
        "ALTER TABLE allocation_lines UPDATE team_id = 'b' WHERE team_id = 'a' AND charge_day = '2026-10-03' SETTINGS mutations_sync = 2",
    });
    const places = async (): Promise<string[]> =>
      (await verifyMonth(deps(test), OCTOBER, { head: hash })).findings.map(
        ({ where, what }) => `${where}: ${what}`,
      );
    expect((await places()).join("\n")).toMatch(
      /run of 2026-10-03: its 8 lines are not[^]*journal 1: its content/,
    );
    await test.clickhouse.command({ query: "TRUNCATE TABLE journals" });
    expect(await places()).toEqual([
      expect.stringContaining("run of 2026-10-03"),
      "journal 1: the event log knows it, the tables do not",
      `ledger: no journal has the hash ${hash}`,
    ]);
  });

  it("shows figures for people that are not those of what they are about", async () => {
    test = await openClosedOctober();
    await tamper("ALTER TABLE journals UPDATE charged = 999999.99, entry_count = 1 WHERE seq = 1");
    await tamper(
      "ALTER TABLE allocation_runs UPDATE allocated = 7777, line_count = 0 WHERE charge_day = '2026-10-05'",
    );
    expect(await findings()).toEqual([
      "run of 2026-10-05: its seal says 0 lines, 12 collected and 7777 allocated",
      "journal 1: its row says 1 entries that charge 999999.99",
    ]);
  });

  it("follows corrections to the runs that they were made from", async () => {
    test = await openClosedOctober();
    await restate("6", "17.4", "2026-11-20");
    await restate("7", "18.3", "2026-11-21");
    const [statement, correction, second] = await readBooksOf(test.clickhouse, OCTOBER);
    if (!statement || !correction || !second) throw new Error("October was not corrected twice");
    expect(await findings()).toEqual([]);

    const [shadow] = (JSON.parse(second.evidence) as { runs: string[] }).runs.filter(
      (id) => !statement.evidence.includes(id) && !correction.evidence.includes(id),
    );
    await tamper(`ALTER TABLE allocation_lines UPDATE amount = amount * 100 WHERE run_id = '${shadow}'`);
    expect((await findings()).join("\n")).toMatch(
      /run of 2026-10-20: its \d+ lines are not[^]*journal 3: its entries are not/,
    );
    // Nor is anything posted from them.
    await restate("8", "19.2", "2026-11-22");
    expect(await readBooksOf(test.clickhouse, OCTOBER)).toHaveLength(3);
  });

  it("shows a correction that nothing gave rise to", async () => {
    test = await openClosedOctober();
    const [statement] = await readJournals(test.clickhouse);
    if (!statement) throw new Error("October was not posted");
    const nothing = {
      teamId: "",
      costCenter: "",
      source: "",
      category: "" as const,
      basis: "",
      pool: "",
      method: "",
      reason: "",
    };
    await post(
      test.clickhouse,
      () => new Date("2026-11-21T00:00:00Z"),
      async () => ({
        journal: {
          kind: "correction",
          billingPeriod: parseBillingPeriod("2026-11"),
          correctsPeriod: OCTOBER,
          preparedBy: "apportion",
          approvedBy: "",
          reason: "",
          evidence: statement.evidence,
          entries: [
            { ...nothing, account: "team", teamId: "a", category: "cpu", basis: "direct", cents: 1_000_000n },
            { ...nothing, account: "clearing", source: "kubecost", cents: -1_000_000n },
          ],
        },
      }),
    );
    await announce(test.log, await readBooksOf(test.clickhouse, OCTOBER));
    expect(await findings()).toEqual(["journal 2: its entries are not what the lines of its runs come to"]);
  });

  it("shows usage and bills that were lost or changed after they were sealed", async () => {
    test = await openOctober();
    await tamper(
      "ALTER TABLE bill_facts UPDATE effective_cost = 6 WHERE toDate(charge_period_start) = '2026-10-04'",
    );
    expect((await findings()).join("\n")).toContain(
      "bill/aws-bill/111122223333 of 2026-10-04 was sealed with 1 rows that come to 12, and now has 1 with 6",
    );
    await tamper(
      "ALTER TABLE bill_facts UPDATE effective_cost = 12 WHERE toDate(charge_period_start) = '2026-10-04'",
    );
    expect(await findings()).toEqual([]);
    await tamper("DELETE FROM usage_facts WHERE team_label = 'b'");
    expect((await findings()).join("\n")).toContain(
      "usage/mlflow/mlflow of 2026-10-01 was sealed with 2 rows",
    );
  });
});
