import { isStillSaid } from "@apportion/books/advice/life";
import { readAdvice } from "@apportion/books/advice/read-advice";
import { readLives } from "@apportion/books/advice/read-life";
import { compareMonths } from "@apportion/books/compare/compare";
import { teamForecasts } from "@apportion/books/forecast/history";
import { readHistory } from "@apportion/books/forecast/read-history";
import type { CloseConfig, Gate } from "@apportion/books/ledger/gates";
import { chargedBy } from "@apportion/books/ledger/journal";
import { closedMonths, readBooksOf, type StoredJournal } from "@apportion/books/ledger/journals";
import { sumOf } from "@apportion/books/months/month";
import { readMonth } from "@apportion/books/months/read-month";
import { type MonthSummary, summarizeMonth } from "@apportion/books/months/summary";
import { isPending, quarantinedReadings } from "@apportion/books/readings/quarantined";
import { EVERYBODY, WITHOUT_NAMES } from "@apportion/books/viewer";
import { decimalOfCents } from "@apportion/domain/cents";
import type { JournalKind } from "@apportion/domain/journal-kind";
import { compareSizes, parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { budgetFor } from "@apportion/domain/budget";
import { checkClose } from "@apportion/ledger/close";
import type { Platform } from "@apportion/platform/platform";
import { headline, lifeText, savingText } from "@apportion/reports/advice/words";
import { changeRows, largestChanges } from "@apportion/reports/compare/largest-changes";
import { passingText, rangeText } from "@apportion/reports/forecast-words";
import { amountText, changeText } from "@apportion/reports/format";
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
  /** What moved most between the two months, in words. */
  readonly changed: readonly Change[];
  /** Teams that are expected to pass their budgets of the running month, in words. */
  readonly expected: readonly string[];
  /** What would save most, the largest first. */
  readonly recommendations: readonly AdvisedSaving[];
  /** The simulated day. */
  readonly today: Day;
  readonly seconds: number;
  readonly folders: { readonly data: string; readonly mail: string; readonly config: string };
}

export interface PostedJournal {
  readonly seq: string;
  readonly kind: JournalKind;
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

export interface Change {
  readonly what: string;
  readonly change: string;
}

export interface AdvisedSaving {
  readonly id: string;
  readonly title: string;
  /** Of a month, in words: cash, and capacity that is freed. */
  readonly saving: string;
}

/** What stands in the summary; `recommendations list` and `forecast` have all of them. */
const RECOMMENDATIONS_SHOWN = 3;
const EXPECTED_SHOWN = 3;

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
  const asked = {
    registry: platform.registry,
    today: told.today,
    minimumAMonth: platform.recommendedAMonth,
    viewer: WITHOUT_NAMES,
  };
  const advice = await readAdvice(clickhouse, asked);
  // As `recommendations list` has them: what was dismissed is not said.
  const lives = await readLives(clickhouse, asked, advice);
  const advised = advice.recommendations.flatMap((found) => {
    const life = lives.find(({ id }) => id === found.id);
    return life && isStillSaid(life.life) ? [{ found, life }] : [];
  });
  return {
    ...(await summarize(last)),
    monthBefore: await summarize(before),
    currentMonth: await summarize(current),
    journals: books.map(describeJournal),
    gates: isClosed
      ? (await checkClose({ ...platform, clickhouse }, before, closeConfig)).gates
      : story.gates,
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
    changed: await changesBetween(platform, before, last),
    expected: await expectedOf(platform, current),
    recommendations: advised.slice(0, RECOMMENDATIONS_SHOWN).map(({ found, life }) => ({
      id: found.id,
      title: headline(found),
      saving: `${savingText(found, platform.currency)}${life.decided ? `, ${lifeText(life, platform.currency)}` : ""}`,
    })),
    ...told,
  };
}

async function changesBetween(
  { clickhouse, registry, currency }: Platform,
  before: BillingPeriod,
  after: BillingPeriod,
): Promise<Change[]> {
  const comparison = await compareMonths(await clickhouse(), { before, after }, registry, {
    viewer: EVERYBODY,
  });
  const teams = comparison.payers.filter(({ ownerKind }) => ownerKind === "team");
  const movements = teams
    .flatMap((team) => team.movements)
    .toSorted((a, b) => compareSizes(a.picos, b.picos));
  return changeRows(largestChanges(movements), registry).map(({ what, cents }) => ({
    what,
    change: changeText(cents, currency),
  }));
}

async function expectedOf(
  { clickhouse, registry, currency }: Platform,
  period: BillingPeriod,
): Promise<string[]> {
  const client = await clickhouse();
  const history = await readHistory(client, EVERYBODY, period, registry);
  const forecasts = teamForecasts(await readMonth(client, period), registry.teams, { registry, history });
  return forecasts
    .flatMap(({ team, counted, forecast }) => {
      const budget = parsePicos(budgetFor(team, period)?.amount ?? "0");
      if (forecast?.kind !== "forecast" || budget === 0n || sumOf(counted) >= budget) return [];
      if (forecast.picos < budget) return [];
      const text = `${team.name}: ${rangeText(forecast, currency)} of ${amountText(budget, currency)}; ${passingText(forecast, budget)}`;
      return [text];
    })
    .slice(0, EXPECTED_SHOWN);
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
