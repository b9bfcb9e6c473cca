import {
  type AskedAbout,
  CompareError,
  compareWithCosts,
  type MonthsToCompare,
  payersSeen,
  readMonthsToCompare,
} from "@apportion/books/compare/compare";
import { type MonthComparison, ofPayers } from "@apportion/books/compare/comparison";
import { asSeenBy } from "@apportion/books/compare/hidden";
import { NotAsAllocatedError } from "@apportion/books/compare/period-sum";
import type { MonthReader } from "@apportion/books/months/read-month";
import { EVERYBODY } from "@apportion/books/viewer";
import type { BillingPeriod } from "@apportion/domain/period";
import type { ExplorerDeps } from "./deps.js";
import { packed } from "./packed.js";
import type { Remembered } from "./remember.js";

/** Pairs of months of which it is kept what comparisons begin with, and everybody's comparison. */
const PAIRS_MAX = 2;

/** @throws NotYoursError, CompareError, NotAsAllocatedError */
export type ComparisonOf = (
  months: { readonly before: BillingPeriod; readonly after: BillingPeriod },
  asked: AskedAbout,
) => Promise<MonthComparison>;

/**
 * Compares months. Where everybody's comparison is at hand, that of some payers is a part of it; otherwise cells of others are not read.
 */
export function comparisons(
  { clickhouse, registry }: Pick<ExplorerDeps, "clickhouse" | "registry">,
  remembered: Remembered,
  monthOf: MonthReader,
): ComparisonOf {
  const read = async (
    _: BillingPeriod,
    before: BillingPeriod,
    after: BillingPeriod,
  ): Promise<MonthsToCompare> =>
    readMonthsToCompare(clickhouse, { before: await monthOf(before), after: await monthOf(after) }, registry);
  const readAll = async (...pair: Parameters<typeof read>): Promise<MonthComparison> =>
    packed((await compareWithCosts(clickhouse, await read(...pair), { viewer: EVERYBODY })).comparison);
  const ofPair = (...pair: readonly BillingPeriod[]): readonly BillingPeriod[] => pair;
  const monthsToCompare = remembered.ofMonth(read, PAIRS_MAX, ofPair);
  const everybodys = remembered.ofMonth(readAll, PAIRS_MAX, ofPair);
  return async ({ before, after }, asked) => {
    const payers = payersSeen(asked);
    const pair = [before < after ? after : before, before, after] as const;
    if (payers === undefined) return asSeenBy(asked.viewer, await everybodys(...pair));
    // What is wrong about others' costs is told to who asks about them.
    const all = await everybodys.ifRead(...pair).catch(() => undefined);
    if (all) return asSeenBy(asked.viewer, ofPayers(all, payers));
    return (await compareWithCosts(clickhouse, await monthsToCompare(...pair), asked)).comparison;
  };
}

/** Whether whoever asks is told why there is no comparison: no day that both months have, or facts that do not give the lines. */
export function isTold(error: unknown): boolean {
  return error instanceof CompareError || error instanceof NotAsAllocatedError;
}
