import { openPlatform, type Platform } from "@apportion/platform/platform";
import type { ApportionConfig } from "../config.js";
import { commandLogger } from "./command-logger.js";
import { type CommandContext } from "./context.js";
import { type CommonOptions, findGround, requireData } from "./load.js";

/** Opens what a command stands on, without any service, and closes it again. `log`: it never asks for the tables. */
export async function withPlatform<T>(
  context: CommandContext,
  options: CommonOptions,
  use: (platform: Platform, config: ApportionConfig) => Promise<T>,
  needs: "tables" | "log" = "tables",
): Promise<T> {
  const { config, opening } = await findGround(context, options, ["eventLog", "clickhouse"]);
  requireData(config, options);
  const platform = await openPlatform(config, {
    ...opening,
    logger: commandLogger(config.logLevel),
    startsEngine: needs === "tables",
  });
  try {
    return await use(platform, config);
  } finally {
    await platform.close();
  }
}
