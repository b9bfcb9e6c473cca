import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
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
import { closedMonths, readBooksOf, type StoredJournal } from "@apportion/allocator/ledger/books";
import { closeMonth } from "@apportion/allocator/ledger/close";
import type { CloseConfig, Gate } from "@apportion/allocator/ledger/gates";
import { chargedBy } from "@apportion/allocator/ledger/journal";
import { untilSignal } from "@apportion/platform/entry";
import { createLogger } from "@apportion/runtime/logger";
import { startAll } from "@apportion/runtime/service";
import { startSimulator, type Simulator } from "@apportion/simulator/simulator";
import { collectStage, allocateStage, notifyStage } from "../commands/pipeline.js";
import { parseFlag, print, printJson, say, UsageError, type CommandContext } from "../commands/context.js";
import { loadConfig } from "../config.js";
import { centsText } from "../summary/amounts.js";
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

const HOUR_MS = 3_600_000;
/** How long a simulated day lasts while the demo runs on, in milliseconds. */
const SIMULATED_DAY_MS = 15_000;

export interface DemoResult extends MonthSummary {
  /** The month that is running, read up to yesterday. */
  readonly currentMonth: MonthSummary;
  /** What was posted of last month: its statement, and the corrections of it. Empty while it is open. */
  readonly journals: readonly PostedJournal[];
  /** What the close looked at, and what it found. */
  readonly gates: readonly Gate[];
  readonly mails: number;
  readonly quarantined: number;
  readonly unreadable: readonly string[];
  readonly seconds: number;
  readonly folders: { readonly data: string; readonly mail: string; readonly config: string };
}

export interface PostedJournal {
  readonly seq: string;
  readonly kind: "statement" | "correction" | "decision";
  /** In whose books it is posted. */
  readonly billingPeriod: BillingPeriod;
  readonly correctsPeriod: BillingPeriod | "";
  /** Decimal amount in the deployment's currency. */
  readonly charged: string;
  readonly teams: readonly { readonly team: string; readonly charged: string }[];
  readonly hash: string;
}

function describeJournal(journal: StoredJournal): PostedJournal {
  const { seq, kind, billingPeriod, correctsPeriod, hash, entries } = journal;
  const teams = new Map<string, bigint>();
  for (const { account, teamId, cents } of entries)
    if (account === "team") teams.set(teamId, (teams.get(teamId) ?? 0n) + cents);
  return {
    seq: String(seq),
    kind,
    billingPeriod,
    correctsPeriod,
    charged: centsText(chargedBy(journal)),
    teams: Array.from(teams, ([team, cents]) => ({ team, charged: centsText(cents) })),
    hash,
  };
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
  requireSeed(options.data, seed);

  const clock = { now: new Date(today) };
  const simulator = await startSimulator({ seed, asOf: clock.now });
  const mailbox = await openMailbox(mailFolder);
  const configFile = writeDemoConfig(options.data, simulator, mailbox, current);
  const config = loadConfig(configFile, context.env);
  const logger = createLogger(config.logLevel);
  const system = await openSystem(config, { dataDir: options.data, clock: () => clock.now, logger });
  try {
    say(
      context,
      `Simulated platform, seed ${seed}: ${config.teams.length} teams on ${config.clusters.length} clusters. Every number is made up.`,
    );
    const story = { context, system, simulator, clock, current, today };
    const { unreadable, gates } = await runMonths(story, config.allocation.close);
    const result = await describe(system, current, {
      unreadable,
      gates,
      seconds: (Date.now() - startedMs) / 1000,
      folders: { data: options.data, mail: mailFolder, config: configFile },
    });
    if (options.json) printJson(context, result);
    else print(context, renderSummary(result, context.stdout.columns ?? 100));
    if (!options.once) {
      await keepRunning(context, system, simulator, today, (now) => {
        clock.now = now;
      });
    }
  } finally {
    await system.platform.close();
    await mailbox.stop();
    await simulator.stop();
  }
}

/** Two platforms in one folder would be charged as one. @throws UsageError */
function requireSeed(folder: string, seed: number): void {
  const file = join(folder, "demo-seed");
  const before = existsSync(file) ? readFileSync(file, "utf8").trim() : String(seed);
  if (before !== String(seed))
    throw new UsageError(
      `--seed: ${folder} holds the platform of seed ${before}; take another folder with --data for seed ${seed}`,
    );
  writeFileSync(file, `${seed}\n`);
}

interface Story {
  readonly context: CommandContext;
  readonly system: System;
  readonly simulator: Simulator;
  /** The simulated now. */
  readonly clock: { now: Date };
  readonly current: BillingPeriod;
  readonly today: Day;
}

/** Who signs in the demo; in earnest these are people. */
const SIGNED_BY = { preparedBy: "demo: finance analyst", approvedBy: "demo: finance controller" };
/** The day of last month that AWS restates after the close, and how long after it. */
const RESTATED_DAY = 20;
const RESTATED_AFTER_MS = HOUR_MS;
/** The source that reads the whole bill. */
const BILL = "aws-bill";

/**
 * Last month and the running one: read, allocated, alerted. Then last month is closed and reported as it was posted, or, where a
 * gate does not pass, provisionally. AWS restates a day of the closed month, and the difference becomes a correction in the running
 * one. A month that was closed by an earlier demo has its restatement already. The bill is read some days before as well: a month is
 * closed only when it says the same twice.
 */
async function runMonths(
  { context, system, simulator, clock, current, today }: Story,
  closeConfig: CloseConfig,
): Promise<{ unreadable: string[]; gates: readonly Gate[] }> {
  const last = previousBillingPeriod(current);
  const { platform, notifier } = system;
  const clickhouse = await platform.clickhouse();
  const restated = addDays(firstDayOf(last), RESTATED_DAY - 1);
  const goTo = (now: Date): void => {
    simulator.setAsOf(now);
    clock.now = now;
  };
  const restate = (): void => {
    simulator.restateLate(restated);
    clock.now = new Date(Date.parse(today) + RESTATED_AFTER_MS);
  };
  if ((await closedMonths(clickhouse)).some(({ period }) => period === last)) restate();
  else {
    goTo(new Date(Date.parse(today) - closeConfig.agreedHours * HOUR_MS));
    const to = dayOf(clock.now) < firstDayOf(current) ? dayOf(clock.now) : firstDayOf(current);
    await collectStage(context, system, { from: firstDayOf(last), to, source: BILL });
    goTo(new Date(today));
  }

  const { failures } = await collectStage(context, system, { from: firstDayOf(last), to: today });
  await allocateStage(context, system);
  await notifyStage(context, system);
  const result = await closeMonth(
    { ...platform, clickhouse },
    { month: last, ...SIGNED_BY, overrideReason: "" },
    closeConfig,
  );
  await notifier?.sendMonthlyReports(last);
  if (result.closed && !result.already) {
    restate();
    await collectStage(context, system, { from: restated, to: addDays(restated, 1) });
    await allocateStage(context, system);
    await notifyStage(context, system);
  }
  return { unreadable: failures.map(({ error }) => error.message), gates: result.gates };
}

async function describe(
  system: System,
  current: BillingPeriod,
  rest: Pick<DemoResult, "unreadable" | "gates" | "seconds" | "folders">,
): Promise<DemoResult> {
  const { platform } = system;
  const clickhouse = await platform.clickhouse();
  const summarize = (month: BillingPeriod): Promise<MonthSummary> =>
    summarizeMonth(clickhouse, platform.registry, platform.currency, month);
  const last = previousBillingPeriod(current);
  return {
    ...(await summarize(last)),
    journals: (await readBooksOf(clickhouse, last)).map(describeJournal),
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
    await Promise.all(
      system.collectors.map(async (collector) => {
        const { published } = await collector.collectRecent();
        say(context, `${dayOf(new Date(now))} ${collector.name}: ${published} new or restated readings`);
      }),
    );
  }
  await stopped;
  await running.stop();
}

function parseSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`"${text}" is not a whole number from 0 to 999999999`);
  return Number(text);
}
