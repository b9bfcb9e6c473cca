import type { Category } from "@apportion/domain/category";
import type { Day } from "@apportion/domain/period";
import type { Direction, Found } from "./find-anomalies.js";

/** That somebody expected an anomaly. */
export interface Mark {
  readonly id: string;
  readonly team: string;
  readonly category: Category;
  readonly day: Day;
  readonly direction: Direction;
  readonly by: string;
  readonly reason: string;
  /** When, in UTC: `2026-11-27 09:30:00.000` */
  readonly at: string;
  /** Day from which the like is said again; undefined: this one alone is expected. */
  readonly until: Day | undefined;
}

type Marked = Pick<Found, "id" | "team" | "category" | "day" | "direction">;

/**
 * The mark by which an anomaly is expected: its own; or that of an earlier one of the same team and category in the same direction, which holds for its day.
 * One that a restatement turned round is another than was expected.
 */
export function markOf(found: Marked, marks: readonly Mark[]): Mark | undefined {
  const alike = marks.filter(({ direction }) => direction === found.direction);
  const own = alike.find(({ id }) => id === found.id);
  return (
    own ??
    alike.find(
      ({ team, category, day, until }) =>
        team === found.team &&
        category === found.category &&
        until !== undefined &&
        day <= found.day &&
        found.day < until,
    )
  );
}
