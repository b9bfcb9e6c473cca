import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatPicos } from "@apportion/domain/money";
import {
  artifactsPage,
  distinctRuns,
  experimentsPage,
  oneRun,
  runHours,
  runsPage,
  usageByTeam,
} from "./parse.js";

function recorded(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`recorded/${name}.json`, import.meta.url), "utf8"));
}

const EXPERIMENTS = experimentsPage.parse(recorded("mlflow_experiments_search")).experiments;
const RUNS = [
  ...runsPage.parse(recorded("mlflow_runs_search_p1")).runs,
  ...runsPage.parse(recorded("mlflow_runs_search_last")).runs,
];
const PERIOD = { start: "2026-11-22T00:00:00Z", end: "2026-11-23T00:00:00Z" };
const OPTIONS = { meter: "mlflow.runs", unit: "runs", teamTag: "team", quantityOf: oneRun };

describe("genuine answers of MLflow", () => {
  it("counts runs by the run's team, else its experiment's, else nobody's", () => {
    const rows = usageByTeam(distinctRuns(RUNS, PERIOD), EXPERIMENTS, OPTIONS);
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
    expect(distinctRuns([...RUNS, ...RUNS], PERIOD)).toEqual(RUNS);
  });

  it("refuses runs of another day: the server did not filter", () => {
    const period = { start: "2026-11-01T00:00:00Z", end: "2026-11-02T00:00:00Z" };
    expect(() => distinctRuns(RUNS, period)).toThrow("outside of the day");
  });

  it("measures how long runs took; one that has not ended, until now", () => {
    const hours = (end_time?: number): bigint =>
      runHours(
        {
          info: {
            run_id: "r",
            experiment_id: "1",
            start_time: 0,
            ...(end_time !== undefined && { end_time }),
          },
          data: { tags: [] },
        },
        new Date(7_200_000),
      );
    expect(formatPicos(hours(5_400_000))).toBe("1.5");
    expect(formatPicos(hours())).toBe("2");
    expect(() => hours(-1)).toThrow("ended before it started");
  });

  it("refuses sizes and times that are no whole numbers", () => {
    for (const file_size of [1.5, -1, "x", 1e300])
      expect(artifactsPage.safeParse({ files: [{ path: "a", file_size }] }).success).toBe(false);
    expect(artifactsPage.parse({ files: [{ path: "a", file_size: "7" }] }).files[0]?.file_size).toBe(7);
    for (const end_time of [1.5, 1e300]) {
      const info = { run_id: "r", experiment_id: "1", start_time: 0, end_time };
      expect(runsPage.safeParse({ runs: [{ info, data: { tags: [] } }] }).success).toBe(false);
    }
  });

  it("reads folders and sizes of artifacts", () => {
    const { files } = artifactsPage.parse(recorded("mlflow_artifacts_list_root"));
    expect(files).toEqual([
      { path: "log.txt", is_dir: false, file_size: 5 },
      { path: "model", is_dir: true, file_size: 0 },
    ]);
  });
});
