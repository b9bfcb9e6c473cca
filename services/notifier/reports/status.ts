import { addDays, daysOf, firstDayOf, nextBillingPeriod, type Day } from "@apportion/domain/period";
import { isComplete, type MonthCosts } from "../costs/month.js";
import { countText, dayText } from "../mail/format.js";

/** Whether the figures of a month can still change, and why. The word is also the edition of the report. */
export type MonthStatus =
  | { readonly kind: "final" }
  | {
      readonly kind: "provisional";
      /** Sentences for people. */
      readonly reasons: readonly string[];
    };

/**
 * A month is final once its settle day is over and every day has a run that misses nothing. Before, sources restate it: a bill
 * takes days to settle after the month's end.
 * @param settleDay day of the following month
 */
export function statusOf(month: MonthCosts, today: Day, settleDay: number): MonthStatus {
  const settles = addDays(firstDayOf(nextBillingPeriod(month.period)), settleDay - 1);
  const withRun = new Set(month.days.map((run) => run.day));
  const noData = daysOf(month.period).filter((day) => !withRun.has(day));
  const waiting = month.days.filter((run) => !isComplete(run));
  const missing = [...new Set(waiting.flatMap((run) => run.missing))].toSorted();
  const reasons = [
    ...(today <= settles ? [`Sources may restate costs until ${dayText(settles)}.`] : []),
    ...(noData.length > 0
      ? [`${countText(noData.length, "day")} of the month ${have(noData)} no data yet.`]
      : []),
    ...(waiting.length > 0
      ? [
          `${countText(waiting.length, "day")} ${wait(waiting)} for readings: ${missing.slice(0, MISSING_NAMED).join(", ")}${missing.length > MISSING_NAMED ? ", …" : ""}.`,
        ]
      : []),
  ];
  return reasons.length === 0 ? { kind: "final" } : { kind: "provisional", reasons };
}

/** Readings that are named before the sentence gets too long. */
const MISSING_NAMED = 5;

function have(days: readonly unknown[]): string {
  return days.length === 1 ? "has" : "have";
}

function wait(days: readonly unknown[]): string {
  return days.length === 1 ? "waits" : "wait";
}
