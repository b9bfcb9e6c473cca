import { z } from "zod";
import { DIMENSIONS, STEPS } from "@apportion/books/costs/question";

/** A question of the API as an assistant asks it. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly asked: z.ZodRawShape;
  /** Where in the API it is answered. */
  request(asked: Readonly<Record<string, unknown>>): { readonly path: string; readonly body?: object };
}

const month = z.string().describe("Billing period, YYYY-MM, UTC");
const team = z.string().describe("Id of a team, as `months` names them");
const payer = z.string().describe("Id of a team; also idle, corporate or unallocated");
const day = z.string().describe("YYYY-MM-DD, UTC");

function query(path: string, asked: Readonly<Record<string, unknown>>): { readonly path: string } {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(asked))
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value])
      if (typeof each === "string") parameters.append(name, each);
  return { path: parameters.size === 0 ? path : `${path}?${parameters.toString()}` };
}

const part = (value: unknown): string => encodeURIComponent(String(value));

export const TOOLS: readonly Tool[] = [
  {
    name: "months",
    title: "Months and teams",
    description:
      "Who asks and which teams they see, and the months there are: open or closed, and how complete.",
    asked: {},
    request: () => ({ path: "/api/v1/me" }),
  },
  {
    name: "overview",
    title: "A month at a glance",
    description:
      "What a month costs: every team beside its budget, forecast and the month before, idle and unallocated, and what is open before the close.",
    asked: { month },
    request: (asked) => query("/api/v1/overview", asked),
  },
  {
    name: "movers",
    title: "Who moved most, and why",
    description:
      "Whose statements differ most from the month before, and by which workloads, prices or pools; of one payer `compare` has all of it.",
    asked: { month },
    request: (asked) => ({ path: `/api/v1/months/${part(asked["month"])}/movers` }),
  },
  {
    name: "costs",
    title: "Costs in any grouping",
    description:
      "What was charged for some days by team, cost center, category, pool, cluster, namespace, service, account or region (of the cluster). Whole months have the cents of statements. The last day is not included: November is from 2026-11-01 to 2026-12-01.",
    asked: {
      from: day,
      to: day.describe("Day after the last, YYYY-MM-DD, UTC"),
      step: z
        .enum(STEPS)
        .optional()
        .describe("Pieces of time that are told apart; all together where absent"),
      groupBy: z.array(z.enum(DIMENSIONS)).max(4).optional(),
      filters: z
        .partialRecord(z.enum(DIMENSIONS), z.array(z.string()))
        .optional()
        .describe("Of a dimension, the values that are wanted"),
    },
    request: ({ filters, groupBy, ...rest }) =>
      query("/api/v1/costs", {
        ...rest,
        groupBy: Array.isArray(groupBy) ? groupBy.join(",") : undefined,
        ...(typeof filters === "object" ? filters : {}),
      }),
  },
  {
    name: "compare",
    title: "What changed between two months",
    description:
      "The difference of two months split exactly into price, usage, new and gone workloads, shared pools, ownership and corrections. With a payer, down to workloads. A month that is not over is compared by the days that both have.",
    asked: { before: month, after: month, team: payer.optional() },
    request: (asked) => query("/api/v1/compare", asked),
  },
  {
    name: "statement",
    title: "A team's statement",
    description: "The numbered lines of what a team owes for a month, and corrections posted beside it.",
    asked: { team: payer, month },
    request: (asked) => ({
      path: `/api/v1/teams/${part(asked["team"])}/months/${part(asked["month"])}/statement`,
    }),
  },
  {
    name: "explain",
    title: "Why a line is what it is",
    description:
      "From a line of a statement to policy, driver and ratio of each day, to the facts of one day, their readings and places in the event log.",
    asked: {
      team: payer,
      month,
      line: z.int().min(1).describe("Number of the line, as `statement` has it"),
      day: day.optional(),
    },
    request: ({ team: of, month: in_, line, ...rest }) =>
      query(`/api/v1/teams/${part(of)}/months/${part(in_)}/lines/${part(line)}`, rest),
  },
  {
    name: "forecast",
    title: "How a month ends",
    description:
      "For each team what the month is expected to come to, with an interval that holds 80 of 100 months, and its budget.",
    asked: { month, team: team.optional() },
    request: (asked) => query("/api/v1/forecast", asked),
  },
  {
    name: "recommendations",
    title: "What would save most",
    description:
      "What can be saved a month, in cash and in capacity that becomes free, with evidence, and what was decided about it.",
    asked: { team: team.optional() },
    request: (asked) => query("/api/v1/recommendations", asked),
  },
  {
    name: "gates",
    title: "May a month be closed",
    description:
      "Each gate of the close with what was found and what mends it. The month is computed again for it.",
    asked: { month },
    request: (asked) => ({ path: `/api/v1/months/${part(asked["month"])}/gates` }),
  },
  {
    name: "reconciliation",
    title: "The bill against what was attributed",
    description:
      "Billed and attributed by category, account and service, the accuracy, the residuals, and from the invoice to what is charged.",
    asked: { month },
    request: (asked) => ({ path: `/api/v1/months/${part(asked["month"])}/reconciliation` }),
  },
  {
    name: "journals",
    title: "What was posted",
    description:
      "Statements, corrections, decisions and adjustments in their order, with who prepared and approved them and the chain of hashes.",
    asked: { month: month.optional() },
    request: (asked) => query("/api/v1/journals", asked),
  },
  {
    name: "simulate",
    title: "A month under other policies",
    description:
      "What each team would have paid under the given policies beside those in force; nothing is written. Policies are YAML as in the section `allocation`.",
    asked: {
      month,
      policies: z.string().describe("For example: policies: [{pool: mlflow, methods: [even]}]"),
      from: day.optional(),
    },
    request: (asked) => ({ path: "/api/v1/simulations", body: asked }),
  },
];
