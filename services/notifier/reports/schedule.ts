import { billingPeriodOf, DAY_MS, dayOf, firstDayOf } from "@apportion/domain/period";
import type { Health } from "@apportion/runtime/health";
import type { Logger } from "@apportion/runtime/logger";
import { startSchedule, type Schedule } from "@apportion/runtime/schedule";
import type { Clock } from "@apportion/runtime/service";
import { localTime, offsetMs } from "@apportion/runtime/time-zone";
import type { QuietHours } from "../quiet-hours.js";

interface MailScheduleDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  /** Of the cron expressions. */
  readonly timeZone: string;
}

interface MailJob {
  /** `monthly reports` */
  readonly name: string;
  readonly cron: string;
  /** Sends what is due by now; what was sent already is on record. */
  readonly send: () => Promise<void>;
  /** From when on scheduled times count that passed before the notifier started. */
  readonly since: Date;
}

/** Sends what is due when the cron expression says so; what was due before the start, and was not sent, at once. */
export function startMailSchedule({ name, cron, send, since }: MailJob, deps: MailScheduleDeps): Schedule {
  const { timeZone, health, ...others } = deps;
  const run = async (): Promise<string[]> => {
    await send();
    return [];
  };
  const schedule = startSchedule({ name, cron, timeZone, run }, others, { since });
  health.add(async () => {
    const { failure, nextAt } = schedule.state();
    const next = `next at ${nextAt.toISOString()}`;
    return [{ what: name, ok: !failure, detail: failure ? `failed: ${failure.message}; ${next}` : next }];
  });
  return schedule;
}

/** The month begins for bills with its first day in UTC. A scheduled time at the very start counts. */
export function sinceMonthBegan(clock: Clock): Date {
  return new Date(Date.parse(firstDayOf(billingPeriodOf(dayOf(clock())))) - 1);
}

/** The day begins with the midnight of the zone's clocks. */
export function sinceDayBegan(clock: Clock, timeZone: string): Date {
  const local = localTime(timeZone, clock()).getTime();
  const midnight = local - (local % DAY_MS);
  return new Date(midnight - offsetMs(timeZone, midnight) - 1);
}

/** When the quiet hours began that end, or ended, today. */
export function sinceQuietHours({ from, to, timeZone }: QuietHours, clock: Clock): Date {
  const beganMs = Date.parse(`1970-01-01T${from}Z`) - (from < to ? 0 : DAY_MS);
  return new Date(sinceDayBegan(clock, timeZone).getTime() + beganMs);
}
