import type { MonthIfRead } from "@apportion/books/costs/lines-at-hand";
import { readCosts, readStanding, type StandingReader } from "@apportion/books/costs/read-costs";
import { type MonthToExplain, readMonthToExplain } from "@apportion/books/explain/month-to-explain";
import { type MonthReader, readMonth } from "@apportion/books/months/read-month";
import { readStatements, type StatementsReader } from "@apportion/books/months/read-statements";
import { EVERYBODY } from "@apportion/books/viewer";
import {
  type BillingPeriod,
  firstDayOf,
  nextBillingPeriod,
  previousBillingPeriod,
} from "@apportion/domain/period";
import type { ExplorerDeps } from "./deps.js";
import { type ComparisonOf, comparisons, isTold } from "./comparisons.js";
import { monthReports, type ReportsOf } from "./month-reports.js";
import { rememberAnswers, type Remembered } from "./remember.js";

/** Months whose lines are kept: one that people look at, and the one that it is compared with. */
const LINES_MONTHS_MAX = 2;
/** Months whose statements are kept: a year, as charts ask for it. */
const STATEMENTS_MONTHS_MAX = 12;

/** Months that several people ask about at once: the running one, and the one before. */
const EXPLAINED_MONTHS_MAX = 2;

/** Sets of months of which it is kept what questions begin with. */
const STANDINGS_MAX = 12;

/** What all questions are answered with, read once for everybody as long as nothing new is in the books. */
export interface KeptBooks {
  readonly remembered: Remembered;
  readonly standingOf: StandingReader;
  readonly statementsOf: StatementsReader;
  readonly monthOf: MonthReader;
  readonly monthIfRead: MonthIfRead;
  readonly reportsOf: ReportsOf;
  readonly comparisonOf: ComparisonOf;
  readonly monthToExplain: (period: BillingPeriod) => Promise<MonthToExplain>;
  /** Reads what pages and questions about a month begin with. */
  readonly begin: (period: BillingPeriod) => Promise<void>;
}

export function keepBooks(deps: ExplorerDeps): KeptBooks {
  const remembered = rememberAnswers(deps.clickhouse);
  const standingOf = remembered.ofMonth(
    (_last, months: readonly BillingPeriod[]) => readStanding(deps.clickhouse, months),
    STANDINGS_MAX,
    (months) => months,
  );
  const statementsOf = remembered.ofMonth(
    (period, runIds: readonly string[]) =>
      readStatements(deps.clickhouse, period, deps.registry.teams, runIds),
    STATEMENTS_MONTHS_MAX,
    (runIds) => runIds,
  );
  const monthOf = remembered.ofMonth((period) => readMonth(deps.clickhouse, period), LINES_MONTHS_MAX);
  const reportsOf = monthReports(deps, remembered, monthOf);
  const comparisonOf = comparisons(deps, remembered, monthOf);
  const monthToExplain = remembered.ofMonth(
    (period) => readMonthToExplain(deps.clickhouse, period),
    EXPLAINED_MONTHS_MAX,
  );
  const monthIfRead = monthOf.ifRead;
  /** What one payer's costs are begins with the runs that count, all statements, and all lines in the order of payers. */
  const askCosts = (period: BillingPeriod): Promise<unknown> => {
    const month = { from: firstDayOf(period), to: firstDayOf(nextBillingPeriod(period)) };
    const question = { ...month, step: "day", groupBy: ["category"], filters: { team: ["idle"] } } as const;
    const readers = { standingOf, statementsOf, monthIfRead };
    return readCosts(deps.clickhouse, deps.registry, EVERYBODY, question, readers);
  };
  const compareWithBefore = async (period: BillingPeriod): Promise<void> => {
    try {
      await comparisonOf({ before: previousBillingPeriod(period), after: period }, { viewer: EVERYBODY });
    } catch (error) {
      if (!isTold(error)) throw error;
    }
  };
  return {
    remembered,
    standingOf,
    statementsOf,
    monthOf,
    monthIfRead,
    reportsOf,
    comparisonOf,
    monthToExplain,
    async begin(period) {
      await reportsOf.figures(period);
      await askCosts(period);
      await monthToExplain(period);
      await compareWithBefore(period);
    },
  };
}
