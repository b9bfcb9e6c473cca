import { QuestionError } from "@apportion/books/costs/question";
import {
  addDays,
  billingPeriodOf,
  type Day,
  firstDayOf,
  parseDay,
  previousBillingPeriod,
} from "@apportion/domain/period";

/** Days `[from, to)`, UTC. */
export interface Window {
  readonly from: Day;
  readonly to: Day;
}

const EXPECTED =
  "today, yesterday, week, lastweek, month, lastmonth, a number of days such as 7d, or two days such as 2026-11-01,2026-12-01";

/** Longest window in days, as books answer it. */
const DAYS_MAX = 400;

/**
 * A window as OpenCost's API takes it, in whole days: costs are charged by the day. Of two dates, the second is not included, as with RFC 3339 times.
 * @throws QuestionError
 */
export function parseWindow(text: string, today: Day): Window {
  const monday = addDays(today, -((new Date(today).getUTCDay() + 6) % 7));
  const month = billingPeriodOf(today);
  const named: Readonly<Record<string, Window>> = {
    today: { from: today, to: addDays(today, 1) },
    yesterday: { from: addDays(today, -1), to: today },
    week: { from: monday, to: addDays(today, 1) },
    lastweek: { from: addDays(monday, -7), to: monday },
    month: { from: firstDayOf(month), to: addDays(today, 1) },
    lastmonth: { from: firstDayOf(previousBillingPeriod(month)), to: firstDayOf(month) },
  };
  const known = Object.hasOwn(named, text) ? named[text] : undefined;
  if (known) return known;
  const [, count, unit] = /^(\d{1,5})([dhw])$/.exec(text) ?? [];
  if (count !== undefined) {
    const days = unit === "h" ? Number(count) / 24 : Number(count) * (unit === "w" ? 7 : 1);
    if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX)
      throw new QuestionError(
        `window: ${text} is not 1 to ${DAYS_MAX} whole days; costs are charged by the day`,
      );
    return { from: addDays(today, 1 - days), to: addDays(today, 1) };
  }
  const ends = text.split(",");
  if (ends.length !== 2) throw new QuestionError(`window: "${text}" is none of ${EXPECTED}`);
  const [from, to] = ends.map(parseEnd);
  if (from === undefined || to === undefined)
    throw new QuestionError(`window: "${text}" is none of ${EXPECTED}`);
  return { from, to };
}

/** `2026-11-01`, `2026-11-01T00:00:00Z`, or seconds since 1970; midnight, UTC. Some end a day with its last second. */
function parseEnd(text: string): Day | undefined {
  const instant = /^\d{9,11}$/.test(text) ? new Date(Number(text) * 1000).toISOString() : text;
  const [day = "", time = "00:00:00Z"] = instant.split("T");
  if (/^23:59:59(\.\d+)?Z?$/.test(time)) return addDays(parseDay(day), 1);
  if (!/^00:00(:00(\.0+)?)?(Z|\+00:00)?$/.test(time))
    throw new QuestionError(`window: ${text} is not midnight, UTC; costs are charged by the day`);
  try {
    return parseDay(day);
  } catch {
    return undefined;
  }
}
