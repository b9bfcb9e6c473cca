import type { ChargePeriod } from "@apportion/domain/period";

/** Whether there is such a time zone: `Europe/Berlin`, `UTC`. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false; // a RangeError: there is no other way to ask
  }
}

/** Seconds by which a time zone is ahead of UTC at noon of the period; on a day on which clocks are changed its night is wrong by an hour. */
export function secondsAhead(timeZone: string, { start, end }: ChargePeriod): number {
  const noon = new Date((Date.parse(start) + Date.parse(end)) / 2);
  const format = new Intl.DateTimeFormat("en", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const parts = new Map(format.formatToParts(noon).map(({ type, value }) => [type, Number(value)]));
  const of = (part: Intl.DateTimeFormatPartTypes): number => parts.get(part) ?? 0;
  const local = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return (local - noon.getTime()) / 1000;
}
