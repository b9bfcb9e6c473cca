import type { MlflowConfig } from "../config.js";
import type { UsageMeter } from "../meter.js";
import { createMlflowClient } from "./client.js";
import { distinctRuns, oneRun, runHours, usageByTeam, type Experiment, type Run } from "./parse.js";

const UNITS: Readonly<Record<MlflowConfig["counts"], string>> = {
  runs: "runs",
  "run-hours": "hours",
  "artifact-bytes": "bytes",
};
const PICOS = 10n ** 12n;
/** A backfill asks for many days in a row; the experiments are the same for all of them. */
const EXPERIMENTS_MS = 60_000;

/** Runs of a tracking server, their hours or their artifacts, by the day on which they start. */
export function mlflowMeter(config: MlflowConfig): UsageMeter {
  const client = createMlflowClient(config);
  let known: { readonly readAtMs: number; readonly experiments: Experiment[] } | undefined;
  const experimentsNow = async (signal: AbortSignal): Promise<Experiment[]> => {
    if (!known || Date.now() - known.readAtMs > EXPERIMENTS_MS)
      known = { readAtMs: Date.now(), experiments: await client.experiments(signal) };
    return known.experiments;
  };
  return {
    source: "mlflow",
    scope: config.name,
    async read(period, now, signal) {
      const experiments = await experimentsNow(signal);
      const ids = experiments.map(({ experiment_id }) => experiment_id);
      const runs = distinctRuns(await client.runs(ids, period, signal), period);
      const quantityOf = await quantities(runs, now, signal);
      return usageByTeam(runs, experiments, { ...config, unit: UNITS[config.counts], quantityOf });
    },
  };

  async function quantities(
    runs: readonly Run[],
    now: Date,
    signal: AbortSignal,
  ): Promise<(run: Run) => bigint> {
    switch (config.counts) {
      case "runs":
        return oneRun;
      case "run-hours":
        return (run) => runHours(run, now);
      case "artifact-bytes": {
        const bytes = new Map<Run, bigint>();
        for (const run of runs) bytes.set(run, (await client.artifactBytes(run.info.run_id, signal)) * PICOS);
        return (run) => bytes.get(run) ?? 0n;
      }
    }
  }
}
