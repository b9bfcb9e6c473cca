import type { Recommendation } from "@apportion/books/advice/advise";
import { isStillSaid } from "@apportion/books/advice/life";
import type { AdviceLife } from "@apportion/books/advice/read-life";
import { type BillingPeriod, billingPeriodOf } from "@apportion/domain/period";

/** What can be advised by the end of the month, and where it stands. */
export interface ReportAdvice {
  readonly recommendations: readonly Recommendation[];
  readonly lives: readonly AdviceLife[];
  /** The recommendations as the team that each is for may read them, where some may read names of their own workloads. */
  readonly own?: readonly Recommendation[];
}

/** What a team's report says of recommendations. In picos of a month; `realised` of the month that is reported, measured. */
export interface TeamAdvice {
  readonly advised: bigint;
  readonly accepted: bigint;
  readonly realised: bigint;
  /** Those that wait for somebody, the largest saving first. */
  readonly first: readonly Recommendation[];
}

/** A lead acts on three; the rest is in `apportion recommendations`. */
const FIRST_MAX = 3;

/** Undefined where there is nothing to say. */
export function teamAdvice(
  { recommendations, lives }: ReportAdvice,
  teamId: string,
  period: BillingPeriod,
): TeamAdvice | undefined {
  const own = lives.filter(({ team }) => team === teamId);
  const sum = (of: readonly AdviceLife[]): bigint => of.reduce((all, { advised }) => all + advised, 0n);
  const waiting = own.filter(({ life }) => life.state === "open" || life.state === "came-back");
  const accepted = own.filter(({ decided }) => decided?.decision === "accepted");
  const saved = own.flatMap(({ realised = [] }) => realised.filter(({ day }) => billingPeriodOf(day) === period));
  const waitingIds = new Set(waiting.map(({ id }) => id));
  if (waiting.length === 0 && accepted.length === 0) return undefined;
  return {
    advised: sum(own.filter(({ life }) => isStillSaid(life))),
    accepted: sum(accepted),
    realised: saved.reduce((all, { picos }) => all + picos, 0n),
    first: recommendations.filter(({ id }) => waitingIds.has(id)).slice(0, FIRST_MAX),
  };
}

