import type { BetweenServices, Method, Policies, PoolPolicy } from "@apportion/allocation/policy";
import { canonicalJson } from "@apportion/domain/hash";
import { type BillingPeriod, type Day, firstDayOf, nextBillingPeriod } from "@apportion/domain/period";
import type { EffectiveDates } from "@apportion/domain/tenancy";

/** What a simulation is given: policies of some pools, and since when they hold. */
export interface GivenPolicies {
  readonly policies: Policies;
  /** First day on which they hold; on all days where absent. Dates of their own can only be later. */
  readonly from?: Day | undefined;
}

/**
 * Policies in force with some of them replaced: a pool that is named holds the given versions from the day on which the first of them does,
 * and until then what it held. Pools that are not named stay as they are.
 */
export function mergedPolicies(inForce: Policies, { policies, from }: GivenPolicies): Policies {
  const named = new Set(policies.pools.map(({ pool }) => pool));
  return {
    pools: [
      ...inForce.pools.filter(({ pool }) => !named.has(pool)),
      ...[...named].flatMap((name) =>
        followed<PoolPolicy>(
          inForce.pools.filter(({ pool }) => pool === name),
          policies.pools.filter(({ pool }) => pool === name),
          from,
        ),
      ),
    ],
    betweenServices:
      policies.betweenServices.length === 0
        ? inForce.betweenServices
        : followed<BetweenServices>(inForce.betweenServices, policies.betweenServices, from),
  };
}

/** Versions of one thing until a day, and others from then on. */
function followed<V extends EffectiveDates>(
  before: readonly V[],
  after: readonly V[],
  from: Day | undefined,
): V[] {
  const own = earliest(after);
  const start = own === undefined || (from !== undefined && from > own) ? from : own;
  if (start === undefined) return [...after];
  return [
    ...before
      .filter((version) => version.from === undefined || version.from < start)
      .map((version) =>
        version.to === undefined || version.to > start ? { ...version, to: start } : version,
      ),
    ...after
      .filter(({ to }) => to === undefined || to > start)
      .map((version) =>
        version.from === undefined || version.from < start ? { ...version, from: start } : version,
      ),
  ];
}

/** First day of the first version; undefined where one has no beginning. */
function earliest(versions: readonly EffectiveDates[]): Day | undefined {
  const days = versions.flatMap(({ from }) => (from === undefined ? [] : [from]));
  return days.length < versions.length ? undefined : days.toSorted()[0];
}

/** What of a pool, or of how services charge each other (`betweenServices`), made way for what is given. */
export interface ReplacedPolicy {
  readonly of: string;
  /** Each that held on some day of the month; none where the default did. */
  readonly before: readonly PolicyMethods[];
  readonly after: readonly PolicyMethods[];
}

/** By what a policy splits, in its order: methods of a pool, or the method between services. */
export type PolicyMethods = readonly (Method | BetweenServices["method"])[];

/** In the order in which they are given. */
export function replacedPolicies(
  inForce: readonly Policies[],
  given: Policies,
  month: BillingPeriod,
): ReplacedPolicy[] {
  const first = firstDayOf(month);
  const next = firstDayOf(nextBillingPeriod(month));
  const ofMonth = <V extends EffectiveDates>(versions: readonly V[]): V[] =>
    versions.filter(
      ({ from, to }) => (from === undefined || from < next) && (to === undefined || to > first),
    );
  const replaced = (of: string, methodsIn: (policies: Policies) => PolicyMethods[]): ReplacedPolicy => ({
    of,
    before: distinct(inForce.flatMap(methodsIn)),
    after: distinct(methodsIn(given)),
  });
  const pools = [...new Set(given.pools.map(({ pool }) => pool))];
  return [
    ...pools.map((name) =>
      replaced(name, ({ pools: all }) =>
        ofMonth(all.filter(({ pool }) => pool === name)).map(({ methods }) => methods),
      ),
    ),
    ...(given.betweenServices.length === 0
      ? []
      : [
          replaced("betweenServices", (policies) =>
            ofMonth(policies.betweenServices).map(({ method }) => [method]),
          ),
        ]),
  ];
}

function distinct(all: readonly PolicyMethods[]): PolicyMethods[] {
  return [...new Map(all.map((each) => [canonicalJson(each), each])).values()];
}
