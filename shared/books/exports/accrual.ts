import { canonicalJson, sha256 } from "@apportion/domain/hash";
import { addDays, type BillingPeriod, type Day } from "@apportion/domain/period";
import type { Entry } from "../ledger/journal.js";
import { lastDayOf, type LedgerDocument, type LedgerSetting, linesOf, shortMonth } from "./general-ledger.js";

/** What a month that is not closed comes to so far. */
export interface OpenMonth {
  readonly month: BillingPeriod;
  /** What a close would post now. */
  readonly entries: readonly Entry[];
  /** When the accrual is made. */
  readonly madeOn: Day;
}

/** Digits of the hash in a document's number, with which it has 16 characters. */
const HASH_DIGITS = 4;

/**
 * An accrual of an open month at its end, and its reversal on the first day of the next: finance's books have the cost in time, and the
 * statement that is posted at the close stands alone. What comes to other amounts has another number.
 */
export function accrualDocuments(
  { month, entries, madeOn }: OpenMonth,
  setting: LedgerSetting,
): [accrual: LedgerDocument, reversal: LedgerDocument] {
  const { accrued } = setting.chart;
  const chart = accrued === undefined ? setting.chart : { ...setting.chart, clearing: accrued, bySource: {} };
  const hash = sha256(canonicalJson(entries.map((entry) => ({ ...entry, cents: String(entry.cents) }))));
  const document = (
    prefix: string,
    postingDate: Day,
    header: string,
    what: string,
    sign: bigint,
  ): LedgerDocument => ({
    number: `${prefix}-${month}-${hash.slice(0, HASH_DIGITS)}`,
    status: "provisional",
    postingDate,
    documentDate: madeOn,
    billingPeriod: month,
    correctsPeriod: "",
    text: `${header} ${shortMonth(month)}`,
    lines: linesOf(
      entries.map((entry) => ({ ...entry, cents: sign * entry.cents })),
      { ...setting, chart },
      (line) => `${what} ${shortMonth(month)}: ${line}`,
      () => "",
    ),
  });
  const end = lastDayOf(month);
  return [
    document("ACC", end, "Provisional", "Provisional", 1n),
    document("REV", addDays(end, 1), "Reversal, prov.", "Reversal of provisional", -1n),
  ];
}
