import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { countRuns, experimentsPage, runsPage } from "./parse.js";

function recorded(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`recorded/${name}.json`, import.meta.url), "utf8"));
}

const EXPERIMENTS = experimentsPage.parse(recorded("mlflow_experiments_search")).experiments;
const RUNS = [
  ...runsPage.parse(recorded("mlflow_runs_search_p1")).runs,
  ...runsPage.parse(recorded("mlflow_runs_search_last")).runs,
];
const OPTIONS = {
  meter: "mlflow.runs",
  teamTag: "team",
  chargePeriod: { start: "2026-11-22T00:00:00Z", end: "2026-11-23T00:00:00Z" },
};

describe("genuine answers of MLflow", () => {
  it("counts runs by the run's team, else its experiment's, else nobody's", () => {
    const rows = countRuns(RUNS, EXPERIMENTS, OPTIONS);
    expect(Object.fromEntries(rows.map(({ team_label, quantity }) => [team_label, quantity]))).toEqual({
      "": "2",
      "team-a": "1",
      "team-b": "3",
      x: "1", // a tag with which no team is registered is counted all the same
    });
    expect(rows.every(({ unit, meter }) => unit === "runs" && meter === "mlflow.runs")).toBe(true);
  });

  it("takes a search without a hit for no runs", () => {
    expect(runsPage.parse({}).runs).toEqual([]);
  });

  it("counts a run once that comes on two pages", () => {
    const once = countRuns(RUNS, EXPERIMENTS, OPTIONS);
    expect(countRuns([...RUNS, ...RUNS], EXPERIMENTS, OPTIONS)).toEqual(once);
  });

  it("refuses runs of another day: the server did not filter", () => {
    const chargePeriod = { start: "2026-11-01T00:00:00Z", end: "2026-11-02T00:00:00Z" };
    expect(() => countRuns(RUNS, EXPERIMENTS, { ...OPTIONS, chargePeriod })).toThrow("outside of the day");
  });
});
