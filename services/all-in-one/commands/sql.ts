import { createClickHouse } from "@apportion/clickhouse/client";
import { openPlatform } from "@apportion/platform/platform";
import { createLogger } from "@apportion/runtime/logger";
import { systemClock } from "@apportion/runtime/service";
import { UsageError, type CommandContext } from "./context.js";
import { loadCommandConfig, type CommonOptions } from "./load.js";

/** Asks as the read-only user and prints the answer in a ClickHouse output format. */
export async function sql(
  context: CommandContext,
  query: string,
  options: CommonOptions & { readonly format: string },
): Promise<void> {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(options.format))
    throw new UsageError(
      `--format: "${options.format}" is not the name of a ClickHouse format such as PrettyCompact, CSV or JSONEachRow`,
    );
  const config = loadCommandConfig(context, options);
  const logger = createLogger(config.logLevel === "info" ? "warn" : config.logLevel);
  const platform = await openPlatform(config, { dataDir: options.data, clock: systemClock, logger });
  try {
    const access = await platform.analystAccess();
    if (!access)
      throw new UsageError("clickhouse.analyst is not configured: `sql` asks as a read-only user only");
    const client = createClickHouse(access);
    try {
      const answer = await client.exec({
        query: `${query.replace(/[\s;]+$/, "")}\nFORMAT ${options.json ? "JSON" : options.format}`,
      });
      for await (const chunk of answer.stream) context.stdout.write(chunk as Buffer);
    } finally {
      await client.close();
    }
  } finally {
    await platform.close();
  }
}
