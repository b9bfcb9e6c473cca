import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DAY_MS, dayOf, parseDay, type Day } from "@apportion/domain/period";
import { untilSignal } from "@apportion/platform/entry";
import { createLogger, type Logger, type LogLevel } from "@apportion/runtime/logger";
import { startAll } from "@apportion/runtime/service";
import { openMailbox } from "@apportion/simulator/mailbox";
import { startSimulator } from "@apportion/simulator/simulator";
import {
  DEFAULT_DATA_FOLDER,
  parseFlag,
  print,
  printJson,
  say,
  UsageError,
  type CommandContext,
} from "../commands/context.js";
import { VERSION } from "../commands/version.js";
import { loadConfig } from "../config.js";
import { renderSummary } from "../summary/render.js";
import { openSystem } from "../system.js";
import { writeDemoConfig } from "./demo-config.js";
import { readDemoFolder, writeDemoFolder, type DemoFolder } from "./folder.js";
import { describe } from "./result.js";
import { setSimulatedClock } from "./simulated-clock.js";
import { catchUp, monthsOf, tellStory, type Stage } from "./story.js";

export interface DemoOptions {
  /** Ends when the months are charged, also in a terminal. */
  readonly once?: boolean;
  /** Stays up, also without a terminal. */
  readonly stay?: boolean;
  /** Stays up while simulated days go by. */
  readonly daysGoBy?: boolean;
  readonly data: string;
  readonly seed?: string;
  /** The simulated day on which it begins; that of the folder where absent, in a new one {@link FIRST_DAY}. */
  readonly asOf?: string;
  readonly json?: boolean;
}

/** Always the same, so that everybody sees the months and numbers that the README shows. */
const FIRST_DAY = parseDay("2026-12-08");
/** How long a simulated day lasts while the demo runs on, in milliseconds. */
const SIMULATED_DAY_MS = 15_000;

/**
 * The whole system against the simulated platform, with a clock of its own. Works in stages, so that the same command on the same
 * folder ends in the same tables and mails however often it was interrupted; in a folder that ran on it goes on from there.
 */
export async function demo(context: CommandContext, options: DemoOptions): Promise<void> {
  const startedMs = performance.now();
  const stays = staysUp(context, options);
  mkdirSync(options.data, { recursive: true, mode: 0o700 });
  const folder = openFolder(options);
  const isNew = folder.aheadMs === undefined;
  const clock = { now: isNew ? new Date(folder.asOf) : context.now() };
  const simulator = await startSimulator({ seed: folder.seed, asOf: clock.now });
  const mailbox = await openMailbox(join(options.data, "mail"));
  const configFile = writeDemoConfig(options.data, simulator, mailbox, monthsOf(folder.asOf).before);
  const config = loadConfig(configFile, context.env);
  const logger = demoLogger(config.logLevel);
  const system = await openSystem(config, {
    dataDir: options.data,
    clock: () => clock.now,
    logger,
    ...(stays && { servesVersion: VERSION }),
  });
  const aheadMs = (): number => clock.now.getTime() - context.now().getTime() + (folder.aheadMs ?? 0);
  const stage: Stage = {
    context,
    system,
    simulator,
    async moveTo(now) {
      simulator.setAsOf(now);
      clock.now = now;
      await setSimulatedClock(await system.platform.clickhouse(), aheadMs());
    },
  };
  const keepClock = (): void =>
    writeDemoFolder(options.data, { ...folder, aheadMs: aheadMs(), readOn: dayOf(clock.now) });
  try {
    say(
      context,
      `Simulated platform, seed ${folder.seed}: ${config.teams.length} teams on ${config.clusters.length} clusters. Every number is made up.`,
    );
    await stage.moveTo(clock.now);
    const { close } = config.allocation;
    const story = isNew
      ? await tellStory(stage, folder.asOf, close)
      : await catchUp(stage, folder, dayOf(clock.now));
    keepClock();
    const today = dayOf(clock.now);
    const result = await describe(system, monthsOf(today), story, close, {
      today,
      seconds: (performance.now() - startedMs) / 1000,
      folders: { data: options.data, mail: mailbox.folder, config: configFile },
    });
    if (options.json) printJson(context, result);
    else print(context, renderSummary(result, context.stdout.columns ?? 100));
    if (stays) await keepRunning(stage, options, today, keepClock);
  } finally {
    await system.platform.close();
    await mailbox.stop();
    await simulator.stop();
  }
}

/** Whoever tries it is a person, and is told at the end what waits in quarantine. */
function demoLogger(level: LogLevel): Logger {
  const logger = createLogger(level, { pretty: true });
  const toldOf = (message: string): boolean => message.includes(" is in quarantine: ");
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => {
      if (!toldOf(message)) logger.error(fields, message);
    },
    child: (fields) => logger.child(fields),
  };
}

/** Two platforms in one folder would be charged as one, and two beginnings be two stories. @throws UsageError */
function openFolder({ data, seed: seedText, asOf: asOfText }: DemoOptions): DemoFolder {
  const seed = seedText === undefined ? undefined : parseFlag("--seed", seedText, parseSeed);
  const asOf = asOfText === undefined ? undefined : parseFlag("--as-of", asOfText, parseDay);
  const known = readDemoFolder(data);
  if (known && seed !== undefined && known.seed !== seed)
    throw new UsageError(
      `--seed: ${data} holds the platform of seed ${known.seed}; take another folder with --data for seed ${seed}`,
    );
  if (known && asOf !== undefined && known.asOf !== asOf)
    throw new UsageError(
      `--as-of: ${data} holds a demo that began on ${known.asOf}; take another folder with --data for ${asOf}`,
    );
  if (known) return known;
  const folder: DemoFolder = { seed: seed ?? 1, asOf: asOf ?? FIRST_DAY };
  writeDemoFolder(data, folder);
  return folder;
}

/** Whether it stays up with its pages: where somebody sits before it and did not say otherwise, or says so. @throws UsageError */
export function staysUp(
  { stdout }: Pick<CommandContext, "stdout">,
  { once, stay, daysGoBy }: Pick<DemoOptions, "once" | "stay" | "daysGoBy">,
): boolean {
  if (once && (stay || daysGoBy))
    throw new UsageError(
      `--once ends it when the months are charged: leave out --${stay ? "stay" : "days-go-by"}`,
    );
  return !once && (stay === true || daysGoBy === true || stdout.isTTY === true);
}

/** Shows the pages, and has commands work beside it, until the demo is interrupted. Nothing is read meanwhile, unless days go by. */
async function keepRunning(
  stage: Stage,
  { data, daysGoBy }: DemoOptions,
  today: Day,
  keepClock: () => void,
): Promise<void> {
  const { context, system } = stage;
  const { notifier, advisor, ledger, allocator, intake, explorer } = system;
  const consumers = [explorer, ...(notifier ? [notifier] : []), advisor, ledger, allocator, intake];
  const running = await startAll(consumers);
  const access = await system.platform.analystAccess();
  for (const line of [
    `Pages:      ${explorer.url ?? "off"}`,
    `Commands:   in another terminal${data === DEFAULT_DATA_FOLDER ? "" : `, with --data ${data}`}`,
    `ClickHouse: ${access?.url}, user ${access?.username}`,
    daysGoBy
      ? `A simulated day goes by every ${SIMULATED_DAY_MS / 1000} s. Ctrl+C ends it.`
      : `It stays ${today}: nothing is read meanwhile. Ctrl+C ends it.`,
  ])
    say(context, line);
  const stopping = new AbortController();
  const stopped = untilSignal().then(() => stopping.abort());
  if (daysGoBy) await letDaysGoBy(stage, today, keepClock, stopping.signal);
  await stopped;
  await running.stop();
}

/** Each is read, allocated and checked against the budgets. */
async function letDaysGoBy(
  stage: Stage,
  today: Day,
  keepClock: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { context, system } = stage;
  for (let now = Date.parse(today) + DAY_MS; !signal.aborted; now += DAY_MS) {
    await pause(SIMULATED_DAY_MS, undefined, { signal }).catch(() => undefined); // Ctrl+C ends the pause
    if (signal.aborted) break;
    await stage.moveTo(new Date(now));
    keepClock();
    await Promise.all(
      system.collectors.map(async (collector) => {
        const { published } = await collector.collectRecent();
        say(context, `${dayOf(new Date(now))} ${collector.name}: ${published} new or restated readings`);
      }),
    );
  }
}

function parseSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`"${text}" is not a whole number from 0 to 999999999`);
  return Number(text);
}
