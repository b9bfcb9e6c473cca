import { comparedDays } from "@apportion/books/compare/compared-days";
import { centsByOwner, type MonthCosts } from "@apportion/books/months/month";
import { statementsOf } from "@apportion/books/months/statements";
import { type BillingPeriod, type Day, previousBillingPeriod } from "@apportion/domain/period";
import type { MonthStatements } from "@apportion/domain/statement";
import type { Registry } from "@apportion/domain/tenancy";

/** The month beside the one before. Months that are not whole are compared by the days that both have: periods of different length are not compared. */
export type Comparison =
  | { readonly kind: "none"; readonly period: BillingPeriod }
  | ({ readonly kind: "compared" } & ComparedSides & ComparedAmounts);

/** Which days of both months are compared. */
export interface ComparedSides {
  /** The month before. */
  readonly period: BillingPeriod;
  /** Whole month with whole month, however long they are. */
  readonly isWhole: boolean;
  /** How many of each month. */
  readonly days: { readonly now: number; readonly before: number };
  /** The last of them where they are the first days of both months; undefined where days between are left out, and for whole months. */
  readonly throughDay: number | undefined;
}

/** Of the compared days, in cents. Of whole months they are the statements'. */
export interface ComparedAmounts {
  readonly cents: bigint;
  readonly before: bigint;
}

/** Everybody's, by owner as `ownerOf` names it. Undefined where there is nothing to compare with. */
export interface MonthsCompared extends ComparedSides {
  readonly total: ComparedAmounts;
  readonly byOwner: ReadonlyMap<string, ComparedAmounts>;
}

/** @param statementsNow of the month */
export function compareWithPrevious(
  month: MonthCosts,
  previous: MonthCosts,
  statementsNow: MonthStatements,
  registry: Pick<Registry, "teams">,
): MonthsCompared | undefined {
  const compared = comparedDays(previous, month);
  const { isWhole } = compared;
  if (compared.after.days.length === 0 || compared.before.days.length === 0) return undefined;
  const statements = (of: MonthCosts, days: readonly { readonly day: Day }[]): MonthStatements => {
    const isCompared = new Set(days.map(({ day }) => day));
    return statementsOf(
      of.lines.filter(({ day }) => isCompared.has(day)),
      registry.teams,
    );
  };
  const now = isWhole ? statementsNow : statements(month, compared.after.days);
  const before = statements(previous, compared.before.days);
  const [ofNow, ofBefore] = [centsByOwner(now), centsByOwner(before)];
  const owners = [...new Set([...ofNow.keys(), ...ofBefore.keys()])];
  const last = compared.after.days.at(-1)?.day;
  const isFirstDays = last !== undefined && Number(last.slice(8)) === compared.after.days.length;
  return {
    period: previousBillingPeriod(month.period),
    isWhole,
    days: { now: compared.after.days.length, before: compared.before.days.length },
    throughDay: isFirstDays && !isWhole ? compared.after.days.length : undefined,
    total: { cents: now.cents, before: before.cents },
    byOwner: new Map(
      owners.map((owner) => [owner, { cents: ofNow.get(owner) ?? 0n, before: ofBefore.get(owner) ?? 0n }]),
    ),
  };
}

export function comparisonOf(
  compared: MonthsCompared | undefined,
  owner: string,
  period: BillingPeriod,
): Comparison {
  if (!compared) return { kind: "none", period: previousBillingPeriod(period) };
  return {
    kind: "compared",
    ...sidesOf(compared),
    ...(compared.byOwner.get(owner) ?? { cents: 0n, before: 0n }),
  };
}

export function sidesOf({ period, isWhole, days, throughDay }: MonthsCompared): ComparedSides {
  return { period, isWhole, days, throughDay };
}

/** How long both are, where that is not the same: `30 days against 31`. */
export function lengthsOf(compared: ComparedSides): readonly [now: number, before: number] | undefined {
  const { isWhole, days } = compared;
  return isWhole && days.now !== days.before ? [days.now, days.before] : undefined;
}
