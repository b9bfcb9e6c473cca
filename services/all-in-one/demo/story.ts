import type { CloseConfig, Gate } from "@apportion/books/ledger/gates";
import { closedMonths } from "@apportion/books/ledger/journals";
import {
  addDays,
  type BillingPeriod,
  billingPeriodOf,
  type Day,
  firstDayOf,
  previousBillingPeriod,
} from "@apportion/domain/period";
import { closeMonth } from "@apportion/ledger/close";
import type { Simulator } from "@apportion/simulator/simulator";
import type { CommandContext } from "../commands/context.js";
import { allocateStage, collectStage, notifyStage } from "../commands/pipeline.js";
import type { System } from "../system.js";
import type { DemoFolder } from "./folder.js";

/** The months of a demo, as its clock sees them. */
export interface StoryMonths {
  /** That the demo closes. */
  readonly before: BillingPeriod;
  /** That is complete, and left for whoever tries the demo to close. */
  readonly last: BillingPeriod;
  /** That is running, read up to yesterday. */
  readonly current: BillingPeriod;
}

export function monthsOf(today: Day): StoryMonths {
  const current = billingPeriodOf(addDays(today, -1));
  const last = previousBillingPeriod(current);
  return { before: previousBillingPeriod(last), last, current };
}

/** What a story is played on. */
export interface Stage {
  readonly context: CommandContext;
  readonly system: System;
  readonly simulator: Simulator;
  /** Sets the simulated now, for the platform, the services and the tables alike. */
  moveTo(now: Date): Promise<void>;
}

export interface StoryResult {
  readonly unreadable: readonly string[];
  /** What the close of the month before looked at. */
  readonly gates: readonly Gate[];
}

/** Who signs in the demo; in earnest these are people. */
const SIGNED_BY = { preparedBy: "demo: finance analyst", approvedBy: "demo: finance controller" };
/** The day of the month before that AWS restates after the close, and how long after it. */
const RESTATED_DAY = 20;
const HOUR_MS = 3_600_000;
/** The day of last month of which Kubecost says something that cannot be, when it is read again. */
const MISPRICED_DAY = 18;
/** When the story ends: early on a morning, an hour before the reports of the day are due. */
const MORNING_MS = 5 * HOUR_MS;
/** The source that reads the whole bill. */
const BILL = "aws-bill";
const KUBERNETES = "kubecost";

/**
 * Two months and a few days. The month before is read, charged, closed and reported; then AWS restates a day of it, and the difference
 * becomes a correction. Last month is read to its final bill and left open, with one day in quarantine. The bill is read some days
 * before as well: a month is closed only when it says the same twice. May be killed anywhere and told again.
 */
export async function tellStory(stage: Stage, today: Day, closeConfig: CloseConfig): Promise<StoryResult> {
  const months = monthsOf(today);
  const settled = addDays(firstDayOf(months.last), closeConfig.settleDay);
  const before = await tellMonthBefore(stage, months, settled < today ? settled : today, closeConfig);
  const unreadable = await tellLastMonth(stage, months, today, closeConfig);
  await stage.moveTo(new Date(Date.parse(today) + MORNING_MS));
  return { unreadable: [...before.unreadable, ...unreadable], gates: before.gates };
}

/**
 * A folder that ran on is where its clock stands: what was not read meanwhile is. Nothing is closed any more. On the day on which it
 * read last there is nothing to read.
 */
export async function catchUp(
  stage: Stage,
  { asOf, readOn }: Pick<DemoFolder, "asOf" | "readOn">,
  today: Day,
): Promise<StoryResult> {
  const { before, last } = monthsOf(asOf);
  stage.simulator.restateLate(restatedDayOf(before));
  misprice(stage.simulator, last);
  if (readOn === today) {
    await settle(stage);
    return { unreadable: [], gates: [] };
  }
  const range = { from: firstDayOf(monthsOf(today).last), to: today, skipFinal: true };
  const { failures } = await collectStage(stage.context, stage.system, range);
  await settle(stage);
  return { unreadable: failures.map(({ error }) => error.message), gates: [] };
}

async function tellMonthBefore(
  stage: Stage,
  { before, last }: StoryMonths,
  closingDay: Day,
  closeConfig: CloseConfig,
): Promise<StoryResult> {
  const { context, system, simulator } = stage;
  const clickhouse = await system.platform.clickhouse();
  const month = { from: firstDayOf(before), to: firstDayOf(last) };
  const unreadable: string[] = [];
  // Closed by a demo that was killed afterwards: it must not be read as it was before the restatement.
  if (!(await closedMonths(clickhouse)).some(({ period }) => period === before)) {
    await stage.moveTo(new Date(Date.parse(closingDay) - closeConfig.agreedHours * HOUR_MS));
    await collectStage(context, system, { ...month, source: BILL });
    await stage.moveTo(new Date(closingDay));
    const { failures } = await collectStage(context, system, month);
    unreadable.push(...failures.map(({ error }) => error.message));
    await settle(stage);
  }
  await stage.moveTo(new Date(closingDay));
  const { gates, closed } = await closeMonth(
    { ...system.platform, clickhouse },
    { month: before, ...SIGNED_BY, overrideReason: "" },
    closeConfig,
  );
  await system.notifier?.sendMonthlyReports(before);
  if (closed) {
    const restated = restatedDayOf(before);
    simulator.restateLate(restated);
    await stage.moveTo(new Date(Date.parse(closingDay) + HOUR_MS));
    await collectStage(context, system, { from: restated, to: addDays(restated, 1) });
    await settle(stage);
  }
  return { unreadable, gates };
}

async function tellLastMonth(
  stage: Stage,
  { last, current }: StoryMonths,
  today: Day,
  { agreedHours }: CloseConfig,
): Promise<string[]> {
  const { context, system, simulator } = stage;
  await stage.moveTo(new Date(Date.parse(today) - agreedHours * HOUR_MS));
  await collectStage(context, system, { from: firstDayOf(last), to: firstDayOf(current), source: BILL });
  const day = mispricedDayOf(last);
  const first = { from: day, to: addDays(day, 1), source: KUBERNETES, skipFinal: true };
  await collectStage(context, system, first);
  await stage.moveTo(new Date(today));
  misprice(simulator, last);
  const { failures } = await collectStage(context, system, { from: firstDayOf(last), to: today });
  await settle(stage);
  return failures.map(({ error }) => error.message);
}

/** Charges what was read, and tells people. */
async function settle({ context, system }: Stage): Promise<void> {
  await allocateStage(context, system);
  await notifyStage(context, system);
}

function restatedDayOf(month: BillingPeriod): Day {
  return addDays(firstDayOf(month), RESTATED_DAY - 1);
}

function mispricedDayOf(month: BillingPeriod): Day {
  return addDays(firstDayOf(month), MISPRICED_DAY - 1);
}

/** The smallest cluster: whichever way somebody decides, the month can be closed. */
function misprice(simulator: Simulator, month: BillingPeriod): void {
  const cluster = simulator.registry.clusters.find(({ dedicatedTo }) => dedicatedTo !== undefined);
  if (cluster) simulator.misprice(cluster.id, mispricedDayOf(month));
}
