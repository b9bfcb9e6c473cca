import { readAdvice } from "@apportion/books/advice/read-advice";
import { readLives } from "@apportion/books/advice/read-life";
import { WITHOUT_NAMES } from "@apportion/books/viewer";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { isRefusal } from "@apportion/clickhouse/errors";
import { type BillingPeriod, dayOf, firstDayOf, nextBillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { ReportAdvice } from "@apportion/reports/monthly/team-advice";
import type { Logger } from "@apportion/runtime/logger";
import type { Clock } from "@apportion/runtime/service";

interface MonthAdviceDeps {
  readonly clickhouse: ClickHouse;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Decimal amount of a month: less is not recommended. */
  readonly recommendedAMonth: string;
  /** Ids of the teams whose own reports name their workloads. */
  readonly ownNames?: ReadonlySet<string>;
}

/**
 * What would save most, as it is by the end of a month or now, so that each attempt at an edition says the same; names of protected
 * teams are hidden, but for those that a team is told of itself. A mail without it is better than none: where ClickHouse refuses to compute it, it is undefined.
 */
export function monthAdviceReader(
  deps: MonthAdviceDeps,
): (period: BillingPeriod) => Promise<ReportAdvice | undefined> {
  return async (period) => {
    try {
      return await readMonthAdvice(deps, period);
    } catch (error) {
      if (!isRefusal(error)) throw error; // ClickHouse is away, and nothing else can be read either
      deps.logger.warn({ err: error, period }, "mails do not say what would save most");
      return undefined;
    }
  };
}

async function readMonthAdvice(
  { clickhouse, registry, clock, recommendedAMonth, ownNames: namesOf = new Set() }: MonthAdviceDeps,
  period: BillingPeriod,
): Promise<ReportAdvice> {
  const [now, end] = [dayOf(clock()), firstDayOf(nextBillingPeriod(period))];
  const today = now < end ? now : end;
  const setting = { registry, today, minimumAMonth: recommendedAMonth, viewer: WITHOUT_NAMES };
  const advice = await readAdvice(clickhouse, setting);
  const lives = await readLives(clickhouse, setting, advice, now < end ? undefined : end);
  if (namesOf.size === 0) return { recommendations: advice.recommendations, lives };
  const { recommendations: own } = await readAdvice(clickhouse, {
    ...setting,
    viewer: { ...WITHOUT_NAMES, namesOf: [...namesOf] },
  });
  return { recommendations: advice.recommendations, lives, own };
}
