import type { PlaceChurn, TeamCosts } from "@apportion/books/anomalies/find-anomalies";
import type { Category } from "@apportion/domain/category";
import { type Day, daysBetween, parseDay } from "@apportion/domain/period";
import { billOf } from "@apportion/simulator/platform/bill";
import { UNITS_PER_USD, workloadsOf } from "@apportion/simulator/platform/kubernetes";
import { platformRegistry } from "@apportion/simulator/platform/registry";

/** A quarter on which nothing happens, and the three months before it. */
export const QUIET_MONTHS = ["2026-10", "2026-11", "2026-12"];
const DAYS = daysBetween(parseDay("2026-07-01"), parseDay("2027-01-01"));

/** What the simulator's teams cost by category, and what came and went among their workloads: direct costs at list price. */
export function simulatedCategories(seed: number): {
  readonly days: readonly Day[];
  readonly costs: readonly TeamCosts[];
  readonly churn: readonly PlaceChurn[];
} {
  const registry = platformRegistry(seed);
  const teams = new Set(registry.teams.map(({ id }) => id));
  const clock = {
    asOfMs: Date.parse("2027-02-01"),
    lateDays: new Set<string>(),
    mispriced: new Set<string>(),
  };
  const totals = new Map<string, Map<Day, number>>();
  const workloads = new Map<string, Map<Day, number>>();
  const add = (sums: typeof totals, names: readonly string[], day: Day, usd: number): void => {
    const key = JSON.stringify(names);
    const own = sums.get(key) ?? new Map<Day, number>();
    sums.set(key, own);
    own.set(day, (own.get(day) ?? 0) + usd);
  };
  for (const day of DAYS) {
    for (const { id } of registry.clusters)
      for (const { namespace, controller, costs } of workloadsOf(seed, registry, id, day, "final", 1)) {
        const team = namespace.replace(/^team-/, "");
        if (!teams.has(team)) continue;
        const parts: readonly [Category, number][] = [
          ["cpu", costs.cpu],
          ["gpu", costs.gpu],
          ["memory", costs.ram],
          ["persistent-volume", costs.pv],
          ["load-balancer", costs.loadBalancer],
        ];
        for (const [category, units] of parts) {
          if (units === 0) continue;
          add(totals, [team, category], day, units / UNITS_PER_USD);
          add(workloads, [team, category, id, controller], day, units / UNITS_PER_USD);
        }
      }
    for (const { teamTag, owner, netAmortized } of billOf(seed, registry, day, clock))
      if (teams.has(teamTag))
        add(
          totals,
          [teamTag, owner === "s3" ? "object-storage" : "services"],
          day,
          Number(netAmortized) / 1e10,
        );
  }
  const named = (key: string): [team: string, category: Category] => JSON.parse(key) as [string, Category];
  return {
    days: DAYS,
    costs: [...totals].map(([key, days]) => {
      const [team, category] = named(key);
      return { team, category, line: "", days: [...days] };
    }),
    churn: [...workloads].map(([key, days]) => {
      const [team, category] = named(key);
      return { category, teams: [team], days: movesOf(days) };
    }),
  };
}

function movesOf(days: ReadonlyMap<Day, number>): [Day, more: number, less: number][] {
  return DAYS.slice(1).map((day, index) => {
    const before = DAYS[index];
    const moved = (days.get(day) ?? 0) - ((before && days.get(before)) ?? 0);
    return [day, Math.max(0, moved), Math.max(0, -moved)];
  });
}
