import { createLogger } from "@apportion/runtime/logger";
import { startAll, systemClock } from "@apportion/runtime/service";
import { untilSignal } from "@apportion/platform/entry";
import { openService, openSystem } from "../system.js";
import { say, UsageError, type CommandContext } from "./context.js";
import { loadCommandConfig, type CommonOptions } from "./load.js";

/** Runs everything in one process, or one service alone, until SIGINT or SIGTERM; what is in hand is finished first. */
export async function up(
  context: CommandContext,
  options: CommonOptions & { readonly service?: string },
): Promise<void> {
  const config = loadCommandConfig(context, options);
  const logger = createLogger(config.logLevel);
  const opening = { dataDir: options.data, clock: systemClock, logger };
  const { platform, services } =
    options.service === undefined
      ? await openSystem(config, opening)
      : await alone(config, options.service, opening);
  try {
    const running = await startAll(services);
    say(context, `Running ${services.map(({ name }) => name).join(", ")}. Ctrl+C ends it.`);
    await untilSignal();
    say(context, "Finishing what is in hand …");
    await running.stop();
  } finally {
    await platform.close();
  }
}

type Alone = Awaited<ReturnType<typeof openService>>;

async function alone(
  config: Parameters<typeof openService>[0],
  name: string,
  opening: Parameters<typeof openService>[2],
): Promise<{ platform: Alone["platform"]; services: Alone["service"][] }> {
  // The embedded log and engine belong to one process, so a second one could not see what this one does.
  if (config.eventLog.kind === "embedded")
    throw new UsageError(
      "--service needs eventLog.kind: kafka (and a ClickHouse server): the embedded ones live in one process",
    );
  const { platform, service } = await openService(config, name, opening);
  return { platform, services: [service] };
}
