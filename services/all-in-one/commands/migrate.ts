import { openPlatform } from "@apportion/platform/platform";
import { createLogger } from "@apportion/runtime/logger";
import { systemClock } from "@apportion/runtime/service";
import { print, type CommandContext } from "./context.js";
import { loadCommandConfig, type CommonOptions } from "./load.js";

/**
 * Creates the topics and brings the tables up to date; safe to repeat and to interrupt. Where the database was moved, the event log
 * knows its new place afterwards.
 */
export async function migrateCommand(
  context: CommandContext,
  options: CommonOptions & { readonly replaceDatabase?: boolean },
): Promise<void> {
  const config = loadCommandConfig(context, options);
  const logger = createLogger(config.logLevel);
  const platform = await openPlatform(config, {
    dataDir: options.data,
    clock: systemClock,
    logger,
    recordsMoves: true,
    replacesDatabase: options.replaceDatabase === true,
  });
  try {
    const { deploymentId, database } = await platform.deployment();
    print(
      context,
      `Topics and tables are up to date: those of deployment ${deploymentId}, tables in ${database}.`,
    );
  } finally {
    await platform.close();
  }
}
