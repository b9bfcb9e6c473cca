import { type BudgetCategory, countedCategories } from "@apportion/domain/budget-category";
import { type BudgetSpan, type SpanMonths, spanOf } from "@apportion/domain/budget-span";
import type { Category } from "@apportion/domain/category";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { isOfWholeMonths } from "@apportion/domain/budget-span";
import { type AgreedBudget, agreedFor } from "@apportion/domain/budget";
import {
  type Budget,
  type Department,
  type DepartmentMember,
  type EffectiveDates,
  type Registry,
} from "@apportion/domain/tenancy";

/** Who has a budget. */
export interface BudgetOwner {
  readonly kind: "team" | "cost-center" | "department";
  readonly id: string;
  readonly name: string;
  /** Who hears of it; finance where there is nobody. */
  readonly contacts: readonly string[];
}

/** A team whose costs count, and when they do. */
export interface BudgetMember extends EffectiveDates {
  readonly team: string;
}

/**
 * What one owner may spend in spans of one kind on one kind of costs, one budget after the other. The one of a team for whole months and all
 * costs is none of them: it is what reports and forecasts go by (`budgetFor`).
 */
export interface BudgetLine {
  /** `department/ml/year/`, `team/search/quarter/gpu+memory` */
  readonly key: string;
  readonly owner: BudgetOwner;
  readonly span: BudgetSpan;
  /** Empty: all costs. */
  readonly categories: readonly BudgetCategory[];
  readonly counts: ReadonlySet<Category>;
  readonly members: readonly BudgetMember[];
  readonly budgets: readonly Budget[];
}

/** A span of a line with what is agreed for it. */
export interface BudgetedSpan {
  readonly line: BudgetLine;
  readonly months: SpanMonths;
  readonly budget: AgreedBudget;
}

type Budgeted = Pick<Registry, "teams" | "costCenters" | "departments">;

/** Of teams, then cost centers, then departments, as they are configured. */
export function budgetLines(registry: Budgeted): BudgetLine[] {
  const isWhole = ({ owner, span, categories }: BudgetLine): boolean =>
    owner.kind === "team" && isOfWholeMonths({ span, categories });
  return everyBudgetLine(registry).filter((line) => !isWhole(line));
}

/** With those of teams for whole months. */
export function everyBudgetLine(registry: Budgeted): BudgetLine[] {
  const { teams, costCenters = [], departments = [] } = registry;
  return [
    ...teams.flatMap((team) => linesOf({ ...team, kind: "team" }, team.budgets, [{ team: team.id }])),
    ...costCenters.flatMap((center) =>
      linesOf({ ...center, kind: "cost-center" }, center.budgets, teamsOf(center, registry)),
    ),
    ...departments.flatMap((department) =>
      linesOf({ ...department, kind: "department" }, department.budgets, membersOf(department, registry)),
    ),
  ];
}

function linesOf(
  { kind, id, name, contacts }: BudgetOwner,
  budgets: readonly Budget[],
  members: readonly BudgetMember[],
): BudgetLine[] {
  const byKey = new Map<string, Budget[]>();
  for (const budget of budgets) {
    const key = `${kind}/${id}/${budget.span ?? "month"}/${categoriesOf(budget).join("+")}`;
    byKey.set(key, [...(byKey.get(key) ?? []), budget]);
  }
  return [...byKey].flatMap(([key, own]) => {
    const [first] = own;
    if (!first) return [];
    const categories = categoriesOf(first);
    return [
      {
        key,
        owner: { kind, id, name, contacts },
        span: first.span ?? "month",
        categories,
        counts: countedCategories(categories),
        members,
        budgets: own,
      },
    ];
  });
}

/** In one order, however they are written. */
function categoriesOf({ categories = [] }: Budget): BudgetCategory[] {
  return [...new Set(categories)].toSorted();
}

/** The teams of a cost center, while it is where it is. */
function teamsOf({ id, from, to }: DepartmentMember, { teams }: Budgeted): BudgetMember[] {
  return teams.filter(({ costCenter }) => costCenter === id).map((team) => during(team.id, { from, to }));
}

function during(
  team: string,
  { from, to }: { readonly from?: Day | undefined; readonly to?: Day | undefined },
): BudgetMember {
  return { team, ...(from && { from }), ...(to && { to }) };
}

/** All teams of a department and of those below it. */
export function membersOf(department: Department, registry: Budgeted): BudgetMember[] {
  const below = (registry.departments ?? []).filter(({ parent }) => parent === department.id);
  return [
    ...department.teams.map((member) => during(member.id, member)),
    ...department.costCenters.flatMap((center) => teamsOf(center, registry)),
    ...below.flatMap((each) => membersOf(each, registry)),
  ];
}

/** The spans in which some months lie of which a budget is agreed, those of each line once. */
export function budgetedSpans(
  lines: readonly BudgetLine[],
  periods: readonly BillingPeriod[],
  { fiscalYearFirstMonth }: Pick<Registry, "fiscalYearFirstMonth">,
): BudgetedSpan[] {
  return lines.flatMap((line) => {
    const spans = new Map(
      periods.map((period) => {
        const months = spanOf(line.span, period, fiscalYearFirstMonth);
        return [months[0], months];
      }),
    );
    return [...spans.values()].flatMap((months): BudgetedSpan[] => {
      const budget = agreedFor(line.budgets, months);
      return budget ? [{ line, months, budget: { ...budget, line: line.key } }] : [];
    });
  });
}
