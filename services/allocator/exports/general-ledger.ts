import type { BillingPeriod } from "@apportion/domain/period";
import { csv } from "@apportion/runtime/csv";
import type { StoredJournal } from "../ledger/books.js";
import { journalIdOf, type Entry } from "../ledger/journal.js";

/** How finance's books name what the ledger posts. Accounts are theirs, so they are text. */
export interface ChartOfAccounts {
  /** Debited for what teams are charged, where {@link byCategory} says nothing else. */
  readonly charges: string;
  readonly byCategory: Readonly<Record<string, string>>;
  readonly idle: string;
  readonly corporate: string;
  readonly unallocated: string;
  /** Credited, where {@link bySource} says nothing else. */
  readonly clearing: string;
  readonly bySource: Readonly<Record<string, string>>;
}

const HEADER = [
  "journal",
  "posting_date",
  "billing_period",
  "corrects_period",
  "line",
  "account",
  "cost_center",
  "team",
  "debit",
  "credit",
  "currency",
  "text",
] as const;

/** The journals that were posted into a month as a table for a general ledger: debits add up to credits, journal by journal. */
export function generalLedgerCsv(
  journals: readonly StoredJournal[],
  month: BillingPeriod,
  chart: ChartOfAccounts,
  currency: string,
): string {
  const rows = journals
    .filter(({ billingPeriod }) => billingPeriod === month)
    .flatMap((journal) =>
      journal.entries.map((entry, line) => [
        `${journal.seq}-${journalIdOf(journal).slice(0, 8)}`,
        journal.postedAt.slice(0, 10),
        journal.billingPeriod,
        journal.correctsPeriod,
        String(line + 1),
        accountOf(entry, chart),
        entry.costCenter,
        entry.teamId,
        entry.cents > 0n ? twoPlaces(entry.cents) : "",
        entry.cents < 0n ? twoPlaces(-entry.cents) : "",
        currency,
        [
          journal.correctsPeriod && `correction of ${journal.correctsPeriod}`,
          entry.category,
          entry.pool,
          entry.source,
        ]
          .filter(Boolean)
          .join(" "),
      ]),
    );
  return csv(HEADER, rows);
}

/** `230n` → `2.30`: what imports it may not take 2.3 for an amount. */
function twoPlaces(cents: bigint): string {
  return `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
}

function accountOf({ account, category, source }: Entry, chart: ChartOfAccounts): string {
  switch (account) {
    case "team": {
      // Idle by resource goes where idle goes, unless an account is named for the resource.
      const idle = category.startsWith("idle-") ? chart.byCategory["idle"] : undefined;
      return chart.byCategory[category] ?? idle ?? chart.charges;
    }
    case "clearing":
      return chart.bySource[source] ?? chart.clearing;
    default:
      return chart[account];
  }
}
