import { randomUUID } from "node:crypto";
import { untilSignal } from "@apportion/platform/entry";
import type { Platform } from "@apportion/platform/platform";
import { createHealth, type Health } from "@apportion/runtime/health";
import { createLogger, type Logger } from "@apportion/runtime/logger";
import { logWholeProcess } from "@apportion/runtime/process-log";
import type { Service } from "@apportion/runtime/service";
import { sectionOf, type ApportionConfig } from "../config.js";
import { openServices, openSystem, secretSectionsOf, serviceEntries, type SystemOptions } from "../system.js";
import { parseFlag, say, UsageError, type CommandContext } from "./context.js";
import { answerHealth, parseHealthPort, type HealthPort } from "./health.js";
import { loadCommandConfig, type CommonOptions } from "./load.js";
import { runUntilEnded, untilAborted } from "./run-until-ended.js";
import { VERSION } from "./version.js";

export interface UpOptions extends CommonOptions {
  readonly service?: string;
  readonly healthPort?: string;
}

/**
 * Runs everything in one process, or some services alone, until SIGINT or SIGTERM; what is in hand is finished first. Waits for what it needs
 * and is not there yet. False when it could not go on; the log says why.
 */
export async function up(context: CommandContext, options: UpOptions): Promise<boolean> {
  const port =
    options.healthPort === undefined
      ? undefined
      : parseFlag("--health-port", options.healthPort, parseHealthPort);
  if (options.service === undefined) {
    const config = loadCommandConfig(context, options);
    const open: Open = async (opening) => {
      const { platform, services } = await openSystem(config, { ...opening, servesVersion: VERSION });
      return { platform, services };
    };
    return inProcess(context, { ...options, name: "apportion", config, port }, open);
  }
  const entries = serviceEntries(options.service, context.collectors);
  const config = loadCommandConfig(context, options, secretSectionsOf(entries));
  // The embedded log and engine belong to one process, so a second one could not see what this one does.
  if (config.eventLog.kind === "embedded")
    throw new UsageError(
      "--service needs eventLog.kind: kafka (and a ClickHouse server): the embedded ones live in one process",
    );
  const open: Open = (opening) => openServices(config, entries, opening);
  // Ending would have a supervisor start it again and again.
  const absent = entries.filter((entry) => sectionOf(config, entry) === undefined);
  const idle =
    absent.length === entries.length
      ? `The configuration has no section ${absent.map(({ section }) => section).join(", ")}: ${options.service} has nothing to do.`
      : undefined;
  return inProcess(context, { ...options, name: options.service, config, port, idle }, open);
}

type Open = (
  options: SystemOptions,
) => Promise<{ readonly platform: Platform; readonly services: readonly Service[] }>;

interface ProcessOptions {
  /** As the log names it. */
  readonly name: string;
  readonly data: string;
  readonly config: ApportionConfig;
  /** Of health, where the command line says it. */
  readonly port: HealthPort | undefined;
  /** Why there is nothing to do, if it is so. */
  readonly idle?: string | undefined;
}

/** What is the same for every process: its log, what ends it, and where it says how it fares. */
async function inProcess(context: CommandContext, options: ProcessOptions, open: Open): Promise<boolean> {
  const { name, config } = options;
  const ending = new AbortController();
  void untilSignal().then((signal) => ending.abort(new Error(signal)));
  const processId = randomUUID();
  const isTerminal = context.stderr.isTTY === true;
  const fields = { service: name, process: processId, version: VERSION };
  const logger = createLogger(config.logLevel, { fields, pretty: isTerminal });
  const notices = createLogger("info", { fields }); // whoever starts it is told that it runs, at any level
  const tell = (text: string): void => (isTerminal ? say(context, text) : notices.info({}, text));
  if (!isTerminal) logWholeProcess(logger);
  const health = createHealth();
  try {
    const answering = await answerHealth(config.health, options.port, health, logger);
    try {
      const opening = {
        dataDir: options.data,
        clock: context.now,
        logger,
        processId,
        health,
      };
      if (options.idle === undefined) await run(opening, open, ending.signal, tell);
      else await rest(options.idle, health, ending.signal, tell);
    } finally {
      await answering?.close();
    }
    return true;
  } catch (error) {
    if (isTerminal) throw error;
    createLogger("error", { fields }).error({ err: error }, (error as Error).message);
    return false;
  }
}

async function run(
  opening: Omit<SystemOptions, "patience"> & { readonly health: Health; readonly logger: Logger },
  open: Open,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<void> {
  let state: string | undefined = "starting";
  opening.health.add(async () => [{ what: "start", ok: state === undefined, detail: state ?? "running" }]);
  const opened = await open({ ...opening, patience: { signal } }).catch((error: unknown) => {
    if (signal.aborted) return undefined; // it was asked to end while it waited
    throw error;
  });
  if (!opened) return;
  const { platform, services } = opened;
  let failure: Error | undefined;
  void platform.failed.then((error) => (failure = error));
  opening.health.addFatal(() => failure?.message);
  await runUntilEnded({
    services,
    platform,
    signal,
    onRunning() {
      state = undefined;
      tell(`Running ${services.map(({ name }) => name).join(", ")}. Ctrl+C ends it.`);
    },
    onEnding() {
      state = "ending";
      tell("Finishing what is in hand …");
    },
  });
}

async function rest(
  why: string,
  health: Health,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<void> {
  health.add(async () => [{ what: "start", ok: true, detail: why }]);
  tell(`${why} Ctrl+C ends it.`);
  const awake = setInterval(() => undefined, NEVER_MS); // a process with nothing to wait for would end
  await untilAborted(signal);
  clearInterval(awake);
}

/** Longest interval of a timer, in milliseconds. */
const NEVER_MS = 2 ** 31 - 1;
