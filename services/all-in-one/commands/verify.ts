import pc from "picocolors";
import { type Verification, verifyMonth } from "@apportion/books/ledger/verify";
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
    if (options.json) printJson(context, { ...result, currency: platform.currency });
    else for (const text of resultLines(result, platform.currency)) print(context, text);
    return result.findings.length === 0;
  });
}

export function resultLines(
  { month, days, lines, journals, collected, allocated, findings }: Verification,
  currency: string,
): string[] {
  const amount = (text: string): string => formatAmount(text, currency);
  return [
    pc.bold(`${month}: ${days} days, ${lines} lines computed again from their facts`),
    `  collected ${amount(collected)}, allocated ${amount(allocated)}`,
    `  ledger: ${journals} journals`,
    ...findings.map(({ where, what }) => `  ${pc.red("✗")} ${where}: ${what}`),
    ...(findings.length === 0 ? [`  ${pc.green("✓")} everything is as it was sealed and posted`] : []),
  ];
}
