import { createTask, parse } from "node-cron";
import { localTime, offsetMs } from "./time-zone.js";

/** A cron expression in a time zone, with seconds where it has six fields. */
export interface Cron {
  /** The first scheduled time after an instant. @throws RangeError when there is none within `YEARS_MAX` */
  next(after: Date): Date;
}

/** A 29 February that is a given weekday comes every 28 years; nobody means a schedule that is rarer. */
const YEARS_MAX = 28;
const DAY_MS = 86_400_000;

/**
 * node-cron understands the expression, but its next run is counted from the machine's clock and a task that it runs itself skips what is
 * more than a second late. So its task is never started: it is asked whether it wants a day, and the times of a day are the same on each.
 *
 * Days and times are those of the zone's clocks. A time that they skip when they are put forward is as much later (02:30 is then 03:30), so no day
 * is without it; one that they show twice when they are put back is the first of the two.
 */
export function parseCron(expression: string, timeZone = "UTC"): Cron {
  const { second, minute, hour } = parse(expression);
  const task = createTask(expression, () => undefined, { timezone: "Etc/UTC" });
  const times = hour
    .flatMap((h) => minute.flatMap((m) => second.map((s) => ((h * 60 + m) * 60 + s) * 1000)))
    .toSorted((one, other) => one - other);
  const [firstTime = 0] = times;
  return {
    next(after) {
      const today = Math.floor(localTime(timeZone, after).getTime() / DAY_MS) * DAY_MS;
      // A time that was skipped before midnight comes after it: the day before can have one left.
      for (let day = today - DAY_MS; day <= today + YEARS_MAX * 366 * DAY_MS; day += DAY_MS) {
        if (!task.match(new Date(day + firstTime))) continue;
        const time = firstAfter(after.getTime(), { day, times, timeZone });
        if (time !== undefined) return new Date(time);
      }
      throw new RangeError(`The schedule "${expression}" has no time in the ${YEARS_MAX} years to come`);
    },
  };
}

interface LocalDay {
  /** Its midnight, as if it were UTC. */
  readonly day: number;
  readonly times: readonly number[];
  readonly timeZone: string;
}

/** The first instant after another at which the clocks of a zone show one of the times of a day. */
function firstAfter(afterMs: number, { day, times, timeZone }: LocalDay): number | undefined {
  const [before, behind] = [offsetMs(timeZone, day - DAY_MS), offsetMs(timeZone, day + 2 * DAY_MS)];
  if (before === behind) {
    const time = times.find((each) => day + each - before > afterMs);
    return time === undefined ? undefined : day + time - before;
  }
  // Clocks are set around this day: what is later by them can be sooner.
  const instants = times.map((each) => instantOf(day + each, { before, behind, timeZone }));
  const due = instants.filter((each) => each > afterMs);
  return due.length === 0 ? undefined : due.reduce((first, each) => Math.min(first, each));
}

function instantOf(
  local: number,
  {
    before,
    behind,
    timeZone,
  }: { readonly before: number; readonly behind: number; readonly timeZone: string },
): number {
  const shown = [local - before, local - behind].filter((each) => each + offsetMs(timeZone, each) === local);
  return shown.length === 0 ? local - before : Math.min(...shown);
}
