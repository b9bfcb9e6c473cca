import type { Category } from "@apportion/domain/category";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { isEffectiveOn, type Registry } from "@apportion/domain/tenancy";
import {
  countedLines,
  daysBeforeTheBill,
  isComplete,
  type MonthOf,
  settledDays,
  sumOf,
} from "../months/month.js";
import type { SumLine } from "../months/read-sums.js";
import { statementsOf } from "../months/statements.js";
import { dailySpend, type DailySpend } from "./evaluate.js";
import type { BudgetLine, BudgetMember } from "./lines.js";

/** What of a month, or of several, counts for budgets. Amounts in picos. */
export interface CountedCosts {
  /** Days whose costs are not whole yet. */
  readonly unsettledDays: readonly Day[];
  /** Days whose shared costs wait for readings. */
  readonly waitingDays: readonly Day[];
  /** Days whose Kubernetes and shared costs wait for the bill. */
  readonly daysBeforeTheBill: readonly Day[];
  /** By key of the line; absent where nothing was spent. */
  readonly lines: ReadonlyMap<string, LineCosts>;
}

export interface CountedMonth extends CountedCosts {
  readonly period: BillingPeriod;
  /** By team what of its statement counts: the figure of its report. */
  readonly usedCents: ReadonlyMap<string, bigint>;
}

/** What one budget line cost. */
export interface LineCosts {
  readonly counted: readonly DailySpend[];
  /** With what does not count yet. */
  readonly all: readonly DailySpend[];
  /** Of what counts. */
  readonly byTeam: ReadonlyMap<string, bigint>;
  readonly byCategory: ReadonlyMap<Category, bigint>;
}

/**
 * What counts of a month for each line, by the rule of alerts and reports (`countedLines`). Of a closed month everything does: it was charged. Small,
 * whatever the month has of lines, so that a year of them can be kept.
 */
export function countMonth(
  month: MonthOf<SumLine>,
  isClosed: boolean,
  lines: readonly BudgetLine[],
  registry: Pick<Registry, "accounts">,
): CountedMonth {
  const settled = new Set(isClosed ? month.days.map(({ day }) => day) : settledDays(month, registry));
  const counted = new Set(isClosed ? month.lines : countedLines(month, registry));
  const beforeTheBill = isClosed ? new Set<Day>() : daysBeforeTheBill(month, registry);
  const sums = new Map<string, { counted: SumLine[]; all: SumLine[] }>();
  const takersOf = takers(lines);
  for (const cost of month.lines) {
    for (const key of takersOf(cost)) {
      const own = sums.get(key) ?? { counted: [], all: [] };
      sums.set(key, own);
      own.all.push(cost);
      if (counted.has(cost)) own.counted.push(cost);
    }
  }
  return {
    period: month.period,
    usedCents: usedCentsOf(month.lines, counted),
    unsettledDays: month.days.flatMap(({ day }) => (settled.has(day) ? [] : [day])),
    waitingDays: isClosed
      ? []
      : month.days.filter((run) => !isComplete(run) && !beforeTheBill.has(run.day)).map(({ day }) => day),
    daysBeforeTheBill: [...beforeTheBill],
    lines: new Map(
      [...sums].map(([key, own]) => [
        key,
        {
          counted: dailySpend(own.counted),
          all: dailySpend(own.all),
          byTeam: sumsBy(own.counted, ({ teamId }) => teamId),
          byCategory: sumsBy(own.counted, ({ category }) => category),
        },
      ]),
    ),
  };
}

function usedCentsOf(costs: readonly SumLine[], counted: ReadonlySet<SumLine>): Map<string, bigint> {
  const notCounted = sumsBy(
    costs.filter((cost) => !counted.has(cost)),
    ({ teamId }) => teamId,
  );
  // What a statement comes to does not depend on what its lines are told apart by.
  const { teams } = statementsOf(costs.map((cost) => ({ ...cost, pool: "", method: "", reason: "" })));
  return new Map(
    teams.map(({ teamId, cents }) => [
      teamId,
      cents - roundedDivision(notCounted.get(teamId) ?? 0n, PICOS_PER_CENT),
    ]),
  );
}

/** Whose a cost is: keys of the lines for which it counts. */
function takers(lines: readonly BudgetLine[]): (cost: SumLine) => readonly string[] {
  const ofTeam = new Map<string, { readonly line: BudgetLine; readonly member: BudgetMember }[]>();
  for (const line of lines)
    for (const member of line.members) {
      const own = ofTeam.get(member.team) ?? [];
      ofTeam.set(member.team, own);
      own.push({ line, member });
    }
  return ({ ownerKind, teamId, category, day }) =>
    ownerKind === "team"
      ? (ofTeam.get(teamId) ?? [])
          .filter(({ line, member }) => line.counts.has(category) && isEffectiveOn(member, day))
          .map(({ line }) => line.key)
      : [];
}

function sumsBy<K>(costs: readonly SumLine[], keyOf: (cost: SumLine) => K): Map<K, bigint> {
  const sums = new Map<K, bigint>();
  for (const cost of costs) sums.set(keyOf(cost), (sums.get(keyOf(cost)) ?? 0n) + cost.picos);
  return sums;
}

/** What is spent of a line in some months: of all that a team costs, what its reports say; of anything else the exact sum, rounded once. */
export function spentCents(months: readonly CountedMonth[], { key, owner, categories }: BudgetLine): bigint {
  if (owner.kind === "team" && categories.length === 0)
    return months.reduce((sum, { usedCents }) => sum + (usedCents.get(owner.id) ?? 0n), 0n);
  return roundedDivision(sumOf(costsOfLine(months, key).counted), PICOS_PER_CENT);
}

/** The costs of a line in several months, which come in their order. */
export function costsOfLine(months: readonly CountedMonth[], key: string): LineCosts {
  const each = months.flatMap(({ lines }) => lines.get(key) ?? []);
  return {
    counted: each.flatMap(({ counted }) => counted),
    all: each.flatMap(({ all }) => all),
    byTeam: added(each.map(({ byTeam }) => byTeam)),
    byCategory: added(each.map(({ byCategory }) => byCategory)),
  };
}

function added<K>(maps: readonly ReadonlyMap<K, bigint>[]): Map<K, bigint> {
  const sums = new Map<K, bigint>();
  for (const map of maps) for (const [key, picos] of map) sums.set(key, (sums.get(key) ?? 0n) + picos);
  return sums;
}
