import type { DailyCost } from "@apportion/books/forecast/daily-series";
import { type BillingPeriod, type Day, daysBetween, parseDay } from "@apportion/domain/period";
import { billOf } from "@apportion/simulator/platform/bill";
import { workloadsOf, UNITS_PER_USD } from "@apportion/simulator/platform/kubernetes";
import { chance } from "@apportion/simulator/platform/random";
import { platformRegistry } from "@apportion/simulator/platform/registry";

/** What somebody cost day by day, known in full: so that a forecast can be held against it. */
export interface KnownCosts {
  readonly name: string;
  /** In their order; a fee of the calendar is a cost of its own, with a line. */
  readonly costs: readonly DailyCost[];
  /** That can be forecast and are known; those of the bench where it is absent. */
  readonly months?: readonly BillingPeriod[];
}

/** Three months of history before the first month that is forecast, and three months that are. */
const DAYS = daysBetween(parseDay("2026-07-01"), parseDay("2027-01-01"));
/** How many of each kind. */
const SERIES_PER_KIND = 16;
const SEED = 1;
const PICOS_PER_MICRO = 10n ** 6n;

/** The direct costs of the simulator's teams: pods, tagged storage and services. */
export function simulatedTeams(): KnownCosts[] {
  const registry = platformRegistry(SEED);
  const clock = {
    asOfMs: Date.parse("2027-02-01"),
    lateDays: new Set<string>(),
    mispriced: new Set<string>(),
  };
  const totals = new Map(registry.teams.map(({ id }) => [id, new Map<Day, number>()]));
  const add = (team: string, day: Day, usd: number): void => {
    const ofTeam = totals.get(team);
    ofTeam?.set(day, (ofTeam.get(day) ?? 0) + usd);
  };
  for (const day of DAYS) {
    for (const { id } of registry.clusters)
      for (const { namespace, costs } of workloadsOf(SEED, registry, id, day, "final", 1))
        add(
          namespace.replace(/^team-/, ""),
          day,
          (costs.cpu + costs.gpu + costs.ram + costs.pv + costs.loadBalancer) / UNITS_PER_USD,
        );
    for (const { teamTag, netAmortized } of billOf(SEED, registry, day, clock))
      add(teamTag, day, Number(netAmortized) / 1e10);
  }
  return [...totals].map(([name, byDay]) => ({
    name,
    costs: [...byDay].map(([day, usd]) => costOf(day, usd)),
  }));
}

/** What a platform does beside that: `at` says what a day costs as a multiple of the level. */
const KINDS: Readonly<Record<string, (given: Given) => (index: number) => number>> = {
  "weekdays and noise":
    ({ noise, weekday }) =>
    (index) =>
      weekday(index) * noise(index),
  "no weekdays":
    ({ noise }) =>
    (index) =>
      noise(index),
  trend: ({ noise, weekday, draw }) => {
    const perDay = 0.006 * (draw("slope") - 0.3);
    return (index) => weekday(index) * noise(index) * (1 + perDay * index);
  },
  step: ({ noise, weekday, draw }) => {
    const at = 40 + Math.floor(draw("when") * 100);
    const factor = draw("direction") < 0.5 ? 0.65 : 1.6;
    return (index) => weekday(index) * noise(index) * (index < at ? 1 : factor);
  },
  "errors that linger": ({ noise, weekday, gauss, spread }) => {
    let lingering = 0;
    return (index) => {
      lingering = 0.7 * lingering + spread * gauss("lingering", index);
      return weekday(index) * noise(index) * (1 + lingering);
    };
  },
  "a level that wanders": ({ noise, weekday, gauss }) => {
    let walked = 0;
    return (index) => {
      walked += 0.02 * gauss("walk", index);
      return weekday(index) * noise(index) * Math.exp(walked);
    };
  },
  bursts:
    ({ noise, weekday, draw }) =>
    (index) =>
      weekday(index) * noise(index) * (draw("burst", index) < 0.08 ? 2 + 2 * draw("size", index) : 1),
};

interface Given {
  /** In [0, 1), by its name alone. */
  readonly draw: (...names: readonly (string | number)[]) => number;
  /** Of a normal distribution with mean 0 and deviation 1. */
  readonly gauss: (...names: readonly (string | number)[]) => number;
  readonly spread: number;
  readonly weekday: (index: number) => number;
  readonly noise: (index: number) => number;
}

/** Made of nothing but names, so the same on every machine; every other one has a monthly fee besides. */
export function syntheticSeries(): KnownCosts[] {
  return Object.entries(KINDS).flatMap(([kind, make]) =>
    Array.from({ length: SERIES_PER_KIND }, (_, number) => {
      const draw: Given["draw"] = (...names) => chance(SEED, kind, number, ...names);
      const gauss: Given["gauss"] = (...names) =>
        Math.sqrt(-2 * Math.log(1 - draw(...names, "radius"))) *
        Math.cos(2 * Math.PI * draw(...names, "angle"));
      const [level, weekend, spread] = [
        50 + 200 * draw("level"),
        0.4 + 0.6 * draw("weekend"),
        0.03 + 0.12 * draw("spread"),
      ];
      const at = make({
        draw,
        gauss,
        spread,
        weekday: (index) => (index % 7 >= 5 ? weekend : 1),
        noise: (index) => 1 + spread * gauss("noise", index),
      });
      const feeDay = number % 2 === 0 ? undefined : 1 + Math.floor(28 * draw("fee"));
      const costs = DAYS.flatMap((day, index) => [
        costOf(day, Math.max(0, level * at(index))),
        ...(Number(day.slice(8)) === feeDay ? [costOf(day, 3 * level, "fee")] : []),
      ]);
      return { name: `${kind} ${number}`, costs };
    }),
  );
}

export function costOf(day: Day, usd: number, line = ""): DailyCost {
  return { day, picos: BigInt(Math.round(usd * 1e6)) * PICOS_PER_MICRO, line };
}
