import { type MonthSummary, summarizeMonth } from "@apportion/books/months/summary";
import { recordedRules } from "@apportion/books/runs/rules";
import { staleDays } from "@apportion/books/runs/stale-days";
import { runsOfMonth } from "@apportion/books/runs/stored-runs";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { type BillingPeriod, billingPeriodOf, type Day, daysBetween } from "@apportion/domain/period";
import { allocationRequest } from "@apportion/events/allocation-requests";
import { daysUnderOtherRules, type RulesOfToday } from "@apportion/ledger/decision";
import { formatAmount } from "@apportion/reports/format";
import { openSystem } from "../system.js";
import { rulesOfToday } from "./adjust-decide.js";
import { parseRange } from "./collect.js";
import { commandLogger } from "./command-logger.js";
import { type CommandContext, counted, print, printJson, UsageError } from "./context.js";
import { type CommonOptions, findGround } from "./load.js";
import { allocateStage } from "./pipeline.js";

/**
 * Allocates [from, to) again. Days whose inputs did not change keep their run. False where days of a closed month are not as the
 * configuration would have them: its rules are frozen, and somebody who has just corrected an owner must not take it for done; and where days of
 * an open one could not be allocated.
 */
export async function allocate(
  context: CommandContext,
  options: CommonOptions & { readonly from?: string; readonly to?: string },
): Promise<boolean> {
  if (options.from === undefined || options.to === undefined)
    throw new UsageError("allocate needs --from and --to");
  const { from, to } = parseRange({ ...options, from: options.from, to: options.to }, context.now());
  const { config, opening } = await findGround(context, options);
  const system = await openSystem(config, {
    ...opening,
    logger: commandLogger(config.logLevel),
  });
  try {
    const { platform } = system;
    const clickhouse = await platform.clickhouse();
    const days = daysBetween(from, to);
    const periods = [...new Set(days.map(billingPeriodOf))];
    const requests = periods.map((period) =>
      allocationRequest(
        period,
        days.filter((day) => billingPeriodOf(day) === period),
        "requested on the command line",
        context.now(),
      ),
    );
    await platform.log.publish(requests);
    await allocateStage(context, system);
    const months = [];
    for (const period of periods)
      months.push(await summarizeMonth(clickhouse, platform.registry, platform.currency, period));
    const asked = new Set(days);
    const frozen = await frozenDays(clickhouse, periods, asked, rulesOfToday(platform, config));
    const open = periods.filter((period) => !frozen.has(period));
    const failed = await notAllocated(clickhouse, open, asked);
    if (options.json)
      printJson(
        context,
        months.map((month) => ({
          ...month,
          ...frozen.get(month.month),
          notAllocated: failed.get(month.month) ?? [],
        })),
      );
    else
      for (const month of months)
        for (const line of [
          ...monthLines(month, frozen.get(month.month)),
          ...notAllocatedLines(failed.get(month.month) ?? []),
        ])
          print(context, line);
    return (
      [...frozen.values()].every(({ frozenDays: otherwise }) => otherwise.length === 0) &&
      [...failed.values()].every((stale) => stale.length === 0)
    );
  } finally {
    await system.platform.close();
  }
}

interface Frozen {
  readonly closed: true;
  /** Days that were asked for and that the rules of today would allocate differently. */
  readonly frozenDays: readonly Day[];
}

/** The closed months among some. */
async function frozenDays(
  clickhouse: ClickHouse,
  periods: readonly BillingPeriod[],
  asked: ReadonlySet<Day>,
  rules: RulesOfToday,
): Promise<Map<BillingPeriod, Frozen>> {
  const closed = new Map<BillingPeriod, Frozen>();
  for (const period of periods) {
    const days = await daysUnderOtherRules(clickhouse, period, rules);
    if (days) closed.set(period, { closed: true, frozenDays: days.filter((day) => asked.has(day)) });
  }
  return closed;
}

/** Days that were asked for of open months and could not be allocated. */
async function notAllocated(
  clickhouse: ClickHouse,
  periods: readonly BillingPeriod[],
  asked: ReadonlySet<Day>,
): Promise<Map<BillingPeriod, readonly Day[]>> {
  const rules = await recordedRules(clickhouse);
  const failed = new Map<BillingPeriod, readonly Day[]>();
  for (const period of periods) {
    const stale = await staleDays(clickhouse, period, rules, await runsOfMonth(clickhouse, period));
    failed.set(
      period,
      stale.filter((day) => asked.has(day)),
    );
  }
  return failed;
}

export function monthLines(
  {
    month,
    days,
    currency,
    allocated,
    collected,
  }: Pick<MonthSummary, "month" | "days" | "currency" | "allocated" | "collected">,
  frozen: Frozen | undefined,
): string[] {
  const amount = (text: string): string => formatAmount(text, currency);
  return [
    `${month}: ${days} days sealed, allocated ${amount(allocated)} of ${amount(collected)} collected`,
    ...(frozen ? [closedText(month, frozen.frozenDays)] : []),
  ];
}

function notAllocatedLines(days: readonly Day[]): string[] {
  return days.length === 0
    ? []
    : [`  not allocated with all that is visible: ${days.join(", ")}; the log says why`];
}

function closedText(month: BillingPeriod, otherwise: readonly Day[]): string {
  if (otherwise.length === 0)
    return `  ${month} is closed: what its sources said later is posted as corrections of the open month.`;
  return [
    `  ${month} is closed and its rules are frozen: the owners and policies of today differ for ${counted(otherwise.length, "day")}, which stayed as they were.`,
    `  \`apportion adjust decide --month ${month} --check\` shows who would pay more or less if it were decided again.`,
  ].join("\n");
}
