import { sumOfCents } from "@apportion/domain/cents";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { daysOf } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { lineName } from "@apportion/domain/wording";
import { type Account, type Entry, aboutMonth, type JournalDraft, journalIdOf } from "../ledger/journal.js";
import type { StoredJournal } from "../ledger/journals.js";
import { editionsOf, invoiceNumberOf } from "./invoice-number.js";

/** How finance's books name what the ledger posts. Accounts are theirs, so they are text. */
export interface ChartOfAccounts {
  readonly companyCode: string;
  readonly documentType: string;
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
  /** Credited by an accrual; where it is absent, what a statement credits. */
  readonly accrued?: string | undefined;
}

/** One document of a general ledger: the debits of its lines are its credits. */
export interface LedgerDocument {
  /** Deterministic and unique: a file that is uploaded twice is found out by it. At most 16 characters up to journal 9,999,999. */
  readonly number: string;
  readonly status: "posted" | "provisional";
  readonly postingDate: Day;
  /** When it was posted here, or made. */
  readonly documentDate: Day;
  readonly billingPeriod: BillingPeriod;
  /** Empty for a statement and an accrual. */
  readonly correctsPeriod: BillingPeriod | "";
  /** `Statement of Oct 2026`: what an ERP gives its header has place for 25 characters. */
  readonly text: string;
  readonly lines: readonly LedgerLine[];
}

export interface LedgerLine {
  /** What somebody is charged, or what is cleared by that. */
  readonly side: "charged" | "cleared";
  readonly account: string;
  readonly costCenter: string;
  /** Empty where it is no team's, and in a summary where it is several teams'. */
  readonly teamId: string;
  /** In words, with the month. */
  readonly text: string;
  /** Number of the invoice; empty for what is credited, in a summary of several, and as long as nothing is posted. */
  readonly reference: string;
  /** Month that it is about, where that is not the one that its document is about. */
  readonly concerns?: BillingPeriod;
  /** Positive for a debit, negative for a credit. */
  readonly cents: bigint;
}

export interface LedgerSetting {
  readonly chart: ChartOfAccounts;
  readonly registry: Pick<Registry, "sharedServices"> & {
    readonly teams: readonly { readonly id: string; readonly name: string }[];
  };
  /** One line for each account and cost center, instead of one for each entry. */
  readonly summary: boolean;
}

/**
 * The journals as documents of a general ledger. They are posted at the month's end, on whatever day it was closed, or an ERP has
 * October's costs in November.
 * @param journals all of the ledger: numbers of invoices count them
 */
export function ledgerDocuments(
  journals: readonly StoredJournal[],
  setting: LedgerSetting,
): LedgerDocument[] {
  const editions = editionsOf(journals);
  return journals.map((journal) => {
    const month = aboutMonth(journal);
    const postedOn = journal.postedAt.slice(0, 10) as Day;
    const invoice = ({ account, teamId, concerns = month }: Entry): string =>
      account === "clearing"
        ? ""
        : invoiceNumberOf({
            month: concerns,
            ownerKind: account,
            teamId,
            edition: editions.get(journal.journalId)?.get(concerns) ?? 0,
          });
    return {
      number: `${journal.seq}-${journalIdOf(journal).slice(0, 8)}`,
      status: "posted",
      postingDate: setting.chart.postingDate === "close" ? postedOn : lastDayOf(journal.billingPeriod),
      documentDate: postedOn,
      billingPeriod: journal.billingPeriod,
      correctsPeriod: journal.correctsPeriod,
      text: `${subjectOf(journal.kind)} ${shortMonth(month)}`,
      lines: linesOf(
        journal.entries,
        setting,
        (what, { concerns = month, category }) =>
          lineText(
            journal.kind,
            concerns,
            category === "adjustment" && !setting.summary ? journal.reason : what,
          ),
        invoice,
      ),
    };
  });
}

/** An entry as a line; in a summary, those that share account and cost center as one, and none that comes to nothing. */
export function linesOf(
  entries: readonly Entry[],
  { chart, registry, summary }: LedgerSetting,
  textOf: (what: string, entry: Entry) => string,
  referenceOf: (entry: Entry) => string,
): LedgerLine[] {
  const groups = new Map<string, [Entry, ...Entry[]]>();
  entries.forEach((entry, at) => {
    const key = summary
      ? JSON.stringify([sideOf(entry), accountOf(entry, chart), costCenterOf(entry, chart), entry.concerns])
      : String(at);
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  });
  return [...groups.values()]
    .map((group) => ({
      side: sideOf(group[0]),
      account: accountOf(group[0], chart),
      costCenter: costCenterOf(group[0], chart),
      teamId: commonOf(group.map(({ teamId }) => teamId)),
      text: textOf(summary ? ownersText(group, registry) : whatOf(group[0], registry), group[0]),
      reference: commonOf(group.map(referenceOf)),
      ...(group[0].concerns && { concerns: group[0].concerns }),
      cents: sumOfCents(group),
    }))
    .filter(({ cents }) => cents !== 0n);
}

export function lastDayOf(month: BillingPeriod): Day {
  const last = daysOf(month).at(-1);
  if (last === undefined) throw new Error(`${month} has no day`);
  return last;
}

/** What all of them are; empty where they differ. */
function commonOf(texts: readonly string[]): string {
  const [first = "", ...others] = new Set(texts);
  return others.length === 0 ? first : "";
}

const LONG_MONTH = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });
const SHORT_MONTH = new Intl.DateTimeFormat("en", { month: "short", year: "numeric", timeZone: "UTC" });

/** `October 2026` */
function longMonth(month: BillingPeriod): string {
  return LONG_MONTH.format(new Date(`${month}-01T00:00:00Z`));
}

/** `Oct 2026` */
export function shortMonth(month: BillingPeriod): string {
  return SHORT_MONTH.format(new Date(`${month}-01T00:00:00Z`));
}

/** Before the month. */
function subjectOf(kind: JournalDraft["kind"]): string {
  switch (kind) {
    case "statement":
      return "Statement of";
    case "correction":
      return "Correction of";
    case "decision":
      return "Decision on";
    case "adjustment":
      return "Adjustment of";
  }
}

/** `MLflow, October 2026`, `Correction of October 2026: GPU`, `Adjustment of October 2026: why`, `Read from S3, October 2026` */
function lineText(kind: JournalDraft["kind"], month: BillingPeriod, what: string): string {
  const inWords = longMonth(month);
  return kind === "statement" ? `${what}, ${inWords}` : `${subjectOf(kind)} ${inWords}: ${what}`;
}

/** What an entry is about. */
function whatOf(entry: Entry, registry: LedgerSetting["registry"]): string {
  return entry.category === "" // credited to a source
    ? `Read from ${SOURCES[entry.source] ?? entry.source}`
    : lineName({ ...entry, category: entry.category }, registry);
}

/** Who pays what was summed, or from where it was read: by name, or, of many, how many. */
function ownersText(group: readonly [Entry, ...Entry[]], registry: LedgerSetting["registry"]): string {
  const names = new Set(group.map((entry) => ownerName(entry, registry)));
  const isCleared = sideOf(group[0]) === "cleared";
  const who =
    names.size > OWNERS_NAMED ? `${names.size} ${isCleared ? "sources" : "payers"}` : [...names].join(", ");
  return isCleared ? `Read from ${who}` : who;
}

const OWNERS_NAMED = 3;

function ownerName({ account, teamId, source }: Entry, registry: LedgerSetting["registry"]): string {
  switch (account) {
    case "team":
      return registry.teams.find(({ id }) => id === teamId)?.name ?? teamId;
    case "clearing":
      return SOURCES[source] ?? source;
    default:
      return POOLS[account];
  }
}

const POOLS = { idle: "Idle capacity", corporate: "Company cost", unallocated: "Unallocated cost" } as const;

const SOURCES: Readonly<Record<string, string>> = {
  kubecost: "Kubecost or OpenCost",
  s3: "S3",
  network: "the bill's network lines",
  "aws-bill": "the AWS bill",
  "rate-variance": "the AWS bill: Kubernetes, bill less list prices",
  limits: "caps and minimum charges",
};

function sideOf({ account }: Entry): LedgerLine["side"] {
  return account === "clearing" ? "cleared" : "charged";
}

function costCenterOf(entry: Entry, chart: ChartOfAccounts): string {
  return entry.account === "team" ? entry.costCenter : chart.costCenters[entry.account];
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
