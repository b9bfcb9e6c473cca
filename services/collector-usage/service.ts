import type { Reading } from "@apportion/domain/facts";
import { chargePeriodOf, type Day } from "@apportion/domain/period";
import type { Platform } from "@apportion/platform/platform";
import { createCollector, type Collector } from "@apportion/readings/collector";
import { isSettled } from "@apportion/readings/finality";
import { createReadingPublisher } from "@apportion/readings/publisher";
import { failedReading, type FailedReading, type Source } from "@apportion/readings/source";
import { createMlflowClient } from "./client.js";
import type { MlflowConfig, UsageConfig } from "./config.js";
import { countRuns, type Experiment } from "./parse.js";

const NAME = "collector-usage";

/** Reads how much of the shared services each team used. */
export async function createUsageCollector(
  config: UsageConfig,
  platform: Pick<Platform, "log" | "clock" | "currency" | "logger">,
): Promise<Collector> {
  const { clock, logger } = platform;
  const publisher = await createReadingPublisher({ ...platform, producer: `/apportion/${NAME}` });
  return createCollector(
    { name: NAME, sources: [mlflowSource(config, clock)], publisher, clock, logger },
    config,
  );
}

/** A scope is a tracking server. */
export function mlflowSource(config: UsageConfig, clock: () => Date): Source {
  const servers = new Map(config.mlflow.map((server) => [server.name, server]));
  return {
    name: "mlflow",
    dataset: "usage",
    scopes: [...servers.keys()],
    async *read(scope, days, signal) {
      const server = servers.get(scope);
      if (!server) throw new Error(`There is no MLflow server ${scope}`);
      yield* readDays(server, days, config.settleHours, clock, signal);
    },
  };
}

async function* readDays(
  server: MlflowConfig,
  days: readonly Day[],
  settleHours: number,
  clock: () => Date,
  signal: AbortSignal,
): AsyncGenerator<Reading<"usage"> | FailedReading> {
  const client = createMlflowClient(server);
  let experiments: Experiment[] | undefined;
  for (const day of days) {
    const chargePeriod = chargePeriodOf(day);
    const key = { dataset: "usage" as const, source: "mlflow", scope: server.name, chargePeriod };
    try {
      const finality = isSettled(chargePeriod, settleHours, clock()) ? "final" : "provisional";
      experiments ??= await client.experiments(signal);
      const ids = experiments.map(({ experiment_id }) => experiment_id);
      const runs = await client.runs(ids, chargePeriod, signal);
      yield { key, rows: countRuns(runs, experiments, { ...server, chargePeriod }), finality };
    } catch (error) {
      yield failedReading(key, error);
    }
  }
}
