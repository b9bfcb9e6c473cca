import { budgetLines } from "@apportion/books/budgets/lines";
import { countedReader } from "@apportion/books/budgets/read-counted";
import { budgetLinesOfClose } from "@apportion/books/budgets/recorded-lines";
import { type BudgetStanding, readBudgetStandings } from "@apportion/books/budgets/standing";
import { NO_HISTORY } from "@apportion/books/forecast/history";
import { readHistory } from "@apportion/books/forecast/read-history";
import { readWaiting } from "@apportion/books/ledger/gates";
import { readBill, readClustersOnNoBill } from "@apportion/books/months/read-bill";
import { readCharged } from "@apportion/books/months/read-charged-months";
import { type LaterCorrection, readCorrections } from "@apportion/books/months/read-corrections";
import { type MonthReader, readMonth, readUnits } from "@apportion/books/months/read-month";
import { readPosted } from "@apportion/books/months/read-posted";
import { readUnitCosts } from "@apportion/books/months/read-unit-costs";
import { EVERYBODY } from "@apportion/books/viewer";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { type BillingPeriod, dayOf, previousBillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { chargingBasisOf } from "@apportion/reports/monthly/charging-basis";
import { composeReports, type MonthReports } from "@apportion/reports/monthly/compose";
import type { ReportSettings } from "@apportion/registry/report-settings";
import type { ReportAdvice } from "@apportion/reports/monthly/team-advice";
import { trendPeriods } from "@apportion/reports/monthly/trend";
import type { Clock } from "@apportion/runtime/service";
import type { MovementsReader } from "./what-changed.js";

interface ComposeDeps {
  readonly clickhouse: ClickHouse;
  readonly registry: Registry;
  readonly currency: string;
  /** How dollars of the bill are counted, in words. */
  readonly billBasis: string;
  readonly clock: Clock;
  readonly settings: ReportSettings;
  readonly monthOf?: MonthReader;
  /** With these two reports say what moved, what workloads cost and what would save. They read every workload; the figures do not wait for them. */
  readonly movements?: MovementsReader;
  readonly adviceOf?: (period: BillingPeriod) => Promise<ReportAdvice | undefined>;
  /** Ids of the teams whose own reports name their workloads; movements and advice are read for the same. */
  readonly ownNames?: ReadonlySet<string>;
}

/** Reads what the reports of a month are made of, for all teams at once. Undefined where nothing of the month is allocated. */
export function monthComposer(
  deps: ComposeDeps,
): (period: BillingPeriod, correctedLater?: readonly LaterCorrection[]) => Promise<MonthReports | undefined> {
  const { clickhouse, registry, currency, clock, settings, movements, adviceOf, ownNames } = deps;
  const monthOf = deps.monthOf ?? ((period) => readMonth(clickhouse, period));
  const otherBudgetsOf = otherBudgetsReader(clickhouse, registry);
  return async (period, correctedLater = []) => {
    // Before its lines: a month that is closed in between is still reported as open.
    const posted = await readPosted(clickhouse, period);
    const month = await monthOf(period);
    if (month.days.length === 0) return undefined;
    const before = previousBillingPeriod(period);
    const previous = await monthOf(before);
    const advice = await adviceOf?.(period);
    const moved = await movements?.ofMonth(previous, month);
    // Two at a time: what a unit costs takes the engine longest, and there are others who ask it.
    const [unitCosts, { unbilled, ...others }] = await Promise.all([
      readUnitCosts(clickhouse, [before, period]),
      readOthers(deps, otherBudgetsOf, period, posted !== undefined),
    ]);
    return composeReports({
      month,
      posted,
      previous,
      ...moved,
      ...others,
      correctedLater,
      unitCosts,
      ...(advice && { advice }),
      ...(ownNames && { ownNames }),
      registry,
      currency,
      unbilled,
      today: dayOf(clock()),
      settleDay: settings.settleDay,
      thresholdsPercent: settings.thresholdsPercent,
      chargingBasis: settings.chargingBasis ?? chargingBasisOf(month, deps.billBasis, unbilled),
      questionsTo: settings.questionsTo,
    });
  };
}

/** What later months spend, and what is configured once a month is closed, changes nothing of its reports. */
function otherBudgetsReader(clickhouse: ClickHouse, registry: Registry): OtherBudgets {
  const lines = budgetLines(registry);
  const read = countedReader(clickhouse, lines, registry); // kept: of a year's months few change
  return async (period, isPosted) => {
    if (!isPosted) return readBudgetStandings(read, registry, lines, period);
    const ofClose = await budgetLinesOfClose(clickhouse, period);
    const readOfClose = countedReader(clickhouse, ofClose.lines, registry);
    return readBudgetStandings(readOfClose, ofClose, ofClose.lines, period);
  };
}

type OtherBudgets = (period: BillingPeriod, isPosted: boolean) => Promise<BudgetStanding[]>;

async function readOthers(
  { clickhouse, registry, clock }: Pick<ComposeDeps, "clickhouse" | "registry" | "clock">,
  otherBudgetsOf: OtherBudgets,
  period: BillingPeriod,
  isPosted: boolean,
) {
  return {
    otherBudgets: await otherBudgetsOf(period, isPosted),
    unbilled: await readClustersOnNoBill(clickhouse, period),
    history: isPosted ? NO_HISTORY : await readHistory(clickhouse, EVERYBODY, period, registry),
    corrections: await readCorrections(clickhouse, period),
    charged: await readCharged(clickhouse, trendPeriods(period)),
    // Of a closed month each attempt at a mail says the same.
    ...(!isPosted && { waiting: await readWaiting(clickhouse, period, clock()) }),
    bill: await readBill(clickhouse, period),
    units: await readUnits(clickhouse, period),
  };
}
