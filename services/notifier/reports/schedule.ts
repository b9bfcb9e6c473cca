import { billingPeriodOf, dayOf, firstDayOf } from "@apportion/domain/period";
import type { Health } from "@apportion/runtime/health";
import type { Logger } from "@apportion/runtime/logger";
import { startSchedule, type Schedule } from "@apportion/runtime/schedule";
import type { Clock } from "@apportion/runtime/service";

interface ReportScheduleDeps {
  /** Sends what is due by now; what was sent already is on record. */
  readonly report: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
}

/**
 * Sends the reports that are due when the cron expression (UTC) says so. Last month's reports are due from the first such time of this
 * month on: a notifier that is started after it sends what has not been sent, at once.
 */
export function startReportSchedule(
  { report, clock, logger, health }: ReportScheduleDeps,
  cron: string,
): Schedule {
  const monthStart = Date.parse(firstDayOf(billingPeriodOf(dayOf(clock()))));
  const run = async (): Promise<string[]> => {
    await report();
    return [];
  };
  const since = new Date(monthStart - 1); // a scheduled time at the very start of the month counts
  const schedule = startSchedule({ name: "monthly reports", cron, run }, { clock, logger }, { since });
  health.add(async () => {
    const { name, failure, nextAt } = schedule.state();
    const next = `next at ${nextAt.toISOString()}`;
    return [{ what: name, ok: !failure, detail: failure ? `failed: ${failure.message}; ${next}` : next }];
  });
  return schedule;
}
