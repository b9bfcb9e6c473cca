import { openPlatform } from "@apportion/platform/platform";
import { createLogger } from "@apportion/runtime/logger";
import { systemClock } from "@apportion/runtime/service";
import { print, type CommandContext } from "./context.js";
import { loadCommandConfig, type CommonOptions } from "./load.js";

/** Creates the topics and brings the tables up to date; safe to repeat and to interrupt. */
export async function migrateCommand(context: CommandContext, options: CommonOptions): Promise<void> {
  const config = loadCommandConfig(context, options);
  const logger = createLogger(config.logLevel);
  const platform = await openPlatform(config, { dataDir: options.data, clock: systemClock, logger });
  try {
    await platform.clickhouse();
    print(context, "Topics and tables are up to date.");
  } finally {
    await platform.close();
  }
}
