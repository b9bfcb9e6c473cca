import { isComplete, type MonthCosts } from "@apportion/books/months/month";
import type { PostedMonth } from "@apportion/books/months/read-posted";
import { sha256 } from "@apportion/domain/hash";
import { addDays, type Day, daysOf, firstDayOf, nextBillingPeriod } from "@apportion/domain/period";
import { countText, dayText } from "../format.js";

/** Whether the figures of a month can still change, and why. */
export type MonthStatus =
  | { readonly kind: "final"; readonly posted: PostedMonth }
  | {
      readonly kind: "provisional";
      /** Last day on which sources restate the month: so long somebody can object. Undefined once it is past. */
      readonly objectUntil: Day | undefined;
      /** Sentences for people. */
      readonly reasons: readonly string[];
    };

/**
 * A month is final once it is closed: what the ledger has posted of it does not change any more, and nothing else is what teams
 * owe. However settled and complete it is before, a source can still restate it until then.
 * @param posted undefined while the month is open
 * @param settleDay day of the following month
 */
export function statusOf(
  month: MonthCosts,
  posted: PostedMonth | undefined,
  today: Day,
  settleDay: number,
): MonthStatus {
  if (posted) return { kind: "final", posted };
  const settles = addDays(firstDayOf(nextBillingPeriod(month.period)), settleDay - 1);
  const withRun = new Set(month.days.map((run) => run.day));
  const noData = daysOf(month.period).filter((day) => !withRun.has(day));
  const waiting = month.days.filter((run) => !isComplete(run));
  const missing = [...new Set(waiting.flatMap((run) => run.missing))].toSorted();
  const reasons = [
    "The month is not closed yet; what is posted when it is may differ.",
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
  return { kind: "provisional", objectUntil: today <= settles ? settles : undefined, reasons };
}

/**
 * What makes a report of a month another one, which is sent once more: a final edition is named by what was posted, so a
 * closed month is reported once, as its statement and the corrections beside it have it.
 */
export function editionOf(status: MonthStatus): string {
  if (status.kind === "provisional") return status.kind;
  const { hash, corrections } = status.posted;
  return `final-${sha256([hash, ...corrections].join("/")).slice(0, EDITION_DIGITS)}`;
}

const EDITION_DIGITS = 16;

/** Readings that are named before the sentence gets too long. */
const MISSING_NAMED = 5;

function have(days: readonly unknown[]): string {
  return days.length === 1 ? "has" : "have";
}

function wait(days: readonly unknown[]): string {
  return days.length === 1 ? "waits" : "wait";
}
