import { CompareError, compareMonths } from "@apportion/books/compare/compare";
import type { MonthComparison, PayerComparison } from "@apportion/books/compare/comparison";
import { payerOf } from "@apportion/books/months/month";
import { asFinance } from "@apportion/books/viewer";
import { decimalOfCents } from "@apportion/domain/cents";
import { formatPicos } from "@apportion/domain/money";
import { type BillingPeriod, billingPeriodOf, dayOf, parseBillingPeriod } from "@apportion/domain/period";
import { KEPT_APART } from "@apportion/domain/statement";
import { renderComparison, renderPayer } from "./compare-text.js";
import { type CommandContext, print, printJson, UsageError } from "./context.js";
import type { CommonOptions } from "./load.js";
import { nearest } from "./nearest.js";
import { unknownTeam } from "./unknown-team.js";
import { withPlatform } from "./platform.js";

export interface CompareOptions extends CommonOptions {
  readonly months: readonly string[];
  readonly team?: string;
}

/** What a team, or everybody, owes in two months and why it differs. Writes nothing. */
export async function compare(context: CommandContext, options: CompareOptions): Promise<void> {
  const months = parseMonths(options.months, billingPeriodOf(dayOf(context.now())));
  if (typeof months === "string") throw new UsageError(months);
  await withPlatform(context, options, async ({ clickhouse, registry, currency }, { protectedNames }) => {
    const ids = [...registry.teams.map(({ id }) => id), ...KEPT_APART];
    const asked = {
      viewer: asFinance(protectedNames.shownTo),
      ...(options.team !== undefined && { payers: [options.team] }),
    };
    const compared = await compareMonths(await clickhouse(), months, registry, asked).catch(
      (error: unknown) => {
        if (!(error instanceof CompareError)) throw error;
        // Who is mistaken twice is told so once.
        const isKnown = options.team === undefined || ids.includes(options.team);
        throw new UsageError(
          [error.message, ...(isKnown ? [] : [noPayer(options.team ?? "", ids)])].join("\n"),
        );
      },
    );
    const naming = { registry, currency };
    if (options.team === undefined) {
      if (options.json) return printJson(context, allAsJson(compared, currency));
      for (const text of renderComparison(compared, naming)) print(context, text);
      return;
    }
    const payer = compared.payers.find((each) => payerOf(each) === options.team);
    if (!payer) throw new UsageError(noPayer(options.team, ids.toSorted()));
    if (options.json) return printJson(context, payerAsJson(compared, payer, currency));
    for (const text of renderPayer(compared, payer, naming)) print(context, text);
  });
}

/** Two months, or all that is wrong with what was given. */
export function parseMonths(
  given: readonly string[],
  thisMonth: BillingPeriod,
): { readonly before: BillingPeriod; readonly after: BillingPeriod } | string {
  const mistakes: string[] = [];
  const months = given.flatMap((text) => {
    try {
      return [parseBillingPeriod(text)];
    } catch (error) {
      mistakes.push(`--months: ${(error as Error).message}`);
      return [];
    }
  });
  for (const month of new Set(months))
    if (month > thisMonth) mistakes.push(`--months: ${month} is in the future; this month is ${thisMonth}`);
  if (given.length !== 2)
    mistakes.push(`--months: two months are compared, such as 2026-10 2026-11; there are ${given.length}`);
  const [before, after] = months;
  if (before !== undefined && before === after)
    mistakes.push(`--months: ${before} is there twice; name the month before, then the one after`);
  if (mistakes.length > 0 || before === undefined || after === undefined) return mistakes.join("\n");
  return { before, after };
}

function noPayer(team: string, ids: readonly string[]): string {
  return unknownTeam(team, ids, nearest(team, ids));
}

function allAsJson(comparison: MonthComparison, currency: string): object {
  return {
    ...headAsJson(comparison, currency),
    teams: comparison.payers.map((payer) => ({ team: payerOf(payer), ...owedAsJson(payer) })),
    total: owedAsJson(comparison.total),
  };
}

function payerAsJson(comparison: MonthComparison, payer: PayerComparison, currency: string): object {
  return {
    ...headAsJson(comparison, currency),
    team: payerOf(payer),
    ...owedAsJson(payer),
    movements: payer.movements.map(({ picos, cents, before, after, quantity, poolCost, ...movement }) => ({
      ...movement,
      amount: decimalOfCents(cents),
      exact: formatPicos(picos),
      before: formatPicos(before),
      after: formatPicos(after),
      ...(quantity && { quantity: pair(quantity) }),
      ...(poolCost && { poolCost: pair(poolCost) }),
    })),
  };
}

function pair({ before, after }: { readonly before: bigint; readonly after: bigint }): object {
  return { before: formatPicos(before), after: formatPicos(after) };
}

function headAsJson({ isWhole, before, after }: MonthComparison, currency: string): object {
  return { isWhole, currency, months: { before, after } };
}

function owedAsJson({ before, after, difference, effects }: MonthComparison["total"]): object {
  const owed = ({ picos, charged, corrections }: PayerComparison["before"]): object => ({
    charged: decimalOfCents(charged),
    corrections: decimalOfCents(corrections),
    exact: formatPicos(picos),
  });
  return {
    before: owed(before),
    after: owed(after),
    difference: decimalOfCents(difference),
    effects: effects.map(({ effect, picos, cents }) => ({
      effect,
      amount: decimalOfCents(cents),
      exact: formatPicos(picos),
    })),
  };
}
