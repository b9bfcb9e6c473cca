import { z } from "zod";

/** A zone of the IANA database, or UTC, in a configuration. */
export const timeZoneSchema = z
  .string()
  .max(64)
  .refine(isTimeZone, { error: "a time zone such as Europe/Berlin, or UTC" });

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clocks of a zone are ahead of UTC at an instant, in milliseconds. */
export function offsetMs(timeZone: string, atMs: number): number {
  if (timeZone === "UTC") return 0;
  const format = formats.get(timeZone) ?? newFormat(timeZone);
  formats.set(timeZone, format);
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(atMs)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000;
}

function newFormat(timeZone: string): Intl.DateTimeFormat {
  const [numeric, hourCycle] = ["numeric", "h23"] as const;
  const date = { year: numeric, month: numeric, day: numeric };
  return new Intl.DateTimeFormat("en-US", {
    ...date,
    hour: numeric,
    minute: numeric,
    second: numeric,
    hourCycle,
    timeZone,
  });
}

/** Date and time as the clocks of a zone show them, as if they were UTC. */
export function localTime(timeZone: string, at: Date): Date {
  return new Date(at.getTime() + offsetMs(timeZone, at.getTime()));
}
