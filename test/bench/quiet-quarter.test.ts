import { expect, it } from "vitest";
import { DEFAULT_FLOORS, saidInQuarter } from "./anomalies.js";
import { QUIET_MONTHS, simulatedCategories } from "./anomaly-series.js";

it("says nothing of a quarter of the simulator's teams in which nothing happens, and what is planted into one", () => {
  const series = simulatedCategories(1);
  expect(QUIET_MONTHS).toHaveLength(3);
  expect(new Set(series.costs.map(({ team }) => team)).size).toBe(24);
  expect(saidInQuarter(series, DEFAULT_FLOORS)).toEqual([]);
  const planted = series.costs.map((each) => ({
    ...each,
    days: each.days.map(
      ([day, usd]) => [day, day === "2026-11-12" && each.category === "gpu" ? usd * 2 + 50 : usd] as const,
    ),
  }));
  const gpus = planted.filter(({ category, days }) => category === "gpu" && days.some(([, usd]) => usd > 0));
  const said = saidInQuarter({ ...series, costs: planted }, DEFAULT_FLOORS);
  expect(said.map(({ team, category, day }) => `${team} ${category} ${day}`).toSorted()).toEqual(
    gpus.map(({ team }) => `${team} gpu 2026-11-12`).toSorted(),
  );
});
