import pc from "picocolors";
import { verifyMonth } from "@apportion/books/ledger/verify";
import { requireAllocated } from "@apportion/books/months/allocated";
import { parseBillingPeriod } from "@apportion/domain/period";
import { formatAmount } from "@apportion/reports/format";
import { type CommandContext, parseFlag, print, printJson, progressLine, UsageError } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";

/** Computes a month again from its facts and follows the chain of the ledger; true when nothing differs. */
export async function verify(
  context: CommandContext,
  options: CommonOptions & { readonly month: string; readonly head?: string },
): Promise<boolean> {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  if (options.head !== undefined && !/^[0-9a-f]{12,64}$/.test(options.head))
    throw new UsageError("--head: a hash, or its first 12 or more hexadecimal digits, as `close` prints it");
  return withPlatform(context, options, async (platform) => {
    await requireAllocated(await platform.clickhouse(), month);
    const line = progressLine(context);
    const deps = { ...platform, clickhouse: await platform.clickhouse() };
    const result = await verifyMonth(deps, month, {
      ...(options.head !== undefined && { head: options.head }),
      onProgress: (done, total) => line.update(`Computing ${month} again: ${done} of ${total} days`, false),
    }).finally(() => line.end());
    const { findings } = result;
    if (options.json) printJson(context, { ...result, currency: platform.currency });
    else {
      const amount = (text: string): string => formatAmount(text, platform.currency);
      print(
        context,
        pc.bold(`${month}: ${result.days} days, ${result.lines} lines computed again from their facts`),
      );
      print(context, `  collected ${amount(result.collected)}, allocated ${amount(result.allocated)}`);
      print(context, `  ledger: ${result.journals} journals`);
      for (const { where, what } of findings) print(context, `  ${pc.red("✗")} ${where}: ${what}`);
      if (findings.length === 0)
        print(context, `  ${pc.green("✓")} everything is as it was sealed and posted`);
    }
    return findings.length === 0;
  });
}
