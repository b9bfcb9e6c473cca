import { sumBy } from "@apportion/books/months/month";
import type { Day } from "@apportion/domain/period";

/** The line whose daily cost rose most. Amounts in picos a day. */
export interface Driver {
  readonly name: string;
  readonly category: string;
  readonly recentPerDay: bigint;
  readonly earlierPerDay: bigint;
  /** How many days "recent" and "earlier" are. */
  readonly recentDays: number;
  readonly earlierDays: number;
}

interface NamedLine {
  readonly key: string;
  readonly category: string;
  readonly day: Day;
  readonly picos: bigint;
}

const RECENT_DAYS = 3;
const EARLIER_DAYS_MIN = 3;
/** A rise counts when it is at least so many percent of what the line cost before, and of what the team costs a day. */
const RISE_PERCENT_MIN = 20n;
const RISE_OF_TOTAL_PERCENT_MIN = 5n;

/**
 * What drove spending over the threshold: compares the last three settled days up to the crossing with the days before, line by
 * line. Undefined when there are too few days to compare, or when nothing stands out and the month's own pace did it.
 */
export function driverOf(
  lines: readonly NamedLine[],
  settled: readonly Day[],
  crossedOn: Day,
): Driver | undefined {
  const days = settled.filter((day) => day <= crossedOn);
  const recent = new Set(days.slice(-RECENT_DAYS));
  const earlier = new Set(days.slice(0, -RECENT_DAYS));
  if (earlier.size < EARLIER_DAYS_MIN) return undefined;
  const perDay = (within: ReadonlySet<Day>): Map<string, bigint> =>
    new Map(
      sumBy(
        lines.filter((line) => within.has(line.day)),
        (line) => line.key,
      ).map(({ key, picos }) => [key, picos / BigInt(within.size)]),
    );
  const before = perDay(earlier);
  const after = perDay(recent);
  const totalPerDay = [...after.values()].reduce((sum, picos) => sum + picos, 0n);
  const rises = [...after].flatMap(([key, picos]) =>
    picos > 0n ? [{ key, picos: picos - (before.get(key) ?? 0n) }] : [],
  );
  const steepest = sumBy(rises, (rise) => rise.key)[0];
  if (!steepest || steepest.picos <= 0n) return undefined;
  const earlierPerDay = before.get(steepest.key) ?? 0n;
  const standsOut =
    steepest.picos * 100n >= earlierPerDay * RISE_PERCENT_MIN &&
    steepest.picos * 100n >= totalPerDay * RISE_OF_TOTAL_PERCENT_MIN;
  if (!standsOut) return undefined;
  return {
    name: steepest.key,
    category: lines.find((line) => line.key === steepest.key)?.category ?? "",
    recentPerDay: after.get(steepest.key) ?? 0n,
    earlierPerDay,
    recentDays: recent.size,
    earlierDays: earlier.size,
  };
}
