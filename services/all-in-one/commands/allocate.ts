import { allocationRequest } from "@apportion/allocator/intake/request-allocations";
import { billingPeriodOf, daysBetween } from "@apportion/domain/period";
import { openSystem } from "../system.js";
import { summarizeMonth } from "../summary/summary.js";
import { formatAmount } from "../summary/amounts.js";
import { parseRange } from "./collect.js";
import { commandLogger, print, printJson, UsageError, type CommandContext } from "./context.js";
import { loadCommandConfig, type CommonOptions } from "./load.js";
import { allocateStage } from "./pipeline.js";

/** Allocates [from, to) again. Days whose inputs did not change keep their run. */
export async function allocate(
  context: CommandContext,
  options: CommonOptions & { readonly from?: string; readonly to?: string },
): Promise<void> {
  if (options.from === undefined || options.to === undefined)
    throw new UsageError("allocate needs --from and --to");
  const { from, to } = parseRange({ ...options, from: options.from, to: options.to }, context.now());
  const config = loadCommandConfig(context, options);
  const system = await openSystem(config, {
    dataDir: options.data,
    clock: context.now,
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
    if (options.json) return printJson(context, months);
    for (const month of months) {
      const amount = (text: string): string => formatAmount(text, month.currency);
      print(
        context,
        `${month.month}: ${month.days} days sealed, allocated ${amount(month.allocated)} of ${amount(month.collected)} collected`,
      );
    }
  } finally {
    await system.platform.close();
  }
}
