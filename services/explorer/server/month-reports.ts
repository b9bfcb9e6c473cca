import { booksVersion } from "@apportion/books/version";
import { type BillingPeriod, dayOf } from "@apportion/domain/period";
import { monthComposer } from "@apportion/month-reports/compose-month";
import { monthAdviceReader } from "@apportion/month-reports/month-advice";
import { movementsReader } from "@apportion/month-reports/what-changed";
import type { MonthReports } from "@apportion/reports/monthly/compose";
import type { ExplorerDeps } from "./deps.js";

/** Months whose reports are remembered: those that people look at. */
const REMEMBERED_MAX = 4;

/** The reports of a month, as they are mailed; composed once for all pages, until something new is in the books or another day begins. */
export function monthReports(
  deps: ExplorerDeps,
): (period: BillingPeriod) => Promise<MonthReports | undefined> {
  const compose = monthComposer({
    ...deps,
    settings: deps.reportSettings,
    movements: movementsReader(deps.clickhouse, deps.registry, deps.logger),
    adviceOf: monthAdviceReader(deps),
  });
  const remembered = new Map<string, Promise<MonthReports | undefined>>();
  return async (period) => {
    const key = JSON.stringify([await booksVersion(deps.clickhouse, period), dayOf(deps.clock()), period]);
    const known = remembered.get(key);
    if (known) return known;
    const composed = compose(period);
    remembered.set(key, composed);
    composed.catch(() => remembered.delete(key));
    for (const oldest of [...remembered.keys()].slice(0, -REMEMBERED_MAX)) remembered.delete(oldest);
    return composed;
  };
}
