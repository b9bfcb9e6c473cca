import { placesInWords } from "@apportion/platform/identity";
import { openPlatform } from "@apportion/platform/platform";
import { createLogger } from "@apportion/runtime/logger";
import { print, type CommandContext } from "./context.js";
import { loadCommandConfig, type CommonOptions } from "./load.js";

/**
 * Creates the topics and brings the tables up to date; safe to repeat and to interrupt. Where the database was moved, or is reached by
 * another name, the event log knows that place too afterwards.
 */
export async function migrateCommand(
  context: CommandContext,
  options: CommonOptions & { readonly replaceDatabase?: boolean },
): Promise<void> {
  const config = loadCommandConfig(context, options);
  const logger = createLogger(config.logLevel);
  const platform = await openPlatform(config, {
    dataDir: options.data,
    clock: context.now,
    logger,
    replacesDatabase: options.replaceDatabase === true,
  });
  try {
    const deployment = await platform.deployment();
    print(
      context,
      `Topics and tables are up to date: those of deployment ${deployment.deploymentId}, tables in ${placesInWords(deployment)}.`,
    );
  } finally {
    await platform.close();
  }
}
