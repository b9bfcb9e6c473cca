import { decimalOfCents } from "@apportion/domain/cents";
import { type BillingPeriod, daysOf } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { lineName } from "@apportion/domain/wording";
import { csv } from "@apportion/runtime/csv";
import { type Account, type Entry, journalIdOf } from "../ledger/journal.js";
import type { StoredJournal } from "../ledger/journals.js";

/** How finance's books name what the ledger posts. Accounts are theirs, so they are text. */
export interface ChartOfAccounts {
  readonly postingDate: "period-end" | "close";
  /** Of entries that are no team's. */
  readonly costCenters: Readonly<Record<Exclude<Account, "team">, string>>;
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
  "document_date",
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

/**
 * The journals that were posted into a month as a table for a general ledger: debits add up to credits, journal by journal. They are
 * posted at the month's end, on whatever day it was closed, or an ERP has October's costs in November.
 */
export function generalLedgerCsv(
  journals: readonly StoredJournal[],
  month: BillingPeriod,
  chart: ChartOfAccounts,
  { currency, registry }: { readonly currency: string; readonly registry: Pick<Registry, "sharedServices"> },
): string {
  const periodEnd = daysOf(month).at(-1) ?? "";
  const rows = journals
    .filter(({ billingPeriod }) => billingPeriod === month)
    .flatMap((journal) =>
      journal.entries.map((entry, line) => [
        `${journal.seq}-${journalIdOf(journal).slice(0, 8)}`,
        chart.postingDate === "close" ? journal.postedAt.slice(0, 10) : periodEnd,
        journal.postedAt.slice(0, 10),
        journal.billingPeriod,
        journal.correctsPeriod,
        String(line + 1),
        accountOf(entry, chart),
        entry.account === "team" ? entry.costCenter : chart.costCenters[entry.account],
        entry.teamId,
        entry.cents > 0n ? decimalOfCents(entry.cents) : "",
        entry.cents < 0n ? decimalOfCents(-entry.cents) : "",
        currency,
        entryText(journal, entry, registry),
      ]),
    );
  return csv(HEADER, rows);
}

const MONTH = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });

/** `MLflow, October 2026`, `Correction of October 2026: GPU`, `Read from S3, October 2026` */
function entryText(
  { kind, billingPeriod, correctsPeriod }: StoredJournal,
  entry: Entry,
  registry: Pick<Registry, "sharedServices">,
): string {
  const what =
    entry.category === "" // credited to a source
      ? `Read from ${SOURCES[entry.source] ?? entry.source}`
      : lineName({ ...entry, category: entry.category }, registry);
  const month = MONTH.format(new Date(`${correctsPeriod || billingPeriod}-01T00:00:00Z`));
  switch (kind) {
    case "statement":
      return `${what}, ${month}`;
    case "correction":
      return `Correction of ${month}: ${what}`;
    case "decision":
      return `Decision on ${month}: ${what}`;
  }
}

const SOURCES: Readonly<Record<string, string>> = {
  kubecost: "Kubecost or OpenCost",
  s3: "S3",
  network: "the bill's network lines",
  "aws-bill": "the AWS bill",
  "rate-variance": "the AWS bill: Kubernetes, bill less list prices",
  limits: "caps and minimum charges",
};

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
