import { createLogger } from "@apportion/runtime/logger";
import { startAll, systemClock, type Service } from "@apportion/runtime/service";
import type { Platform } from "@apportion/platform/platform";
import { untilSignal } from "@apportion/platform/entry";
import { openService, openSystem, secretSectionsOf, serviceEntry } from "../system.js";
import { say, UsageError, type CommandContext } from "./context.js";
import { loadCommandConfig, type CommonOptions } from "./load.js";

/** Runs everything in one process, or one service alone, until SIGINT or SIGTERM; what is in hand is finished first. */
export async function up(
  context: CommandContext,
  options: CommonOptions & { readonly service?: string },
): Promise<void> {
  if (options.service !== undefined) return alone(context, { ...options, service: options.service });
  const config = loadCommandConfig(context, options);
  const { platform, services } = await openSystem(config, openingOf(options, config));
  await run(context, platform, services);
}

async function alone(
  context: CommandContext,
  options: CommonOptions & { readonly service: string },
): Promise<void> {
  const entry = serviceEntry(options.service);
  const config = loadCommandConfig(context, options, secretSectionsOf(entry));
  // The embedded log and engine belong to one process, so a second one could not see what this one does.
  if (config.eventLog.kind === "embedded")
    throw new UsageError(
      "--service needs eventLog.kind: kafka (and a ClickHouse server): the embedded ones live in one process",
    );
  if (config[entry.section] === undefined) {
    // Ending would have a supervisor start it again and again.
    const ended = untilEnded();
    say(
      context,
      `The configuration has no section ${entry.section}: ${entry.name} has nothing to do. Ctrl+C ends it.`,
    );
    return ended;
  }
  const { platform, service } = await openService(config, entry, openingOf(options, config));
  await run(context, platform, [service]);
}

function openingOf(options: CommonOptions, config: ReturnType<typeof loadCommandConfig>) {
  return { dataDir: options.data, clock: systemClock, logger: createLogger(config.logLevel) };
}

async function run(context: CommandContext, platform: Platform, services: readonly Service[]): Promise<void> {
  try {
    const running = await startAll(services);
    const signalled = untilSignal(); // before it is said: who reads it may end us at once
    say(context, `Running ${services.map(({ name }) => name).join(", ")}. Ctrl+C ends it.`);
    const failure = await Promise.race([signalled.then(() => undefined), platform.failed]);
    say(context, "Finishing what is in hand …");
    await running.stop();
    if (failure) throw failure;
  } finally {
    await platform.close();
  }
}

/** Longest interval of a timer, in milliseconds. */
const NEVER_MS = 2 ** 31 - 1;

async function untilEnded(): Promise<void> {
  const awake = setInterval(() => undefined, NEVER_MS); // a process with nothing to wait for would end
  await untilSignal();
  clearInterval(awake);
}
