import { createHash } from "node:crypto";
import { DAY_MS, HOUR_MS, startOf, weekdayFactor } from "./clock.js";
import { chance } from "./random.js";
import type { PlatformRegistry } from "./registry.js";

export interface SimulatedExperiment {
  readonly id: string;
  readonly name: string;
  /** Value of the experiment's `team` tag; absent where nobody set one. */
  readonly team?: string;
}

export interface SimulatedRun {
  readonly runId: string;
  readonly experimentId: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly status: "FINISHED" | "FAILED" | "RUNNING";
  /** Value of the run's own `team` tag; absent where the experiment's counts. */
  readonly team?: string;
  readonly lifecycle: "active" | "deleted";
}

/** An experiment for each team that uses MLflow, and one that belongs to nobody. */
export function experimentsOf(registry: PlatformRegistry): SimulatedExperiment[] {
  const used = registry.teams.filter((team) => team.mlflowRunsPerDay > 0);
  return [
    ...used.map((team, index) => ({ id: String(index + 1), name: `${team.id}-model`, team: team.id })),
    { id: "900", name: "playground" },
  ];
}

/** Runs that started on the day and that the tracking server shows by `asOfMs`. */
export function runsOf(
  seed: number,
  registry: PlatformRegistry,
  day: string,
  asOfMs: number,
): SimulatedRun[] {
  return experimentsOf(registry)
    .flatMap((experiment) => runsOfExperiment(seed, registry, experiment, day))
    .filter(({ run, visibleMs }) => run.startMs < asOfMs && visibleMs <= asOfMs)
    .map(({ run }) => (run.endMs > asOfMs ? { ...run, status: "RUNNING" } : run));
}

function runsOfExperiment(
  seed: number,
  registry: PlatformRegistry,
  experiment: SimulatedExperiment,
  day: string,
): { readonly run: SimulatedRun; readonly visibleMs: number }[] {
  const team = registry.teams.find(({ id }) => id === experiment.team);
  const count = Math.max(1, Math.round((team?.mlflowRunsPerDay ?? 3) * weekdayFactor(day)));
  return Array.from({ length: count }, (_, index) => {
    const dice = (name: string): number => chance(seed, "run", day, experiment.id, index, name);
    const startMs = startOf(day) + Math.floor(dice("start") * DAY_MS);
    // One in forty was logged offline and synchronised the next day.
    const late = dice("late") < 0.025;
    const tagged = team !== undefined && dice("tag") < 0.5;
    const run: SimulatedRun = {
      runId: createHash("md5").update([seed, day, experiment.id, index].join("/")).digest("hex"),
      experimentId: experiment.id,
      name: `${experiment.name}-${day}-${index}`,
      startMs,
      endMs: startMs + Math.floor((0.2 + 3 * dice("length")) * HOUR_MS),
      status: dice("status") < 0.1 ? "FAILED" : "FINISHED",
      ...(tagged && { team: team.id }),
      lifecycle: dice("deleted") < 0.03 ? "deleted" : "active",
    };
    return { run, visibleMs: late ? startOf(day) + 2 * DAY_MS : startMs };
  });
}
