import type { Category } from "@apportion/domain/category";
import { sha256 } from "@apportion/domain/hash";
import { addDays, type BillingPeriod, type Day, daysBetween, firstDayOf } from "@apportion/domain/period";
import { picosOf } from "../forecast/daily-series.js";
import { feesOf } from "../forecast/fees.js";
import { SEASON_DAYS } from "../forecast/methods.js";
import type { FilledDays } from "../forecast/rolling-origin.js";
import { type Expectation, surprisesIn } from "./surprises.js";

/** What a day has to be off by to be said: both hold. */
export interface AnomalyFloors {
  /** Decimal amount in the deployment's currency. */
  readonly atLeast: string;
  /** Of what was expected of the day. */
  readonly atLeastPercent: number;
}

/** What a team cost in a category, by settled day. */
export interface TeamCosts {
  readonly team: string;
  readonly category: Category;
  /** Names what may be a fee of the calendar, else empty: see `DailyCost.line`. */
  readonly line: string;
  /** In units of the currency; days without cost may be absent. */
  readonly days: readonly (readonly [day: Day, amount: number])[];
}

/** By how much what runs in a place costs otherwise than on the settled day before, each workload for itself. */
export interface PlaceChurn {
  readonly category: Category;
  /** Teams that own something there. */
  readonly teams: readonly string[];
  /** In units of the currency, both at least zero. */
  readonly days: readonly (readonly [day: Day, more: number, less: number])[];
}

/** above, below: the day is outside its interval. within: it is not, because what came made up for what went. */
export type Direction = "above" | "below" | "within";

/** A day of a team and category that is to be said, as far as series tell. Amounts in picos. */
export interface Found {
  readonly id: string;
  readonly team: string;
  readonly category: Category;
  readonly day: Day;
  readonly direction: Direction;
  /** What was expected of the day, fees of the calendar among it, and the ends of the interval. */
  readonly expected: bigint;
  readonly low: bigint;
  readonly high: bigint;
  /** The last that was as expected and from which it differs by the floor: of the same weekday, where the last four weeks have one. */
  readonly against: Day;
}

export interface SeriesInput {
  readonly period: BillingPeriod;
  /** Of the month and those before it, in order. */
  readonly settled: readonly Day[];
  readonly costs: readonly TeamCosts[];
  readonly churn: readonly PlaceChurn[];
  readonly floors: AnomalyFloors;
}

/** The least that a floor may be: sums of floating point are off by less. */
const CENT = 0.01;
/** How long ago a day may be with which one is compared. */
const COMPARED_DAYS_MAX = 4 * SEASON_DAYS;

/**
 * The surprises of a month, in the order of their days. A day is judged by settled days before it alone, from the first that are given on, so
 * it does not matter when one asks, nor in which order days came.
 */
export function findAnomalies(input: SeriesInput): Found[] {
  const [first, last] = [input.settled[0], input.settled.at(-1)];
  if (!first || !last) return [];
  const days = daysBetween(first, addDays(last, 1));
  const teams = [...new Set(input.costs.map(({ team }) => team))].toSorted();
  return teams
    .flatMap((team) =>
      anomaliesOfTeam(
        team,
        input.costs.filter((each) => each.team === team),
        days,
        input,
      ),
    )
    .toSorted((a, b) => (a.day === b.day ? 0 : a.day < b.day ? -1 : 1));
}

/** Stable: of what it is about, whoever looks and whenever. */
function anomalyId(team: string, category: Category, day: Day): string {
  return sha256(JSON.stringify(["anomaly", team, category, day])).slice(0, 12);
}

/** A team begins on the day of its first cost; a category that begins later was zero until then. */
function anomaliesOfTeam(
  team: string,
  costs: readonly TeamCosts[],
  all: readonly Day[],
  input: SeriesInput,
): Found[] {
  const settled = new Set(input.settled);
  const began = new Set(costs.flatMap((each) => each.days.flatMap(([day, of]) => (of === 0 ? [] : [day]))));
  const start = all.findIndex((day) => began.has(day) && settled.has(day));
  if (start < 0) return [];
  const days = all.slice(start);
  const known = days.map((day) => settled.has(day));
  const categories = [...new Set(costs.map(({ category }) => category))].toSorted();
  return categories.flatMap((category) => {
    const own = costs.filter((each) => each.category === category);
    const churn = input.churn.filter((each) => each.category === category && each.teams.includes(team));
    return anomaliesOfSeries(team, category, seriesOf(own, days, input), { days, known, churn }, input);
  });
}

interface Series {
  /** Without fees of the calendar, but for what one came to beside what it was expected to. */
  readonly values: readonly number[];
  /** What was taken out: in the month what a fee was expected to come to, before it what it came to. */
  readonly fees: ReadonlyMap<Day, bigint>;
}

/** Fees are known by the months before alone: what comes later in the month does not change what a day is. */
function seriesOf(costs: readonly TeamCosts[], days: readonly Day[], { period }: SeriesInput): Series {
  const since = firstDayOf(period);
  const named = costs.flatMap(({ line, days: ofLine }) =>
    ofLine.flatMap(([day, amount]) => (day < since ? [{ line, day, picos: picosOf(amount) }] : [])),
  );
  const due = new Map(feesOf(named, period).map((fee) => [fee.line, fee]));
  const totals = new Map<Day, number>();
  const fees = new Map<Day, bigint>();
  for (const { line, days: ofLine } of costs) {
    const fee = due.get(line);
    const charged = ofLine.flatMap(([day, amount]) => (amount === 0 ? [] : [day])).toSorted();
    // The first from its day on: one that is late is still the fee, a second one is not.
    const on = fee && charged.find((day) => day >= fee.day);
    for (const [day, amount] of ofLine) {
      const isFee = fee !== undefined && amount !== 0 && (day < since || day === on);
      const known = !isFee ? 0 : day < since ? amount : Number(fee.picos) / 1e12;
      totals.set(day, (totals.get(day) ?? 0) + amount - known);
      if (isFee) fees.set(day, (fees.get(day) ?? 0n) + picosOf(known));
    }
  }
  return { values: days.map((day) => totals.get(day) ?? 0), fees };
}

function anomaliesOfSeries(
  team: string,
  category: Category,
  { values, fees }: Series,
  { days, known, churn }: { days: readonly Day[]; known: readonly boolean[]; churn: readonly PlaceChurn[] },
  { period, floors }: SeriesInput,
): Found[] {
  const floorOf = (expected: number): number =>
    Math.max(Number(floors.atLeast), (floors.atLeastPercent / 100) * Math.abs(expected), CENT);
  const totals = surprisesIn({ values, known }, { floor: (_, expected) => floorOf(expected) });
  const swapped = swappedIn(churn, days, known, (at) => floorOf(totals[at]?.expected ?? 0));
  return days.flatMap((day, at): Found[] => {
    const total = totals[at];
    if (!total || total.width === undefined || !day.startsWith(period)) return [];
    if (!total.isSaid && !swapped.has(day)) return [];
    const isMore = (values[at] ?? 0) > total.expected;
    const direction = !total.isSaid ? "within" : isMore ? "above" : "below";
    // A day with a fee costs as much as one on which that came a second time.
    const comparable = days.map((each, index) => known[index] === true && !fees.has(each));
    const against = comparedWith(
      at,
      { values, known: comparable, totals },
      direction,
      floorOf(total.expected),
    );
    if (against === undefined) return [];
    const expected = picosOf(total.expected) + (fees.get(day) ?? 0n);
    const width = picosOf(total.width);
    const interval = { expected, low: expected - width, high: expected + width };
    const like = days[against] ?? day;
    return [
      { id: anomalyId(team, category, day), team, category, day, direction, ...interval, against: like },
    ];
  });
}

/**
 * Days on which workloads that cost more and others that cost less made up for each other by more than is usual: the lesser of the two is what a sum
 * does not show. Where jobs have another name each day that is much, every day, and no surprise.
 */
function swappedIn(
  churn: readonly PlaceChurn[],
  days: readonly Day[],
  known: readonly boolean[],
  floor: (at: number) => number,
): ReadonlySet<Day> {
  const sums = new Map<Day, { more: number; less: number }>();
  for (const each of churn)
    for (const [day, more, less] of each.days) {
      const sum = sums.get(day) ?? { more: 0, less: 0 };
      sums.set(day, { more: sum.more + more, less: sum.less + less });
    }
  if (sums.size === 0) return new Set();
  // By how much a day is otherwise than one that is not settled, nobody can say yet.
  const isKnown = days.map((_, at) => known[at] === true && known[at - 1] === true);
  const values = days.map((day, at) => {
    const { more, less } = sums.get(day) ?? { more: 0, less: 0 };
    return isKnown[at] === true ? Math.min(more, less) : 0;
  });
  const judged = surprisesIn({ values, known: isKnown }, { floor, onlyUp: true });
  return new Set(days.filter((_, at) => judged[at]?.isSaid));
}

/**
 * A day from which the day does not differ as it is said to says nothing of it: right after a level of a week, the last that was as expected is of before it. Where all are
 * so nothing happened that could be told.
 */
function comparedWith(
  at: number,
  { values, known, totals }: FilledDays & { readonly totals: readonly Expectation[] },
  direction: Direction,
  floor: number,
): number | undefined {
  const differsFrom = (index: number): boolean => {
    const more = (values[at] ?? 0) - (values[index] ?? 0);
    return direction === "within" || (direction === "above" ? more : -more) >= floor - CENT / 2;
  };
  const before = totals.flatMap(({ isOutlying }, index) => {
    const isUsual = index < at && known[index] === true && !isOutlying;
    return isUsual && at - index <= COMPARED_DAYS_MAX && differsFrom(index) ? [index] : [];
  });
  const sameWeekday = before.filter((index) => (at - index) % SEASON_DAYS === 0);
  return sameWeekday.at(-1) ?? before.at(-1);
}
