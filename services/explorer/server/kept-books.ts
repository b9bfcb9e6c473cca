import type { MonthIfRead } from "@apportion/books/costs/lines-at-hand";
import { readStanding, type StandingReader } from "@apportion/books/costs/read-costs";
import { type MonthReader, readMonth } from "@apportion/books/months/read-month";
import { readStatements, type StatementsReader } from "@apportion/books/months/read-statements";
import type { BillingPeriod } from "@apportion/domain/period";
import type { ExplorerDeps } from "./deps.js";
import { monthReports, type ReportsOf } from "./month-reports.js";
import { rememberAnswers, type Remembered } from "./remember.js";

/** Months whose lines are kept: one that people look at, and the one that it is compared with. */
const LINES_MONTHS_MAX = 2;
/** Months whose statements are kept: a year, as charts ask for it. */
const STATEMENTS_MONTHS_MAX = 12;

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
  return {
    remembered,
    standingOf,
    statementsOf,
    monthOf,
    monthIfRead: monthOf.ifRead,
    reportsOf: monthReports(deps, remembered, monthOf),
  };
}
