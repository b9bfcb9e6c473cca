import type { Day } from "@apportion/domain/period";
import type { RealisedDay } from "./realised.js";

/** The last decision about a recommendation. */
export interface AdviceDecided {
  readonly id: string;
  readonly decision: "accepted" | "dismissed";
  readonly by: string;
  readonly reason: string;
  /** Of a dismissed one: from when it is said again; undefined: never. */
  readonly until?: Day | undefined;
  readonly on: Day;
}

/** open: nobody decided, or a dismissal is over; done: accepted, and the facts show it no more; came-back: it was done for a while, and is there again. */
export type LifeState = "open" | "accepted" | "dismissed" | "done" | "came-back";

/** Whether it is still said: what was dismissed or is done is not. */
export function isStillSaid({ state }: Pick<Life, "state">): boolean {
  return state !== "dismissed" && state !== "done";
}

export interface Life {
  readonly state: LifeState;
  /** Of one that came back: the last day on which it was done. Of one whose dismissal is over: the day on which that ended. */
  readonly since?: Day;
}

/**
 * Where a recommendation stands, from what was decided and what the facts show: nobody has to say that something is done.
 * @param isSaid whether it is advised by the last complete days
 * @param realised days since it was accepted, in order, with what was saved on each
 * @param advisedADay what it was to save a day, in picos: half of that is done
 */
export function lifeOf(
  decided: AdviceDecided | undefined,
  isSaid: boolean,
  today: Day,
  realised: readonly RealisedDay[] = [],
  advisedADay = 0n,
): Life {
  if (!decided) return { state: "open" };
  if (decided.decision === "dismissed") {
    const { until } = decided;
    return until !== undefined && until <= today ? { state: "open", since: until } : { state: "dismissed" };
  }
  if (!isSaid) return { state: "done" };
  const done = realised.findLast(({ picos }) => picos > 0n && picos * 2n >= advisedADay);
  return done ? { state: "came-back", since: done.day } : { state: "accepted" };
}
