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
  const start = startOf(after, from);
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

/** First day on which one of the versions holds: that of the first, or `from` if that is later. Undefined where it is all days. */
function startOf(versions: readonly EffectiveDates[], from: Day | undefined): Day | undefined {
  const days = versions.flatMap((version) => (version.from === undefined ? [] : [version.from]));
  const own = days.length < versions.length ? undefined : days.toSorted()[0];
  return own === undefined || (from !== undefined && from > own) ? from : own;
}

/** What of a pool, or of how services charge each other (`betweenServices`), made way for what is given. */
export interface ReplacedPolicy {
  readonly of: string;
  /** Each that held on some day of the month; none where the default did. */
  readonly before: readonly PolicyMethods[];
  readonly after: readonly PolicyMethods[];
  /** Day from which what is given holds, where that is after the month: then nothing made way. */
  readonly from?: Day;
}

/** By what a policy splits, in its order: methods of a pool, or the method between services. */
export type PolicyMethods = readonly (Method | BetweenServices["method"])[];

/**
 * In the order in which they are given.
 * @param merged those in force, each with what is given
 */
export function replacedPolicies(
  inForce: readonly Policies[],
  merged: readonly Policies[],
  { policies: given, from: givenFrom }: GivenPolicies,
  month: BillingPeriod,
): ReplacedPolicy[] {
  const first = firstDayOf(month);
  const next = firstDayOf(nextBillingPeriod(month));
  const ofMonth = <V extends EffectiveDates>(versions: readonly V[]): V[] =>
    versions.filter(
      ({ from, to }) => (from === undefined || from < next) && (to === undefined || to > first),
    );
  const replaced = (
    of: string,
    versions: readonly EffectiveDates[],
    methodsIn: (policies: Policies) => PolicyMethods[],
  ): ReplacedPolicy => {
    const start = startOf(versions, givenFrom);
    return {
      of,
      before: distinct(inForce.flatMap(methodsIn)),
      after: distinct(merged.flatMap(methodsIn)),
      ...(start !== undefined && start >= next && { from: start }),
    };
  };
  const ofPool = (name: string, { pools }: Policies): PoolPolicy[] =>
    pools.filter(({ pool }) => pool === name);
  const pools = [...new Set(given.pools.map(({ pool }) => pool))];
  return [
    ...pools.map((name) =>
      replaced(name, ofPool(name, given), (policies) =>
        ofMonth(ofPool(name, policies)).map(({ methods }) => methods),
      ),
    ),
    ...(given.betweenServices.length === 0
      ? []
      : [
          replaced("betweenServices", given.betweenServices, (policies) =>
            ofMonth(policies.betweenServices).map(({ method }) => [method]),
          ),
        ]),
  ];
}

function distinct(all: readonly PolicyMethods[]): PolicyMethods[] {
  return [...new Map(all.map((each) => [canonicalJson(each), each])).values()];
}
