import type { ComparedAmounts } from "./comparison.js";
import { usedCents } from "./used.js";
import type { TeamRow } from "./team-row.js";

/** What a statement, or several together, are beside the month before and beside their budgets. In cents. */
export interface Variance {
  readonly cents: bigint;
  /** Of it not settled: budgets are measured without it. */
  readonly unsettledCents: bigint;
  /** Of the compared days; undefined where there is nothing to compare with. */
  readonly compared: ComparedAmounts | undefined;
  /** Of those that have one, and what of it is used; undefined where nobody has. */
  readonly budget: { readonly cents: bigint; readonly usedCents: bigint } | undefined;
  /** Settled costs of those without a budget. */
  readonly withoutBudgetCents: bigint;
}

export interface CostCentreVariance extends Variance {
  /** Empty where none is configured. */
  readonly costCentre: string;
  readonly teams: number;
}

export function varianceOf(row: TeamRow): Variance {
  const { statement, unsettledCents, budgetCents, compared } = row;
  const used = usedCents(row);
  return {
    cents: statement.cents,
    unsettledCents,
    compared,
    budget: budgetCents === undefined ? undefined : { cents: budgetCents, usedCents: used },
    withoutBudgetCents: budgetCents === undefined ? used : 0n,
  };
}

export function sumOfVariances(variances: readonly Variance[]): Variance {
  const sum = (of: (each: Variance) => bigint | undefined): bigint =>
    variances.reduce((all, each) => all + (of(each) ?? 0n), 0n);
  return {
    cents: sum(({ cents }) => cents),
    unsettledCents: sum(({ unsettledCents }) => unsettledCents),
    compared: variances.some(({ compared }) => compared)
      ? { cents: sum(({ compared }) => compared?.cents), before: sum(({ compared }) => compared?.before) }
      : undefined,
    budget: variances.some(({ budget }) => budget)
      ? { cents: sum(({ budget }) => budget?.cents), usedCents: sum(({ budget }) => budget?.usedCents) }
      : undefined,
    withoutBudgetCents: sum(({ withoutBudgetCents }) => withoutBudgetCents),
  };
}

/** The largest first; a team is in the cost centre to which the month is charged, in both months. */
export function costCentresOf(rows: readonly TeamRow[]): CostCentreVariance[] {
  const byCentre = new Map<string, TeamRow[]>();
  for (const row of rows) {
    const own = byCentre.get(row.team.costCenter);
    if (own) own.push(row);
    else byCentre.set(row.team.costCenter, [row]);
  }
  return [...byCentre]
    .map(([costCentre, own]) => ({
      costCentre,
      teams: own.length,
      ...sumOfVariances(own.map(varianceOf)),
    }))
    .toSorted((a, b) =>
      a.cents === b.cents ? (a.costCentre < b.costCentre ? -1 : 1) : a.cents > b.cents ? -1 : 1,
    );
}
