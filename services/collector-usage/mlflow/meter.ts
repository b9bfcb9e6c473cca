import type { ChargePeriod } from "@apportion/domain/period";
import type { MlflowConfig } from "../config.js";
import type { UsageMeter } from "../meter.js";
import { createMlflowClient } from "./client.js";
import {
  distinctRunning,
  distinctRuns,
  oneRun,
  runHours,
  usageByTeam,
  type Experiment,
  type Run,
} from "./parse.js";

const UNITS: Readonly<Record<MlflowConfig["counts"], string>> = {
  runs: "runs",
  "run-hours": "hours",
  "artifact-bytes": "bytes",
};
const PICOS = 10n ** 12n;
/** A backfill asks for many days in a row; the experiments are the same for all of them. */
const EXPERIMENTS_MS = 60_000;

/** Runs of a tracking server and their artifacts, by the day on which they start; their hours, by the day on which they run. */
export function mlflowMeter(config: MlflowConfig): UsageMeter {
  const client = createMlflowClient(config);
  let known: { readonly readAtMs: number; readonly experiments: Experiment[] } | undefined;
  const experimentsNow = async (signal: AbortSignal): Promise<Experiment[]> => {
    // Either way: a clock that was set back must not keep them.
    if (!known || Math.abs(Date.now() - known.readAtMs) > EXPERIMENTS_MS)
      known = { readAtMs: Date.now(), experiments: await client.experiments(signal) };
    return known.experiments;
  };
  return {
    source: "mlflow",
    scope: config.name,
    async read(period, now, signal) {
      const experiments = await experimentsNow(signal);
      const ids = experiments.map(({ experiment_id }) => experiment_id);
      const runs =
        config.counts === "run-hours"
          ? distinctRunning(await client.running(ids, period, signal), period)
          : distinctRuns(await client.started(ids, period, signal), period);
      const quantityOf = await quantities(runs, period, now, signal);
      return usageByTeam(runs, experiments, { ...config, unit: UNITS[config.counts], quantityOf });
    },
  };

  async function quantities(
    runs: readonly Run[],
    period: ChargePeriod,
    now: Date,
    signal: AbortSignal,
  ): Promise<(run: Run) => bigint> {
    switch (config.counts) {
      case "runs":
        return oneRun;
      case "run-hours":
        return (run) => runHours(run, period, now);
      case "artifact-bytes": {
        const bytes = new Map<Run, bigint>();
        for (const run of runs) bytes.set(run, (await client.artifactBytes(run.info.run_id, signal)) * PICOS);
        return (run) => bytes.get(run) ?? 0n;
      }
    }
  }
}
