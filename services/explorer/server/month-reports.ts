import type { MonthReader } from "@apportion/books/months/read-month";
import { type BillingPeriod, dayOf } from "@apportion/domain/period";
import { monthComposer } from "@apportion/month-reports/compose-month";
import { monthAdviceReader } from "@apportion/month-reports/month-advice";
import { ownNamesOf } from "@apportion/month-reports/own-names";
import { movementsReader } from "@apportion/month-reports/what-changed";
import type { MonthReports } from "@apportion/reports/monthly/compose";
import type { ExplorerDeps } from "./deps.js";
import type { Remembered } from "./remember.js";

/** Months whose reports are remembered: those that people look at. */
const REMEMBERED_MAX = 4;

type Read = (period: BillingPeriod) => Promise<MonthReports | undefined>;

/** The reports of a month, composed once for all pages, until something new is in the books or another day begins. */
export interface ReportsOf {
  /** Without what is made of workloads: what moved, what it costs by workload, what would save. It is there in a moment, however many run. */
  readonly figures: Read;
  /** As they are mailed. */
  readonly whole: Read;
}

export function monthReports(deps: ExplorerDeps, remembered: Remembered, monthOf: MonthReader): ReportsOf {
  const of = { ...deps, settings: deps.reportSettings, monthOf };
  const ownNames = ownNamesOf(deps.registry, deps.namesShownTo);
  const remembering = (compose: Read): Read =>
    remembered.ofMonth(compose, REMEMBERED_MAX, () => dayOf(deps.clock()));
  return {
    figures: remembering(monthComposer(of)),
    whole: remembering(
      monthComposer({
        ...of,
        movements: movementsReader(deps.clickhouse, deps.registry, deps.logger, ownNames),
        adviceOf: monthAdviceReader({ ...deps, ownNames }),
        ownNames,
      }),
    ),
  };
}
