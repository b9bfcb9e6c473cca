import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatPicos } from "@apportion/domain/money";
import { chargePeriodOf, parseDay } from "@apportion/domain/period";
import {
  artifactsPage,
  distinctRunning,
  distinctRuns,
  experimentsPage,
  oneRun,
  runHours,
  runsPage,
  usageByTeam,
  type Run,
} from "./parse.js";

function recorded(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`recorded/${name}.json`, import.meta.url), "utf8"));
}

const EXPERIMENTS = experimentsPage.parse(recorded("mlflow_experiments_search")).experiments;
const RUNS = [
  ...runsPage.parse(recorded("mlflow_runs_search_p1")).runs,
  ...runsPage.parse(recorded("mlflow_runs_search_last")).runs,
];
const NOW = "2026-11-26T10:00:00Z";
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

  const run = (start: string, end?: string): Run => ({
    info: {
      run_id: `${start}/${end}`,
      experiment_id: "1",
      start_time: Date.parse(start),
      ...(end !== undefined && { end_time: Date.parse(end) }),
    },
    data: { tags: [] },
  });
  const days = ["2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"].map((day) =>
    chargePeriodOf(parseDay(day)),
  );
  const hoursByDay = (one: Run, now: string): string[] =>
    days.map((day) => formatPicos(runHours(one, day, new Date(now))));

  it("measures how long a run ran on each day that it touched", () => {
    expect(hoursByDay(run("2026-11-22T01:00:00Z", "2026-11-22T02:30:00Z"), NOW)).toEqual([
      "0",
      "1.5",
      "0",
      "0",
    ]);
    const threeDays = run("2026-11-21T12:00:00Z", "2026-11-24T12:00:00Z");
    expect(hoursByDay(threeDays, NOW)).toEqual(["12", "24", "24", "12"]);
    expect(() => hoursByDay(run("2026-11-22T01:00:00Z", "2026-11-22T00:59:59Z"), NOW)).toThrow(
      "ended before it started",
    );
  });

  it("measures the same whenever a day is read that is over, whether the run has ended meanwhile or not", () => {
    const open = run("2026-11-21T22:00:00Z");
    expect(hoursByDay(open, "2026-11-22T06:00:00Z").slice(0, 2)).toEqual(["2", "6"]); // while the 22nd lasts
    for (const now of ["2026-11-24T00:00:00Z", "2026-11-26T10:00:00Z", "2027-01-21T00:00:00Z"])
      expect(hoursByDay(open, now).slice(0, 3)).toEqual(["2", "24", "24"]);
    const ended = run("2026-11-21T22:00:00Z", "2026-11-24T00:00:00Z");
    expect(hoursByDay(ended, NOW).slice(0, 3)).toEqual(["2", "24", "24"]);
  });

  it("counts a run once that ended between two searches, with its end, and refuses what did not run on the day", () => {
    const open = run("2026-11-22T01:00:00Z");
    const ended = { ...open, info: { ...open.info, end_time: Date.parse("2026-11-22T02:00:00Z") } };
    expect(distinctRunning([open, ended], PERIOD)).toEqual([ended]);
    for (const elsewhere of [
      run("2026-11-23T00:00:00Z"),
      run("2026-11-21T01:00:00Z", "2026-11-22T00:00:00Z"),
    ])
      expect(() => distinctRunning([elsewhere], PERIOD)).toThrow("did not run on the day");
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
