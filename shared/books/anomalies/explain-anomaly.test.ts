import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Category } from "@apportion/domain/category";
import { parseDay } from "@apportion/domain/period";
import type { WorkloadName } from "../compare/movement.js";
import type { LabelledWorkload, PeriodCosts } from "../compare/split-difference.js";
import { explainAnomalies } from "./explain-anomaly.js";
import type { Direction, Found } from "./find-anomalies.js";

const UNIT = 10n ** 12n;
const FLOORS = { atLeast: "50", atLeastPercent: 30 };
const NAME: WorkloadName = {
  kind: "workload",
  source: "kubecost",
  scope: "one",
  cluster: "one",
  namespace: "shared",
  controller: "",
  service: "",
  label: "",
  protectedLevel: "",
  protectedTeam: "",
};

interface Cost {
  readonly controller: string;
  readonly team: string;
  readonly category: Category;
  readonly cost: bigint;
  readonly quantity: bigint;
}

/** A day on which workloads, each of one team, cost so much. */
function day(costs: readonly Cost[], pool: Readonly<Record<string, bigint>> = {}): PeriodCosts {
  const workloads = new Map<string, LabelledWorkload>();
  for (const { controller, team, category, cost, quantity } of costs) {
    const part = new Map([[category, { cost, quantity }]]);
    const name = { ...NAME, controller };
    workloads.set(`${controller}/${category}`, {
      name,
      unlabelled: `${controller}/${category}`,
      byPayer: new Map([[`team/${team}`, part]]),
    });
  }
  const byPayer = new Map(Object.entries(pool).map(([team, picos]) => [`team/${team}`, picos]));
  const pools = new Map([["mlflow", { pool: "mlflow", category: "shared" as const, byPayer }]]);
  return { workloads, severalLabels: new Set(), pools, rest: new Map(), days: 1 };
}

const found = (team: string, category: Category, direction: Direction): Found => ({
  id: "1",
  team,
  category,
  day: parseDay("2026-11-20"),
  direction,
  expected: 100n * UNIT,
  low: 90n * UNIT,
  high: 110n * UNIT,
  against: parseDay("2026-11-13"),
});

describe("what did it", () => {
  it("adds up to what the day cost otherwise, of each team and category, exactly and in cents", () => {
    const costs = fc.array(
      fc.record({
        controller: fc.constantFrom("api", "batch", "web", "train"),
        team: fc.constantFrom("a", "b"),
        category: fc.constantFrom<Category>("cpu", "gpu", "object-storage"),
        cost: fc.bigInt({ min: -UNIT, max: 900n * UNIT }),
        quantity: fc.bigInt({ min: 0n, max: 50n * UNIT }),
      }),
      { maxLength: 12 },
    );
    const pool = fc.record({ a: fc.bigInt({ min: 0n, max: UNIT }), b: fc.bigInt({ min: 0n, max: UNIT }) });
    fc.assert(
      fc.property(costs, costs, pool, pool, (before, after, poolBefore, poolAfter) => {
        const sides = { before: day(before, poolBefore), after: day(after, poolAfter) };
        for (const team of ["a", "b"])
          for (const category of ["cpu", "gpu", "object-storage", "shared"] as const) {
            const [anomaly] = explainAnomalies([found(team, category, "above")], sides, FLOORS);
            if (!anomaly) throw new Error("an anomaly outside its interval is kept");
            const { cost, before: was, movements, effects } = anomaly;
            const sum = (parts: typeof movements | typeof effects, of: "picos" | "cents"): bigint =>
              parts.reduce((total, part) => total + part[of], 0n);
            expect([sum(movements, "picos"), sum(effects, "picos")]).toEqual([cost - was, cost - was]);
            expect(sum(movements, "cents")).toBe(sum(effects, "cents"));
          }
      }),
    );
  });

  it("keeps a day within its interval only where as much came and went of the team's own", () => {
    const cost = (controller: string, team: string, amount: bigint): Cost => ({
      controller,
      team,
      category: "cpu",
      cost: amount * UNIT,
      quantity: UNIT,
    });
    const swap = (team: string, amount: bigint) => ({
      before: day([cost("old", team, amount), cost("web", "a", 100n)]),
      after: day([cost("new", team, amount), cost("web", "a", 100n)]),
    });
    const kept = (team: string, amount: bigint): number =>
      explainAnomalies([found("a", "cpu", "within")], swap(team, amount), FLOORS).length;
    expect([kept("a", 60n), kept("a", 40n), kept("b", 60n)]).toEqual([1, 0, 0]);
  });
});
