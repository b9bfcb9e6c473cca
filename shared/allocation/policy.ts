import { canonicalJson, sha256 } from "@apportion/domain/hash";
import type { MeterMix } from "@apportion/domain/meter-mix";
import type { Day } from "@apportion/domain/period";
import { KEPT_POOLS } from "@apportion/domain/pool-id";
import type { Proportion } from "@apportion/domain/proportion";
import { type EffectiveDates, isEffectiveOn } from "@apportion/domain/tenancy";
import type { UsageWindow } from "./usage-window.js";

/** One way to split a pool among teams. */
export type Method =
  /** By measured usage. */
  | {
      readonly kind: "usage";
      readonly meters: MeterMix;
      /** Absent: the billing month. */
      readonly window?: UsageWindow;
    }
  /** By the teams' cost of the day; for pools that belong to a cluster, of that cluster. */
  | { readonly kind: "proportional"; readonly to: Proportion }
  /** The same for every team. */
  | { readonly kind: "even" }
  /** By percentages that add up to 100, of teams and of other shared services. */
  | {
      readonly kind: "fixed";
      readonly teams: Readonly<Record<string, string>>;
      readonly services: Readonly<Record<string, string>>;
    }
  /** Not split: {@link KEPT_POOLS} stay what they are. */
  | { readonly kind: "keep" };

/** How the cost of one pool is split: the first method that has something to go by, named on every line it makes. */
export interface PoolPolicy extends EffectiveDates {
  /** Id of a shared service, or one of {@link NAMED_POOLS}. */
  readonly pool: string;
  readonly methods: readonly Method[];
  /** Teams that pay nothing of the pool. */
  readonly exempt: readonly string[];
  /** What a team pays of the pool in a month at most, and at least; decimal amounts. Applied when the month is over. */
  readonly caps: Readonly<Record<string, string>>;
  readonly minimums: Readonly<Record<string, string>>;
}

/** How the cost of shared services that serve each other reaches the teams. */
export interface BetweenServices extends EffectiveDates {
  /**
   * `direct`: what one service uses of another is left out. `step-down`: services are closed one after the other, each charging
   * the later ones too. `reciprocal`: all charge each other at once (simultaneous equations).
   */
  readonly method: "direct" | "step-down" | "reciprocal";
  /** For `step-down`: ids of services, first to close first; services that are not named follow by id, whatever a day costs. */
  readonly order: readonly string[];
}

export interface Policies {
  readonly pools: readonly PoolPolicy[];
  readonly betweenServices: readonly BetweenServices[];
}

/** First in the ladder of services and system namespaces without a policy. */
export const DEFAULT_METHOD = "proportional";

const PROPORTIONAL: readonly Method[] = [{ kind: DEFAULT_METHOD, to: "direct" }, { kind: "even" }];
const KEEP: readonly Method[] = [{ kind: "keep" }];

/** What holds for pools without a policy: services and system namespaces follow direct cost, everything else is kept apart. */
function defaultMethods(policyName: string): readonly Method[] {
  return KEPT_POOLS.some((pool) => pool === policyName) ? KEEP : PROPORTIONAL;
}

/** The policies of one day, without their dates: what a run is made of. */
export interface PoliciesOfDay {
  readonly pools: readonly PolicyOfDay[];
  readonly betweenServices: Omit<BetweenServices, "from" | "to">;
}

export interface PolicyOfDay extends Omit<PoolPolicy, "from" | "to"> {
  /** Eight digits that name the content, wherever and whenever it holds; {@link DEFAULT_POLICY} without a policy. */
  readonly version: string;
}

/** Version of the policy of pools that no policy names. */
export const DEFAULT_POLICY = "default";

export function policyOf(policies: PoliciesOfDay, policyName: string): PolicyOfDay {
  const methods = defaultMethods(policyName);
  return (
    policies.pools.find(({ pool }) => pool === policyName) ?? {
      pool: policyName,
      methods,
      exempt: [],
      caps: {},
      minimums: {},
      version: DEFAULT_POLICY,
    }
  );
}

export function policiesOn(policies: Policies, day: Day): PoliciesOfDay {
  const between = policies.betweenServices.find((each) => isEffectiveOn(each, day));
  return {
    pools: policies.pools
      .filter((policy) => isEffectiveOn(policy, day))
      .map(({ from: _from, to: _to, ...policy }) => ({ ...policy, version: versionOf(policy) })),
    betweenServices: { method: between?.method ?? "direct", order: between?.order ?? [] },
  };
}

function versionOf({ pool: _pool, ...content }: Omit<PoolPolicy, "from" | "to">): string {
  return sha256(canonicalJson(content)).slice(0, 8);
}

/** Meters of which some policy counts the use of single days, whenever it holds. */
export function dailyMeters({ pools }: Policies): string[] {
  const daily = pools.flatMap(({ methods }) =>
    methods.flatMap((method) => (method.kind === "usage" && method.window === "day" ? method.meters : [])),
  );
  return [...new Set(daily.map(({ meter }) => meter))];
}

/** Pools that some policy holds within limits, whenever it does. */
export function limitedPools({ pools }: Pick<Policies, "pools">): Set<string> {
  return new Set(pools.filter(isLimited).map(({ pool }) => pool));
}

/** Whether a pool is held within caps or minimum charges. */
export function isLimited({ caps, minimums }: Pick<PoolPolicy, "caps" | "minimums">): boolean {
  return Object.keys(caps).length + Object.keys(minimums).length > 0;
}
