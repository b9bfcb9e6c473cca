import { readAdvice } from "@apportion/books/advice/read-advice";
import type { CloseConfig, Gate } from "@apportion/books/ledger/gates";
import { chargedBy } from "@apportion/books/ledger/journal";
import { closedMonths, readBooksOf, type StoredJournal } from "@apportion/books/ledger/journals";
import { type MonthSummary, summarizeMonth } from "@apportion/books/months/summary";
import { isPending, quarantinedReadings } from "@apportion/books/readings/quarantined";
import { decimalOfCents } from "@apportion/domain/cents";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { checkClose } from "@apportion/ledger/close";
import { headline, savingText } from "@apportion/reports/advice/words";
import { listMails } from "@apportion/simulator/mailbox";
import type { System } from "../system.js";
import type { StoryMonths, StoryResult } from "./story.js";

/** What a demo came to: last month, and beside it the month before. */
export interface DemoResult extends MonthSummary {
  readonly monthBefore: MonthSummary;
  /** The month that is running, read up to yesterday. */
  readonly currentMonth: MonthSummary;
  /** What was posted of both months: their statements, and the corrections of them. */
  readonly journals: readonly PostedJournal[];
  /** What the close of the month before looked at, and what it found. */
  readonly gates: readonly Gate[];
  readonly mails: number;
  /** Readings that wait for a decision. */
  readonly quarantined: readonly WaitingReading[];
  readonly unreadable: readonly string[];
  /** What would save most, the largest first. */
  readonly recommendations: readonly AdvisedSaving[];
  /** The simulated day. */
  readonly today: Day;
  readonly seconds: number;
  readonly folders: { readonly data: string; readonly mail: string; readonly config: string };
}

export interface PostedJournal {
  readonly seq: string;
  readonly kind: "statement" | "correction" | "decision";
  /** In whose books it is posted. */
  readonly billingPeriod: BillingPeriod;
  readonly correctsPeriod: BillingPeriod | "";
  /** Decimal amount in the deployment's currency. */
  readonly charged: string;
  readonly teams: readonly { readonly team: string; readonly charged: string }[];
  readonly hash: string;
}

export interface WaitingReading {
  readonly id: string;
  readonly source: string;
  readonly scope: string;
  readonly day: string;
  /** Decimal amounts: what was read, and what counts as long as nobody decides. */
  readonly amount: string;
  readonly visibleAmount: string;
}

export interface AdvisedSaving {
  readonly id: string;
  readonly title: string;
  /** Of a month, in words: cash, and capacity that is freed. */
  readonly saving: string;
}

/** What stands in the summary; `recommendations list` has all of them. */
const RECOMMENDATIONS_SHOWN = 3;

type Told = Pick<DemoResult, "today" | "seconds" | "folders">;

export async function describe(
  { platform }: System,
  { before, last, current }: StoryMonths,
  story: StoryResult,
  closeConfig: CloseConfig,
  told: Told,
): Promise<DemoResult> {
  const clickhouse = await platform.clickhouse();
  const summarize = (month: BillingPeriod): Promise<MonthSummary> =>
    summarizeMonth(clickhouse, platform.registry, platform.currency, month);
  const isClosed = (await closedMonths(clickhouse)).some(({ period }) => period === before);
  const books = [...(await readBooksOf(clickhouse, before)), ...(await readBooksOf(clickhouse, last))];
  const advice = await readAdvice(clickhouse, {
    registry: platform.registry,
    today: told.today,
    minimumAMonth: platform.recommendedAMonth,
    showsProtected: false,
  });
  return {
    ...(await summarize(last)),
    monthBefore: await summarize(before),
    currentMonth: await summarize(current),
    journals: books.map(describeJournal),
    gates: isClosed ? await checkClose({ ...platform, clickhouse }, before, closeConfig) : story.gates,
    mails: listMails(told.folders.mail).length,
    quarantined: (await quarantinedReadings(clickhouse)).filter(isPending).map((reading) => ({
      id: reading.id,
      source: reading.source,
      scope: reading.scope,
      day: reading.period_start.slice(0, 10),
      amount: reading.amount,
      visibleAmount: reading.visible_amount,
    })),
    unreadable: story.unreadable,
    recommendations: advice.recommendations.slice(0, RECOMMENDATIONS_SHOWN).map((each) => ({
      id: each.id,
      title: headline(each),
      saving: savingText(each, platform.currency),
    })),
    ...told,
  };
}

function describeJournal(journal: StoredJournal): PostedJournal {
  const { seq, kind, billingPeriod, correctsPeriod, hash, entries } = journal;
  const teams = new Map<string, bigint>();
  for (const { account, teamId, cents } of entries)
    if (account === "team") teams.set(teamId, (teams.get(teamId) ?? 0n) + cents);
  return {
    seq: String(seq),
    kind,
    billingPeriod,
    correctsPeriod,
    charged: decimalOfCents(chargedBy(journal)),
    teams: Array.from(teams, ([team, cents]) => ({ team, charged: decimalOfCents(cents) })),
    hash,
  };
}
