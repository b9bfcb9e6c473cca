import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  addDays,
  billingPeriodOf,
  DAY_MS,
  dayOf,
  firstDayOf,
  parseDay,
  previousBillingPeriod,
  type BillingPeriod,
  type Day,
} from "@apportion/domain/period";
import { untilSignal } from "@apportion/platform/entry";
import { createLogger } from "@apportion/runtime/logger";
import { startAll } from "@apportion/runtime/service";
import { startSimulator, type Simulator } from "@apportion/simulator/simulator";
import { collectStage, allocateStage, notifyStage } from "../commands/pipeline.js";
import { parseFlag, print, printJson, say, type CommandContext } from "../commands/context.js";
import { loadConfig } from "../config.js";
import { renderSummary } from "../summary/render.js";
import { countQuarantined, summarizeMonth, type MonthSummary } from "../summary/summary.js";
import { openSystem, type System } from "../system.js";
import { writeDemoConfig } from "./demo-config.js";
import { listMails, openMailbox } from "./mailbox.js";

export interface DemoOptions {
  readonly once?: boolean;
  readonly data: string;
  readonly seed: string;
  /** The simulated today; the real one where absent. */
  readonly asOf?: string;
  readonly json?: boolean;
}

/** How long a simulated day lasts while the demo runs on, in milliseconds. */
const SIMULATED_DAY_MS = 15_000;
/** Days that each simulated day reads again: the sources restate what they said. */
const LOOKBACK_DAYS = 4;

export interface DemoResult extends MonthSummary {
  /** The month that is running, read up to yesterday. */
  readonly currentMonth: MonthSummary;
  readonly mails: number;
  readonly quarantined: number;
  readonly unreadable: readonly string[];
  readonly seconds: number;
  readonly folders: { readonly data: string; readonly mail: string; readonly config: string };
}

/**
 * The whole system against the simulated platform. Reads last month and the running one up to yesterday, in stages, so that
 * the same command on the same folder ends in the same tables and mails however often it was interrupted.
 */
export async function demo(context: CommandContext, options: DemoOptions): Promise<void> {
  const startedMs = Date.now();
  const seed = parseFlag("--seed", options.seed, parseSeed);
  const today =
    options.asOf === undefined ? dayOf(context.now()) : parseFlag("--as-of", options.asOf, parseDay);
  const current = billingPeriodOf(addDays(today, -1));
  const mailFolder = join(options.data, "mail");
  mkdirSync(options.data, { recursive: true });

  let simulatedNow = new Date(today);
  const simulator = await startSimulator({ seed, asOf: simulatedNow });
  const mailbox = await openMailbox(mailFolder);
  const configFile = writeDemoConfig(options.data, simulator, mailbox, current);
  const config = loadConfig(configFile, context.env);
  const logger = createLogger(config.logLevel);
  const system = await openSystem(config, { dataDir: options.data, clock: () => simulatedNow, logger });
  try {
    say(
      context,
      `Simulated platform, seed ${seed}: ${config.teams.length} teams on ${config.clusters.length} clusters. Every number is made up.`,
    );
    const unreadable = await runMonths(context, system, current, today);
    const result = await describe(system, current, {
      unreadable,
      seconds: (Date.now() - startedMs) / 1000,
      folders: { data: options.data, mail: mailFolder, config: configFile },
    });
    if (options.json) printJson(context, result);
    else print(context, renderSummary(result, context.stdout.columns ?? 100));
    if (!options.once) {
      await keepRunning(context, system, simulator, today, (now) => {
        simulatedNow = now;
      });
    }
  } finally {
    await system.platform.close();
    await mailbox.stop();
    await simulator.stop();
  }
}

async function runMonths(
  context: CommandContext,
  system: System,
  current: BillingPeriod,
  today: Day,
): Promise<string[]> {
  const last = previousBillingPeriod(current);
  const { failures } = await collectStage(context, system, { from: firstDayOf(last), to: today });
  await allocateStage(context, system);
  await notifyStage(context, system);
  await system.notifier?.sendMonthlyReports(last);
  return failures.map(({ error }) => error.message);
}

async function describe(
  system: System,
  current: BillingPeriod,
  rest: Pick<DemoResult, "unreadable" | "seconds" | "folders">,
): Promise<DemoResult> {
  const { platform } = system;
  const clickhouse = await platform.clickhouse();
  const summarize = (month: BillingPeriod): Promise<MonthSummary> =>
    summarizeMonth(clickhouse, platform.registry, platform.currency, month);
  return {
    ...(await summarize(previousBillingPeriod(current))),
    currentMonth: await summarize(current),
    mails: listMails(rest.folders.mail).length,
    quarantined: await countQuarantined(clickhouse),
    ...rest,
  };
}

/** Lets simulated days go by until the demo is interrupted: each is read, allocated and checked against the budgets. */
async function keepRunning(
  context: CommandContext,
  system: System,
  simulator: Simulator,
  today: Day,
  setNow: (now: Date) => void,
): Promise<void> {
  const consumers = [...(system.notifier ? [system.notifier] : []), system.allocator];
  const running = await startAll(consumers);
  const access = await system.platform.analystAccess();
  say(
    context,
    `Running on: a simulated day every ${SIMULATED_DAY_MS / 1000} s; Ctrl+C ends it. ClickHouse: ${access?.url}, user ${access?.username}`,
  );
  const stopping = new AbortController();
  const stopped = untilSignal().then(() => stopping.abort());
  for (let now = Date.parse(today) + DAY_MS; !stopping.signal.aborted; now += DAY_MS) {
    await pause(SIMULATED_DAY_MS, undefined, { signal: stopping.signal }).catch(() => undefined); // Ctrl+C ends the pause
    if (stopping.signal.aborted) break;
    setNow(new Date(now));
    simulator.setAsOf(new Date(now));
    const to = dayOf(new Date(now));
    for (const collector of system.collectors) {
      const { published } = await collector.collect({ from: addDays(to, -LOOKBACK_DAYS), to });
      say(context, `${to} ${collector.name}: ${published} new or restated readings`);
    }
  }
  await stopped;
  await running.stop();
}

function parseSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`"${text}" is not a whole number from 0 to 999999999`);
  return Number(text);
}
