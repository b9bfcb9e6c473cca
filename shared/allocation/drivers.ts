import { parsePicos } from "@apportion/domain/money";
import { clusterOf } from "@apportion/domain/pool-id";
import type { Proportion } from "@apportion/domain/proportion";
import type { Reason } from "@apportion/domain/reason";
import { splitExactly } from "@apportion/domain/split";
import type { Registry } from "@apportion/domain/tenancy";
import type { UsageCell } from "./cells.js";
import type { AllocationLine, SplittingMethod } from "./line.js";
import type { RulesOfDay } from "./rules-of-day.js";
import { WHOLE } from "./services.js";
import { DEFAULT_WINDOW, type UsageWindow } from "./usage-window.js";

/** Who takes a share of a pool; `nobody` is usage without an owner, whose share stays unallocated. */
export type TakerKind = "team" | "service" | "nobody";

export interface Taker {
  readonly kind: TakerKind;
  /** Empty for nobody. */
  readonly id: string;
  /** In units of 10⁻¹² of the meter or the currency, or of a percent or ratio. */
  readonly weight: bigint;
}

export type Driver =
  | { readonly kind: "takers"; readonly takers: readonly Taker[] }
  /** The method has nothing to go by; `reason` is recorded on every line that the fallback makes. */
  | { readonly kind: "none"; readonly reason: Reason };

/** Meters of which no reading exists in a window: unknown, which is not the same as zero. */
export type UnreadMeters = Readonly<Record<UsageWindow, ReadonlySet<string>>>;

export interface DriverContext {
  readonly rules: RulesOfDay;
  /** Of the whole billing month so far. */
  readonly usage: readonly UsageCell[];
  readonly metersWithoutReading: UnreadMeters;
}

export interface DriverQuestion {
  readonly method: SplittingMethod;
  /** Cluster to which the pool belongs, or empty. */
  readonly cluster: string;
  readonly exempt: ReadonlySet<string>;
  /** Lines of the teams so far. */
  readonly lines: readonly AllocationLine[];
  /** Whether another service may take a share: not itself, and in a step-down none that is closed already. */
  readonly serves: (serviceId: string) => boolean;
}

/** What each taker weighs under one method. Takers without a weight are left out: zero usage gets a zero share. */
export function driverOf(context: DriverContext, question: DriverQuestion): Driver {
  const { method } = question;
  switch (method.kind) {
    case "usage":
      return usageDriver(context, question, method);
    case "proportional":
      return proportionalDriver(question, method.to);
    case "even": {
      const takers = [...context.rules.teams].map((id) => ({ kind: "team" as const, id, weight: WHOLE }));
      return among(takers, question, { kind: "no-teams" });
    }
    case "fixed": {
      const takersOf = (kind: "team" | "service", shares: Readonly<Record<string, string>>): Taker[] =>
        Object.entries(shares).map(([id, percent]) => ({ kind, id, weight: parsePicos(percent) }));
      const takers = [...takersOf("team", method.teams), ...takersOf("service", method.services)];
      return among(takers, question, { kind: "no-fixed-taker" });
    }
  }
}

function usageDriver(
  context: DriverContext,
  question: DriverQuestion,
  { meters, window = DEFAULT_WINDOW }: Extract<SplittingMethod, { readonly kind: "usage" }>,
): Driver {
  const drivers: { readonly percent: bigint; readonly takers: readonly Taker[] }[] = [];
  for (const { meter, percent } of meters) {
    if (context.metersWithoutReading[window].has(meter))
      return { kind: "none", reason: { kind: "no-reading", meter } };
    const users = usersOf(context, meter, window).filter(
      ({ kind, id }) => kind !== "team" || context.rules.teams.has(id),
    );
    const driver = among(users, question, { kind: "no-usage", meter });
    if (driver.kind !== "takers") return driver;
    drivers.push({ percent: parsePicos(percent), takers: driver.takers });
  }
  const [only, ...more] = drivers;
  return { kind: "takers", takers: only && more.length === 0 ? only.takers : blend(drivers) };
}

/** Several meters together: each hands out its percentage as ratios of 12 places that add up to it. */
function blend(drivers: readonly { percent: bigint; takers: readonly Taker[] }[]): Taker[] {
  const percentages = splitExactly(
    WHOLE,
    drivers.map(({ percent }) => percent),
  );
  const takers = drivers.flatMap((driver, index) => {
    const shares = splitExactly(
      percentages[index] ?? 0n,
      driver.takers.map(({ weight }) => weight),
    );
    return driver.takers.map((taker, at) => ({ ...taker, weight: shares[at] ?? 0n }));
  });
  return merged(takers);
}

/** Who used what of a month does not depend on the day that is allocated, so it is resolved once for all of its days. */
const usersByUsage = new WeakMap<readonly UsageCell[], WeakMap<Registry, ReadonlyMap<string, Taker[]>>>();

function usersOf(context: DriverContext, meter: string, window: UsageWindow): readonly Taker[] {
  const { usage, rules } = context;
  const { registry, day } = rules;
  if (window === "day") {
    const ofDay = usage.filter((cell) => cell.day === day && cell.meter === meter);
    return resolveUsers({ ...context, usage: ofDay }).get(meter) ?? [];
  }
  const byRegistry = usersByUsage.get(usage) ?? new WeakMap<Registry, ReadonlyMap<string, Taker[]>>();
  usersByUsage.set(usage, byRegistry);
  const byMeter = byRegistry.get(registry) ?? resolveUsers(context);
  byRegistry.set(registry, byMeter);
  return byMeter.get(meter) ?? [];
}

/** System namespaces use services too, but on everybody's behalf: what they use weighs nothing. */
function resolveUsers({ usage, rules }: DriverContext): Map<string, Taker[]> {
  const users = new Map<string, Taker[]>();
  for (const { day, meter, cluster, namespace, teamLabel, quantity } of usage) {
    const owner = rules.ownersOn(day)({ cluster, namespace, controller: "", teamLabel, service: "" });
    if (owner?.kind === "system") continue;
    const kind = owner === undefined ? "nobody" : owner.kind === "team" ? "team" : "service";
    const own = users.get(meter) ?? [];
    own.push({ kind, id: owner?.id ?? "", weight: quantity });
    users.set(meter, own);
  }
  return new Map([...users].map(([meter, takers]) => [meter, merged(takers)]));
}

function proportionalDriver(question: DriverQuestion, to: Proportion): Driver {
  const { cluster, lines } = question;
  const costs = new Map<string, bigint>();
  for (const line of lines) {
    const { owner, category, amount } = line;
    const isDirect = line.kind === "direct" && line.basis === "direct";
    const follows = to === "total" || (isDirect && (to === "direct" || category === to));
    const isHere = cluster === "" || placeOfLine(line) === cluster;
    if (follows && isHere && owner.kind === "team")
      costs.set(owner.teamId, (costs.get(owner.teamId) ?? 0n) + amount);
  }
  const takers = [...costs].map(([id, weight]): Taker => ({ kind: "team", id, weight }));
  return among(takers, question, { kind: "no-cost", of: to, cluster });
}

/** Cluster on which a line's cost arose; empty where it did on none. */
function placeOfLine(line: AllocationLine): string {
  return line.kind === "direct" ? line.cluster : clusterOf(line.pool);
}

/** A team whose credits exceed its costs weighs nothing: a negative weight would pay it out of the pool. */
function among(all: readonly Taker[], { exempt, serves }: DriverQuestion, reasonIfNone: Reason): Driver {
  const takers = merged(
    all.filter(({ kind, id }) => (kind === "team" ? !exempt.has(id) : kind !== "service" || serves(id))),
  ).filter(({ weight }) => weight > 0n);
  return takers.length === 0 ? { kind: "none", reason: reasonIfNone } : { kind: "takers", takers };
}

const KIND_ORDER: readonly TakerKind[] = ["team", "service", "nobody"];

/** One entry for each taker: teams by id, then services, nobody last. Of equal remainders the earlier one takes the last unit. */
function merged(takers: readonly Taker[]): Taker[] {
  const byKey = new Map<string, Taker>();
  for (const taker of takers) {
    const key = `${KIND_ORDER.indexOf(taker.kind)}/${taker.id}`;
    byKey.set(key, { ...taker, weight: (byKey.get(key)?.weight ?? 0n) + taker.weight });
  }
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, taker]) => taker);
}
