import { createTask, parse } from "node-cron";

/** A cron expression in UTC, with seconds where it has six fields. */
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
 */
export function parseCron(expression: string): Cron {
  const { second, minute, hour } = parse(expression);
  const task = createTask(expression, () => undefined, { timezone: "Etc/UTC" });
  const times = hour
    .flatMap((h) => minute.flatMap((m) => second.map((s) => ((h * 60 + m) * 60 + s) * 1000)))
    .toSorted((one, other) => one - other);
  const [firstTime = 0] = times;
  return {
    next(after) {
      const today = Math.floor(after.getTime() / DAY_MS) * DAY_MS;
      for (let day = today; day <= today + YEARS_MAX * 366 * DAY_MS; day += DAY_MS) {
        const time = times.find((each) => day + each > after.getTime());
        if (time !== undefined && task.match(new Date(day + firstTime))) return new Date(day + time);
      }
      throw new RangeError(`The schedule "${expression}" has no time in the ${YEARS_MAX} years to come`);
    },
  };
}
