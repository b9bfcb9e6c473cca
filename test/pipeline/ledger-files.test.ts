import { afterEach, expect, it } from "vitest";
import { accrualDocuments } from "@apportion/books/exports/accrual";
import { focusQuery } from "@apportion/books/exports/focus";
import {
  type LedgerDocument,
  ledgerDocuments,
  type LedgerSetting,
} from "@apportion/books/exports/general-ledger";
import { readAccrual } from "@apportion/books/exports/read-accrual";
import { readJournals } from "@apportion/books/ledger/journals";
import { parsePicos } from "@apportion/domain/money";
import { dayOf, parseBillingPeriod } from "@apportion/domain/period";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { allocationConfig } from "@apportion/registry/allocation";
import { closeOctober, costs, OCTOBER, readOctober, openOctober } from "./october.js";
import { billReading, cpu, openTestPlatform, publish, type TestPlatform } from "./platform.js";

let test: TestPlatform;
afterEach(() => test.close());

const NOVEMBER = parseBillingPeriod("2026-11");

const settingOf = (summary: boolean): LedgerSetting => ({
  chart: allocationConfig.parse({}).chartOfAccounts,
  registry: test.platform.registry,
  summary,
});
const documentsOf = async (summary = false): Promise<LedgerDocument[]> =>
  ledgerDocuments(await readJournals(test.clickhouse), settingOf(summary));

/** Something that nobody owns is among it. */
async function closeAndCorrect(): Promise<void> {
  await readOctober(test, { others: [cpu("0.333333333333", { namespace: "nobody" })] });
  await closeOctober(test, { overrideReason: "a test" });
  const late = {
    ...costs("2026-10-20"),
    rows: [...costs("2026-10-20").rows, cpu("6", { namespace: "team-c" })],
  };
  await publish(test.log, late, "2026-11-20T06:00:00Z");
  await publish(test.log, billReading("2026-10-20", "17.4"), "2026-11-20T06:00:00Z");
  await test.settle({ now: "2026-11-20T07:00:00Z" });
}

/** Cents by what identifies a side of a posting, of lines of documents and of what the analysts' view has. */
function sums(rows: readonly { readonly key: string; readonly cents: bigint }[]): Record<string, string> {
  const totals = new Map<string, bigint>();
  for (const { key, cents } of rows) totals.set(key, (totals.get(key) ?? 0n) + cents);
  return Object.fromEntries(
    [...totals].filter(([, cents]) => cents !== 0n).map(([key, cents]) => [key, String(cents)]),
  );
}

it("agree with posted_entries to the cent, in detail and as a summary, each document in balance", async () => {
  test = await openTestPlatform();
  await closeAndCorrect();
  const posted = await test.rows(`SELECT concat(toString(seq), '-', substring(journal_id, 1, 8)) AS number,
    multiIf(account = 'team', 'platform-charges', account = 'clearing', 'cloud-clearing', account = 'idle', 'platform-idle', account) AS booked,
    cost_center, toString(toInt64(signed_amount * 100)) AS cents FROM posted_entries`);
  const expected = sums(
    posted.map(({ number, booked, cost_center, cents }) => ({
      key: [number, booked, cost_center].join("/"),
      cents: BigInt(String(cents)),
    })),
  );
  expect(Object.keys(expected).length).toBeGreaterThan(6);
  for (const summary of [false, true]) {
    const documents = await documentsOf(summary);
    expect(documents.map(({ text }) => text)).toEqual(["Statement of Oct 2026", "Correction of Oct 2026"]);
    const lines = documents.flatMap(({ number, lines: own }) =>
      own.map(({ account, costCenter, cents }) => ({ key: [number, account, costCenter].join("/"), cents })),
    );
    expect(sums(lines)).toEqual(expected);
    for (const { lines: own } of documents) expect(own.reduce((sum, { cents }) => sum + cents, 0n)).toBe(0n);
  }
});

it("have the invoices that FOCUS has, of the same amounts", async () => {
  test = await openTestPlatform();
  await closeAndCorrect();
  const documents = await documentsOf();
  for (const month of [OCTOBER, NOVEMBER]) {
    const lines = documents
      .filter(({ billingPeriod }) => billingPeriod === month)
      .flatMap((document) => document.lines)
      .filter(({ reference }) => reference !== "");
    const focus = async (
      dataset: "invoice-detail" | "cost-and-usage",
    ): Promise<Record<string, unknown>[]> => {
      const asked = {
        month,
        version: "1.4",
        dataset,
        currency: "USD",
        billingAccountId: "1",
        issuer: "Finance",
        registry: test.platform.registry,
      } as const;
      const { query, params } = focusQuery(asked);
      const answer = await test.clickhouse.query({
        query: `SELECT InvoiceId, InvoiceIssuerName, toString(BilledCost) AS billed FROM (${query})`,
        query_params: params,
        format: "JSONEachRow",
      });
      return answer.json<Record<string, unknown>>();
    };
    const invoiced = await focus("invoice-detail");
    expect(
      sums(invoiced.map(({ InvoiceId, billed }) => ({ key: String(InvoiceId), cents: centsOf(billed) }))),
    ).toEqual(sums(lines.map(({ reference, cents }) => ({ key: reference, cents }))));
    const charged = await focus("cost-and-usage");
    // Not rounded: the rows of an invoice have its cents.
    expect(
      sums(
        charged.map(({ InvoiceId, billed }) => ({
          key: String(InvoiceId),
          cents: parsePicos(String(billed)),
        })),
      ),
    ).toEqual(sums(lines.map(({ reference, cents }) => ({ key: reference, cents: cents * PICOS_PER_CENT }))));
    expect(new Set(charged.map(({ InvoiceId }) => InvoiceId))).toEqual(
      new Set(lines.map(({ reference }) => reference)),
    );
    expect(new Set([...invoiced, ...charged].map((row) => row["InvoiceIssuerName"]))).toEqual(
      new Set(["Finance"]),
    );
  }
});

const centsOf = (amount: unknown): bigint => BigInt(Math.round(Number(amount) * 100));

it("accrue an open month as its close then posts it, and no month that is closed or without data", async () => {
  test = await openOctober();
  const { entries, daysWithoutData, incompleteDays } = await readAccrual(
    test.clickhouse,
    OCTOBER,
    test.platform.registry.teams,
  );
  expect([daysWithoutData, incompleteDays]).toEqual([[], []]);
  const open = { month: OCTOBER, entries, madeOn: dayOf(new Date("2026-11-01T08:00:00Z")) };
  const [accrual, reversal] = accrualDocuments(open, settingOf(false));
  await closeOctober(test);
  const [statement] = await documentsOf();
  const amounts = (document: LedgerDocument | undefined, sign = 1n): unknown =>
    document?.lines.map(({ account, costCenter, teamId, cents }) => [
      account,
      costCenter,
      teamId,
      sign * cents,
    ]);
  expect(amounts(accrual)).toEqual(amounts(statement));
  expect(amounts(reversal, -1n)).toEqual(amounts(statement));
  const refused = readAccrual(test.clickhouse, OCTOBER, []);
  await expect(refused).rejects.toThrow("2026-10 is closed, so there is nothing to accrue");
  await expect(readAccrual(test.clickhouse, NOVEMBER, [])).rejects.toThrow(
    "Nothing of 2026-11 is allocated yet",
  );
});
