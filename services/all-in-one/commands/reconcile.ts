import pc from "picocolors";
import { reconcile, type Reconciliation } from "@apportion/allocator/ledger/reconcile";
import { parseBillingPeriod } from "@apportion/domain/period";
import { formatAmount } from "../summary/amounts.js";
import { bar, parseFlag, print, printJson, type CommandContext } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";

/** Attributed against billed; true when at least what is promised of the bill is attributed. */
export async function reconcileCommand(
  context: CommandContext,
  options: CommonOptions & { readonly month: string },
): Promise<boolean> {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  return withPlatform(context, options, async (platform, config) => {
    const result = await reconcile(await platform.clickhouse(), month);
    const { accuracyPercentMin } = config.allocation.close;
    if (options.json) printJson(context, { ...result, accuracyPercentMin, currency: platform.currency });
    else for (const line of render(result, accuracyPercentMin, platform.currency)) print(context, line);
    return result.hasBill && Number(result.accuracyPercent) >= Number(accuracyPercentMin);
  });
}

const BAR_WIDTH = 24;
const NAME_WIDTH = 52;

function render(result: Reconciliation, promised: string, currency: string): string[] {
  const { month, rows, residuals, kubernetes, accuracyPercent } = result;
  if (!result.hasBill)
    return [`${month}: there is no bill of the month, so there is nothing to compare with.`];
  const amount = (text: string): string => formatAmount(text, currency).padStart(18);
  const nameOf = ({ service, recordType, account }: Reconciliation["rows"][number]): string =>
    [service, recordType === "Usage" ? "" : recordType, account].filter(Boolean).join(", ");
  return [
    pc.bold(`${month}: ${accuracyPercent} % of the bill is attributed (${promised} % is promised)`),
    `  ${bar(Number(accuracyPercent) / 100, BAR_WIDTH)}`,
    "",
    `  ${"service of the bill".padEnd(NAME_WIDTH)}${"billed".padStart(18)}${"attributed".padStart(18)}${"difference".padStart(18)}`,
    ...rows.map(
      (row) =>
        `  ${nameOf(row)
          .slice(0, NAME_WIDTH - 2)
          .padEnd(NAME_WIDTH)}${amount(row.billed)}${amount(row.attributed)}${amount(row.difference)}`,
    ),
    `  ${"in all".padEnd(NAME_WIDTH)}${amount(result.billed)}${amount(result.attributed)}`,
    "",
    ...kubernetes.clusters.map(
      ({ cluster, atListPrice }) =>
        `  ${`Kubecost's own prices, ${cluster}`.padEnd(NAME_WIDTH)}${amount(atListPrice)}`,
    ),
    `  ${"from these prices to the bill".padEnd(NAME_WIDTH)}${amount(kubernetes.rateVariance)}`,
    ...(result.isClosed && result.corrected !== "0"
      ? [`  ${"corrections posted since the close".padEnd(NAME_WIDTH)}${amount(result.corrected)}`]
      : []),
    "",
    ...(residuals.length === 0 ? ["  Nothing is left over."] : ["  What does not count as attributed:"]),
    ...residuals.map(
      ({ class: kind, what, amount: text }) =>
        `  ${`${kind}: ${what}`.slice(0, NAME_WIDTH - 2).padEnd(NAME_WIDTH)}${amount(text)}`,
    ),
  ];
}
