import {
  addDays,
  type BillingPeriod,
  billingPeriodOf,
  type Day,
  daysBetween,
  firstDayOf,
  nextBillingPeriod,
} from "@apportion/domain/period";

/** By what costs can be grouped and filtered. What is on no team's statement has the team `idle`, `corporate` or `unallocated`. */
export const DIMENSIONS = [
  "team",
  "costCenter",
  "compliance",
  "category",
  "basis",
  "pool",
  "cluster",
  "namespace",
  "service",
  "account",
  "region",
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** What a statement tells apart: of these, and of whole months, amounts are the cents of statements. */
const OF_STATEMENTS: ReadonlySet<Dimension> = new Set([
  "team",
  "costCenter",
  "compliance",
  "category",
  "basis",
  "pool",
]);

/** Into which pieces of time costs are told apart. Weeks begin on Monday; all days are UTC. */
export const STEPS = ["total", "month", "week", "day"] as const;
export type Step = (typeof STEPS)[number];

/** What somebody wants to know of what was charged for days `[from, to)`. */
export interface CostQuestion {
  readonly from: Day;
  readonly to: Day;
  readonly step: Step;
  readonly groupBy: readonly Dimension[];
  /** Of each dimension the values that are wanted; all where it is absent. */
  readonly filters: Readonly<Partial<Record<Dimension, readonly string[]>>>;
}

/** What was asked cannot be answered; the message says what and how to mend it. */
export class QuestionError extends Error {
  override readonly name = "QuestionError";
  readonly code = "USAGE";
}

/** Longest question, in days: thirteen months, so that a month stands beside that of the year before. */
const DAYS_MAX = 400;
const GROUPS_MAX = 4;
const VALUES_MAX = 500;

/** @throws QuestionError with all that is wrong */
export function checkQuestion({ from, to, groupBy, filters }: CostQuestion): void {
  const days = from < to ? daysBetween(from, to).length : 0;
  const mistakes = [
    ...(from < to
      ? []
      : [`the days begin on ${from} and end before ${to}: the end is the day after the last`]),
    ...(days > DAYS_MAX ? [`${days} days are more than ${DAYS_MAX}: ask for a part of them`] : []),
    ...(groupBy.length > GROUPS_MAX ? [`${groupBy.length} groupings are more than ${GROUPS_MAX}`] : []),
    ...(new Set(groupBy).size < groupBy.length ? [`a grouping is there twice: ${groupBy.join(", ")}`] : []),
    ...Object.entries(filters).flatMap(([name, values]) =>
      values.length > VALUES_MAX ? [`${name} has ${values.length} values, more than ${VALUES_MAX}`] : [],
    ),
  ];
  if (mistakes.length > 0) throw new QuestionError(mistakes.join("; "));
}

/** The months of a question, in their order. */
export function monthsOf({ from, to }: Pick<CostQuestion, "from" | "to">): BillingPeriod[] {
  const months: BillingPeriod[] = [];
  const last = billingPeriodOf(addDays(to, -1));
  for (let month = billingPeriodOf(from); month <= last; month = nextBillingPeriod(month)) months.push(month);
  return months;
}

/** First day of the piece of time in which a day lies; it can be before the first that is asked for. */
export function startOf({ from, step }: Pick<CostQuestion, "from" | "step">, day: Day): Day {
  switch (step) {
    case "total":
      return from;
    case "month":
      return firstDayOf(billingPeriodOf(day));
    case "week":
      return addDays(day, -((new Date(day).getUTCDay() + 6) % 7));
    case "day":
      return day;
  }
}

/** Whether it is about whole months and what statements tell apart: then it has their cents. */
export function isOfStatements(question: CostQuestion): boolean {
  return (
    isWholeMonths(question) &&
    (question.step === "total" || question.step === "month") &&
    question.groupBy.every((dimension) => OF_STATEMENTS.has(dimension))
  );
}

/** Whether what it comes to in all is a sum of cents of statements. */
export function hasStatementTotal(question: CostQuestion): boolean {
  const filtered = Object.keys(question.filters) as Dimension[];
  return isWholeMonths(question) && filtered.every((dimension) => OF_STATEMENTS.has(dimension));
}

/** Of the groupings those by which statements can be summed: what is finer has to add up to them within each. */
export function statementGroupings({ groupBy }: Pick<CostQuestion, "groupBy">): Dimension[] {
  return groupBy.filter((dimension) => OF_STATEMENTS.has(dimension));
}

function isWholeMonths({ from, to }: CostQuestion): boolean {
  return firstDayOf(billingPeriodOf(from)) === from && firstDayOf(billingPeriodOf(to)) === to;
}
