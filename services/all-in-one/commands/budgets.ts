import { readFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import pc from "picocolors";
import { everyBudgetLine } from "@apportion/books/budgets/lines";
import { countedReader } from "@apportion/books/budgets/read-counted";
import { type BudgetStanding, readBudgetStandings } from "@apportion/books/budgets/standing";
import { requireAllocated } from "@apportion/books/months/allocated";
import { lastMonthOf } from "@apportion/domain/budget-span";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { budgetPercentText } from "@apportion/domain/percent";
import { billingPeriodOf, dayOf, parseBillingPeriod } from "@apportion/domain/period";
import { budgetText, increaseTexts, ownerText } from "@apportion/reports/alerts/budget-words";
import { amountText, centsText } from "@apportion/reports/format";
import { budgetsPath, type ApportionConfig } from "../config.js";
import { type CommandContext, counted, parseFlag, print, printJson, UsageError } from "./context.js";
import { type CommonOptions, configFileOf, loadCommandConfig } from "./load.js";
import { withPlatform } from "./platform.js";

export interface ListOptions extends CommonOptions {
  readonly month?: string;
}

/** Every budget in whose span a month lies, as alerts measure it with that month. Writes nothing. */
export async function budgetsList(context: CommandContext, options: ListOptions): Promise<void> {
  const period =
    options.month === undefined
      ? billingPeriodOf(dayOf(context.now()))
      : parseFlag("--month", options.month, parseBillingPeriod);
  await withPlatform(context, options, async ({ clickhouse, registry, currency }, config) => {
    const client = await clickhouse();
    await requireAllocated(client, period);
    const lines = everyBudgetLine(registry);
    const read = countedReader(client, lines, registry);
    const listed = await readBudgetStandings(read, registry, lines, period);
    const setting = {
      currency,
      firstMonth: registry.fiscalYearFirstMonth,
      thresholdsPercent: config.notifier?.thresholdsPercent ?? [],
    };
    if (options.json) return printJson(context, { month: period, currency, budgets: listed.map(asJson) });
    print(context, pc.bold(`${counted(listed.length, "budget")}, as they stand with ${period}`));
    for (const text of listed.flatMap((each) => lineTexts(each, setting))) print(context, text);
  });
}

function lineTexts(
  standing: BudgetStanding,
  {
    currency,
    firstMonth,
    thresholdsPercent,
  }: {
    readonly currency: string;
    readonly firstMonth: number | undefined;
    readonly thresholdsPercent: readonly number[];
  },
): string[] {
  const { line, budget: agreed, spent, spentCents: cents, notSettled } = standing;
  const budget = parsePicos(agreed.amount);
  const percent = budget === 0n ? "" : `, ${budgetPercentText(spent, budget, thresholdsPercent)}`;
  const text = `${centsText(cents, currency)} of ${amountText(budget, currency)}${percent}`;
  return [
    "",
    `${pc.bold(ownerText(line.owner))}  ${budgetText(standing, firstMonth)}`,
    `  ${spent > budget ? pc.red(text) : text}`,
    ...(notSettled === 0n
      ? []
      : [pc.dim(`  not settled, so not counted yet: ${amountText(notSettled, currency)}`)]),
    ...increaseTexts(agreed, currency).map((each) => pc.dim(`  ${each}`)),
  ];
}

function asJson({ line, months, budget: agreed, spent, notSettled }: BudgetStanding): object {
  return {
    owner: line.owner.kind,
    id: line.owner.id,
    span: line.span,
    firstMonth: months[0],
    lastMonth: lastMonthOf(months),
    categories: line.categories,
    budget: formatPicos(parsePicos(agreed.amount)),
    increases: agreed.increases ?? [],
    spent: formatPicos(spent),
    notSettled: formatPicos(notSettled),
  };
}

export interface ImportOptions extends CommonOptions {
  readonly check?: boolean;
}

/**
 * Puts a file of budgets in the place of the one that the configuration names, if every line of it is right; the next start goes by it.
 * @throws ConfigError with every mistake and its line, UsageError when the file cannot be read or there is no place for it
 */
export async function budgetsImport(
  context: CommandContext,
  file: string,
  options: ImportOptions,
): Promise<void> {
  const text = readGiven(file);
  // Without the secrets of any section: who keeps budgets need not have them.
  const before = budgetsThatAreThere(context, options);
  const config = loadCommandConfig(context, options, [], { file, text });
  const count = countOf(config);
  const configFile = configFileOf(options);
  if (options.check !== true && config.budgetsFile === undefined)
    throw new UsageError(
      `${configFile} names no budgetsFile: add \`budgetsFile: budgets.csv\` to it, or only check with --check`,
    );
  const target = config.budgetsFile === undefined ? undefined : budgetsPath(configFile, config.budgetsFile);
  const isWritten = options.check !== true && target !== undefined;
  if (isWritten) await replace(target, text);
  if (options.json)
    return printJson(context, {
      file,
      budgets: count,
      before: before ?? null,
      written: isWritten ? target : null,
    });
  print(
    context,
    `${file} is right: with it ${counted(count, "budget")}${before === undefined ? "" : `, ${before} before`}.`,
  );
  print(
    context,
    isWritten
      ? `Written to ${target}: it holds from the next start of \`apportion up\`.`
      : `Nothing is changed.${target === undefined ? ` Before it can be imported, ${configFile} has to name where it is kept: \`budgetsFile: budgets.csv\`.` : ""}`,
  );
}

function countOf({ teams, costCenters, departments }: ApportionConfig): number {
  return [...teams, ...costCenters, ...departments].reduce((sum, { budgets }) => sum + budgets.length, 0);
}

/** Undefined where what is there cannot be read: then it is high time for another. */
function budgetsThatAreThere(context: CommandContext, options: ImportOptions): number | undefined {
  try {
    return countOf(loadCommandConfig(context, options, []));
  } catch {
    return undefined;
  }
}

function readGiven(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** All of it or nothing: it gets its name when all of it is written. */
async function replace(target: string, text: string): Promise<void> {
  const part = `${target}.part`;
  try {
    await writeFile(part, text, { mode: 0o600 });
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true });
    throw new UsageError(
      `budgetsFile: ${target} cannot be written (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}
