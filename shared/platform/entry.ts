import { z } from "zod";
import { ConfigError, parseConfig, readConfigText } from "@apportion/runtime/config";
import { createLogger } from "@apportion/runtime/logger";
import { startAll, systemClock, type Service } from "@apportion/runtime/service";
import { platformConfig } from "./config.js";
import { openPlatform, type Platform } from "./platform.js";

/**
 * A service as the composition root sees it: the section of `apportion.yaml` it reads and how it is made of it. The same
 * entry runs in one process with the others (`apportion up`) or alone (`node services/<name>/dist/main.js`).
 */
export interface ServiceEntry<Key extends string, Schema extends z.ZodType, S extends Service> {
  readonly name: string;
  /** Name of its section in `apportion.yaml`. */
  readonly section: Key;
  readonly schema: Schema;
  create(config: z.output<Schema>, platform: Platform): Promise<S>;
}

/** Keeps the types of the entry; returns it unchanged. */
export function defineEntry<Key extends string, Schema extends z.ZodType, S extends Service>(
  entry: ServiceEntry<Key, Schema, S>,
): ServiceEntry<Key, Schema, S> {
  return entry;
}

interface ProcessInputs {
  /** Configuration file and data folder, both optional. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Runs one service as a process until SIGINT or SIGTERM, and lets it finish what is in hand. Sets the exit code. */
export async function runEntry<Key extends string, Schema extends z.ZodType, S extends Service>(
  entry: ServiceEntry<Key, Schema, S>,
  { argv, env }: ProcessInputs,
): Promise<void> {
  const logger = createLogger("info");
  try {
    const file = argv[0] ?? "apportion.yaml";
    const source = { file, text: readConfigText(file), env };
    const shared = parseConfig(source, z.object(platformConfig));
    const own = parseConfig(source, z.object({ [entry.section]: entry.schema }));
    const dataDir = argv[1] ?? "apportion-data";
    const platform = await openPlatform(shared, { dataDir, clock: systemClock, logger });
    try {
      const service = await entry.create(own[entry.section] as z.output<Schema>, platform);
      const running = await startAll([service]);
      logger.info({ service: entry.name }, "running");
      await untilSignal();
      await running.stop();
    } finally {
      await platform.close();
    }
  } catch (error) {
    logger.error({ service: entry.name, err: error }, (error as Error).message);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  }
}

/** Resolves with the first SIGINT or SIGTERM. A second one ends the process at once, as Node.js does by default. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const signals = ["SIGINT", "SIGTERM"] as const;
    const handler = (signal: NodeJS.Signals): void => {
      for (const name of signals) process.removeListener(name, handler);
      resolve(signal);
    };
    for (const name of signals) process.on(name, handler);
  });
}
