import { openPlatform, type Platform } from "@apportion/platform/platform";
import { createLogger } from "@apportion/runtime/logger";
import type { ApportionConfig } from "../config.js";
import type { CommandContext } from "./context.js";
import { loadCommandConfig, requireData, type CommonOptions } from "./load.js";

/** Opens what a command stands on, without any service, and closes it again. */
export async function withPlatform<T>(
  context: CommandContext,
  options: CommonOptions,
  use: (platform: Platform, config: ApportionConfig) => Promise<T>,
): Promise<T> {
  const config = loadCommandConfig(context, options);
  requireData(config, options);
  const platform = await openPlatform(config, {
    dataDir: options.data,
    clock: context.now,
    logger: createLogger(config.logLevel === "info" ? "warn" : config.logLevel),
  });
  try {
    return await use(platform, config);
  } finally {
    await platform.close();
  }
}
