import { z } from "zod";
import { BUDGET_CATEGORIES } from "@apportion/domain/budget-category";
import { BUDGET_SPANS, type BudgetSpan, lastMonthOf, spanOf } from "@apportion/domain/budget-span";
import { isOfWholeMonths } from "@apportion/domain/budget-span";
import { type Budget } from "@apportion/domain/tenancy";
import { issueInWords } from "@apportion/runtime/config-words";
import { overlap, type Problem, reversed } from "./dates.js";
import {
  addressesSchema,
  amountSchema,
  costCenterSchema,
  daySchema,
  idSchema,
  monthSchema,
  nameOf,
} from "./fields.js";

/** The sections of `apportion.yaml` that say who may spend how much: budgets, cost centers and departments. */

const increaseConfig = z.strictObject({
  period: monthSchema.describe("A month of the span that gets more"),
  amount: amountSchema.describe("How much more, in the deployment's currency"),
  by: nameOf(100).describe("Who agreed to it; printed in alerts"),
  reason: nameOf(300).describe("Why; printed in alerts"),
});

const budgetConfig = z.strictObject({
  from: monthSchema.describe(
    "First month for which the budget holds, until a later one of the same span and categories starts; of a quarter or year its first month",
  ),
  amount: amountSchema.describe("Budget of a span in the deployment's currency"),
  span: z
    .enum(BUDGET_SPANS)
    .optional()
    .describe("What the amount is for: a month (where absent), a quarter or a year of the fiscal year"),
  categories: z
    .array(z.enum(BUDGET_CATEGORIES))
    .min(1)
    .optional()
    .describe(
      "Of which lines of the statement alone it is; compute and storage stand for several; all of them where absent",
    ),
  increases: z
    .array(increaseConfig)
    .min(1)
    .max(100)
    .optional()
    .describe("What single spans get once, on top"),
});

/** What several sections have. */
export const budgetsSchema = z.array(budgetConfig).max(1000);

const contactsSchema = addressesSchema
  .max(20)
  .default([])
  .describe(
    "Who receives the alerts of its budgets; finance where absent; in small letters, whatever they are written in",
  );
const memberDates = {
  from: daySchema.optional().describe("First day on which it is in the department"),
  to: daySchema.optional().describe("First day on which it is in it no more"),
};

export const budgetSections = {
  fiscalYearFirstMonth: z
    .int()
    .min(1)
    .max(12)
    .default(1)
    .describe(
      "Month with which the fiscal year begins, whose quarters and years budgets are for: 4 is April",
    ),
  budgetsFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      "CSV file with budgets beside those of this file, read at each start; relative to it. `apportion budgets import` checks and replaces it",
    ),
  costCenters: z
    .array(
      z.strictObject({
        id: costCenterSchema.describe("As teams name it"),
        name: nameOf(100).optional().describe("Name for people; the id where absent"),
        contacts: contactsSchema,
        budgets: budgetsSchema.default([]).describe("Budgets for all its teams together"),
      }),
    )
    .max(1000)
    .default([])
    .describe("Cost centers that have budgets of their own"),
  departments: z
    .array(
      z.strictObject({
        id: idSchema,
        name: nameOf(100).optional().describe("Name for people; the id where absent"),
        parent: idSchema.optional().describe("Department that it is a part of"),
        teams: z
          .array(z.strictObject({ id: idSchema.describe("Team"), ...memberDates }))
          .max(1000)
          .default([])
          .describe("Teams in it, beside those of departments below it"),
        costCenters: z
          .array(z.strictObject({ id: costCenterSchema.describe("Cost center"), ...memberDates }))
          .max(1000)
          .default([])
          .describe("Cost centers of which all teams are in it"),
        contacts: contactsSchema,
        budgets: budgetsSchema
          .default([])
          .describe(
            "Budgets of the department with all below it: figures of their own, not the sum of those of its teams",
          ),
      }),
    )
    .max(500)
    .default([])
    .describe(
      "Departments, a tree; the cost of each is that of all teams below it on the days on which they are in it",
    ),
};

const sections = z.object(budgetSections);
type BudgetSections = z.infer<typeof sections>;
type Departments = BudgetSections["departments"];

/** As configured; what is absent stays absent, so that what is put on record of a team does not change. */
export type ConfiguredBudget = z.output<typeof budgetConfig>;

export function toBudget({ from, amount, span, categories, increases }: ConfiguredBudget): Budget {
  return {
    from,
    amount,
    ...(span && { span }),
    ...(categories && { categories }),
    ...(increases && { increases }),
  };
}

/** Reads one as it would stand in the configuration. */
export function parseBudget(
  value: unknown,
):
  | { readonly ok: true; readonly budget: ConfiguredBudget }
  | { readonly ok: false; readonly problems: readonly Problem[] } {
  const parsed = budgetConfig.safeParse(value, { error: issueInWords });
  if (parsed.success) return { ok: true, budget: parsed.data };
  const problems = parsed.error.issues.map(({ path, message }) => ({
    path: path.filter((part) => typeof part !== "symbol"),
    message,
  }));
  return { ok: false, problems };
}

/** The sections in which somebody has budgets. */
export interface OwnersOfBudgets extends BudgetSections {
  readonly teams: readonly {
    readonly id: string;
    readonly costCenter: string;
    readonly budgets: readonly ConfiguredBudget[];
  }[];
}

/** What the schema cannot say of budgets and of who has them. */
export function checkBudgets(config: OwnersOfBudgets): Problem[] {
  const owners = (["teams", "costCenters", "departments"] as const).flatMap((section) =>
    config[section].map((owner, index) => ({ owner, path: [section, index, "budgets"] })),
  );
  return [
    ...owners.flatMap(({ owner, path }) => checkOwn(owner, path, config.fiscalYearFirstMonth)),
    ...twice(config.costCenters, "costCenters"),
    ...twice(config.departments, "departments"),
    ...config.costCenters.flatMap(({ id }, index) =>
      config.teams.some(({ costCenter }) => costCenter === id)
        ? []
        : [{ path: ["costCenters", index, "id"], message: `no team has the cost center "${id}"` }],
    ),
    ...checkTree(config.departments),
    ...checkMembers(config),
  ];
}

/** Of one owner; budgets for the same span and categories are one after the other. */
function checkOwn(
  { id, budgets }: { readonly id: string; readonly budgets: readonly ConfiguredBudget[] },
  path: Problem["path"],
  firstMonth: number,
): Problem[] {
  return budgets.flatMap((budget, index) => {
    const at = [...path, index];
    const { from, span = "month", increases = [] } = budget;
    const same = budgets.filter((each) => budgetLineOf(each) === budgetLineOf(budget));
    const next = same
      .map((each) => each.from)
      .filter((each) => each > from)
      .toSorted()[0];
    const what = isOfWholeMonths(toBudget(budget)) ? "" : ` for ${budgetLineOf(budget)}`;
    return [
      ...(budgets.findIndex((each) => budgetLineOf(each) === budgetLineOf(budget) && each.from === from) <
      index
        ? [{ path: [...at, "from"], message: `${quoted(path, id)} has two budgets${what} from this month` }]
        : []),
      ...startsWithin(span, from, firstMonth).map((message) => ({ path: [...at, "from"], message })),
      ...increases.flatMap(({ period }, place) => {
        const [start] = spanOf(span, period, firstMonth);
        const message =
          start < from
            ? `the budget holds from ${from} on, so there is nothing to increase in ${period}`
            : next !== undefined && start >= next
              ? `another budget holds from ${next} on: the increase of ${period} belongs to that`
              : undefined;
        return message === undefined ? [] : [{ path: [...at, "increases", place, "period"], message }];
      }),
    ];
  });
}

/** `quarter of compute`: what tells the budgets of one owner apart. */
function budgetLineOf({ span = "month", categories = [] }: ConfiguredBudget): string {
  return categories.length === 0 ? span : `${span} of ${[...new Set(categories)].toSorted().join(", ")}`;
}

function startsWithin(span: BudgetSpan, from: ConfiguredBudget["from"], firstMonth: number): string[] {
  const months = spanOf(span, from, firstMonth);
  return months[0] === from
    ? []
    : [
        `a ${span} goes from ${months[0]} to ${lastMonthOf(months)}: name its first month, which fiscalYearFirstMonth decides`,
      ];
}

function quoted([section]: Problem["path"], id: string): string {
  const kind = section === "teams" ? "team" : section === "costCenters" ? "cost center" : "department";
  return `${kind} "${id}"`;
}

function twice(items: readonly { readonly id: string }[], section: string): Problem[] {
  return items.flatMap(({ id }, index) =>
    items.findIndex((each) => each.id === id) < index
      ? [{ path: [section, index, "id"], message: `"${id}" is named twice` }]
      : [],
  );
}

function checkTree(departments: Departments): Problem[] {
  const parents = new Map(departments.map(({ id, parent }) => [id, parent]));
  return departments.flatMap(({ id, parent }, index) => {
    const path = ["departments", index, "parent"];
    if (parent === undefined) return [];
    if (!parents.has(parent)) return [{ path, message: `there is no department "${parent}"` }];
    const above = [id];
    for (let next = parents.get(id); next !== undefined; next = parents.get(next)) {
      above.push(next);
      if (next === id) return [{ path, message: `it is above itself: ${above.join(" in ")}` }];
      if (above.length > departments.length) break; // a circle further up, which is said there
    }
    return [];
  });
}

interface Membership {
  readonly team: string;
  readonly department: string;
  readonly from?: Departments[number]["teams"][number]["from"];
  readonly to?: Departments[number]["teams"][number]["to"];
  readonly path: Problem["path"];
}

/** A team that is in two departments at one time would be counted twice above them. */
function checkMembers({ teams, departments }: OwnersOfBudgets): Problem[] {
  const memberships = departments.flatMap((department, index) => [
    ...department.teams.map(({ id, from, to }, at): Membership => ({
      team: id,
      department: department.id,
      from,
      to,
      path: ["departments", index, "teams", at],
    })),
    ...department.costCenters.flatMap(({ id, from, to }, at) =>
      teams
        .filter(({ costCenter }) => costCenter === id)
        .map((team): Membership => ({
          team: team.id,
          department: department.id,
          from,
          to,
          path: ["departments", index, "costCenters", at],
        })),
    ),
  ]);
  const unknown = departments.flatMap((department, index) => [
    ...department.teams.flatMap(({ id }, at) =>
      teams.some((team) => team.id === id)
        ? []
        : [{ path: ["departments", index, "teams", at, "id"], message: `there is no team "${id}"` }],
    ),
    ...department.costCenters.flatMap(({ id }, at) =>
      teams.some(({ costCenter }) => costCenter === id)
        ? []
        : [
            {
              path: ["departments", index, "costCenters", at, "id"],
              message: `no team has the cost center "${id}"`,
            },
          ],
    ),
    ...[...department.teams.entries()].flatMap(([at, { from, to }]) =>
      reversed(from, to, ["departments", index, "teams", at, "to"]),
    ),
    ...[...department.costCenters.entries()].flatMap(([at, { from, to }]) =>
      reversed(from, to, ["departments", index, "costCenters", at, "to"]),
    ),
  ]);
  const contested = memberships.flatMap((membership, index) => {
    const other = memberships
      .slice(0, index)
      .find((each) => each.team === membership.team && overlap(each, membership));
    return other
      ? [
          {
            path: membership.path,
            message: `team "${membership.team}" is in "${other.department}" at the same time, and would be counted twice`,
          },
        ]
      : [];
  });
  return [...unknown, ...contested];
}
