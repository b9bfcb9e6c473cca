import { parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import type { Proportion } from "@apportion/domain/proportion";
import type { Reason } from "@apportion/domain/reason";
import { splitExactly } from "@apportion/domain/split";
import type { Registry } from "@apportion/domain/tenancy";
import type { UsageCell } from "./cells.js";
import type { SplittingMethod } from "./line.js";
import type { RulesOfDay } from "./rules-of-day.js";
import { WHOLE } from "./services.js";
import { merged, type Taker } from "./taker.js";
import type { TeamCosts } from "./team-costs.js";
import { DEFAULT_WINDOW, type UsageWindow } from "./usage-window.js";

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
  /** Of the stages before. */
  readonly costs: TeamCosts;
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
    case "even":
      return among(everyTeam(context.rules.teams), question, { kind: "no-teams" });
    case "fixed": {
      const takersOf = (kind: "team" | "service", shares: Readonly<Record<string, string>>): Taker[] =>
        Object.entries(shares).map(([id, percent]) => ({ kind, id, weight: parsePicos(percent) }));
      const takers = [...takersOf("team", method.teams), ...takersOf("service", method.services)];
      return among(merged(takers), question, { kind: "no-fixed-taker" });
    }
  }
}

const everyTeamOf = new WeakMap<ReadonlySet<string>, readonly Taker[]>();

function everyTeam(teams: ReadonlySet<string>): readonly Taker[] {
  const known =
    everyTeamOf.get(teams) ?? merged([...teams].map((id) => ({ kind: "team", id, weight: WHOLE })));
  everyTeamOf.set(teams, known);
  return known;
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
    const { teams } = context.rules;
    const users = only(usersOf(context, meter, window), ({ kind, id }) => kind !== "team" || teams.has(id));
    const driver = among(users, question, { kind: "no-usage", meter });
    if (driver.kind !== "takers") return driver;
    drivers.push({ percent: parsePicos(percent), takers: driver.takers });
  }
  const [first, ...more] = drivers;
  return { kind: "takers", takers: first && more.length === 0 ? first.takers : blend(drivers) };
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
    const ofDay = byDayAndMeter(usage).get(day)?.get(meter) ?? [];
    return resolveUsers({ ...context, usage: ofDay }).get(meter) ?? [];
  }
  const byRegistry = usersByUsage.get(usage) ?? new WeakMap<Registry, ReadonlyMap<string, Taker[]>>();
  usersByUsage.set(usage, byRegistry);
  const byMeter = byRegistry.get(registry) ?? resolveUsers(context);
  byRegistry.set(registry, byMeter);
  return byMeter.get(meter) ?? [];
}

type CellsByDayAndMeter = ReadonlyMap<Day, ReadonlyMap<string, readonly UsageCell[]>>;
const cellsByUsage = new WeakMap<readonly UsageCell[], CellsByDayAndMeter>();

function byDayAndMeter(usage: readonly UsageCell[]): CellsByDayAndMeter {
  const known = cellsByUsage.get(usage);
  if (known) return known;
  const cells = new Map<Day, Map<string, UsageCell[]>>();
  for (const cell of usage) {
    const ofDay = cells.get(cell.day) ?? new Map<string, UsageCell[]>();
    const ofMeter = ofDay.get(cell.meter) ?? [];
    ofMeter.push(cell);
    cells.set(cell.day, ofDay.set(cell.meter, ofMeter));
  }
  cellsByUsage.set(usage, cells);
  return cells;
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
  const { cluster, costs } = question;
  return among(costs(to, cluster), question, { kind: "no-cost", of: to, cluster });
}

/**
 * A team whose credits exceed its costs weighs nothing: a negative weight would pay it out of the pool.
 * @param all each once, in the order in which ties go
 */
function among(all: readonly Taker[], { exempt, serves }: DriverQuestion, reasonIfNone: Reason): Driver {
  const takers = only(
    all,
    ({ kind, id, weight }) =>
      weight > 0n && (kind === "team" ? !exempt.has(id) : kind !== "service" || serves(id)),
  );
  return takers.length === 0 ? { kind: "none", reason: reasonIfNone } : { kind: "takers", takers };
}

/** The same array where nobody is left out, so that pools that go by the same share it. */
function only(takers: readonly Taker[], isWanted: (taker: Taker) => boolean): readonly Taker[] {
  const wanted = takers.filter(isWanted);
  return wanted.length === takers.length ? takers : wanted;
}
