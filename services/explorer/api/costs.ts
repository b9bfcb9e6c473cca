import { z } from "@hono/zod-openapi";
import { DIMENSIONS, type Dimension, STEPS } from "@apportion/books/costs/question";
import { type Costs, readCosts } from "@apportion/books/costs/read-costs";
import { decimalOfCents } from "@apportion/domain/cents";
import { formatPicos } from "@apportion/domain/money";
import { addDays, billingPeriodOf, type Day, daysBetween } from "@apportion/domain/period";
import { csvRows } from "@apportion/runtime/csv";
import type { Identity } from "../server/identity.js";
import { answerQuestion, type Answering } from "../server/question.js";
import { amount, currency, day, dayText, exact } from "./schemas.js";

const values = z.array(z.string().max(300)).optional();
const filters = Object.fromEntries(DIMENSIONS.map((name) => [name, values])) as Record<
  Dimension,
  typeof values
>;

const groupBy = z
  .string()
  .default("")
  .transform((text) => text.split(",").filter((name) => name !== ""))
  .pipe(z.array(z.enum(DIMENSIONS, { error: `groupings are ${DIMENSIONS.join(", ")}, separated by commas` })))
  .openapi({
    type: "string",
    example: "team,category",
    description: `Of ${DIMENSIONS.join(", ")}, separated by commas`,
  });

/** What may be asked of costs. */
export const costsAsked = z.object({
  from: day,
  to: day.openapi({ description: "Day after the last, UTC" }),
  step: z
    .enum(STEPS)
    .default("total")
    .openapi({ description: "Pieces of time that are told apart; weeks begin on Monday" }),
  groupBy,
  ...filters,
});
export type CostsAsked = z.output<typeof costsAsked>;

const row = z.object({
  from: dayText.describe("First day of the piece of time"),
  values: z.array(z.string()).describe("A value for each grouping, in its order"),
  amount,
  exact,
});
/** How far an answer can be relied on. */
export const standing = z.object({
  days: z.int().describe("Days that were asked for and are allocated"),
  incomplete: z.array(dayText).describe("Of them, those that are not over or wait for a reading"),
  missing: z.array(z.string()).describe("The readings they wait for"),
  provisional: z.boolean().describe("Whether a month is among them that is not closed"),
});
export const costsAnswer = z
  .object({
    currency,
    from: dayText,
    to: dayText.describe("Day after the last"),
    step: z.enum(STEPS),
    groupBy: z.array(z.enum(DIMENSIONS)),
    rows: z.array(row),
    total: z.object({ amount, exact }),
    completeness: standing,
  })
  .openapi("Costs");

/** Asks the books. */
async function askCosts(
  answering: Answering,
  { from, to, step, groupBy: grouping, ...rest }: CostsAsked,
  { viewer }: Pick<Identity, "viewer">,
): Promise<z.input<typeof costsAnswer>> {
  const { clickhouse, registry, currency: ofDeployment } = answering.deps;
  const asked = Object.fromEntries(
    Object.entries(rest).filter(([, wanted]) => wanted !== undefined && wanted.length > 0),
  );
  const question = { from, to, step, groupBy: grouping, filters: asked };
  const costs = await readCosts(clickhouse, registry, viewer, question, answering);
  return {
    currency: ofDeployment,
    from,
    to,
    step,
    groupBy: grouping,
    rows: costs.rows.map((each) => ({ from: each.from, values: [...each.values], ...amounts(each) })),
    total: amounts(costs),
    completeness: completenessOf(costs),
  };
}

export function amounts({ cents, picos }: Pick<Costs, "cents" | "picos">): { amount: string; exact: string } {
  return { amount: decimalOfCents(cents), exact: formatPicos(picos) };
}

export function completenessOf({ days }: Pick<Costs, "days">): z.input<typeof standing> {
  const open = days.filter(({ isComplete }) => !isComplete);
  return {
    days: days.length,
    incomplete: open.map(({ day: each }) => each),
    missing: [...new Set(open.flatMap(({ missing }) => missing))].toSorted(),
    provisional: days.length === 0 || days.some(({ isPosted }) => !isPosted),
  };
}

export function answerCosts(answering: Answering): void {
  answerQuestion(
    answering,
    {
      path: "/api/v1/costs",
      summary: "What was charged for some days, in any grouping and by any filter",
      description:
        "Of whole months, and of what statements tell apart, amounts are the cents of statements; everything finer is distributed so that it adds up to them.",
      asked: costsAsked,
      answer: costsAnswer,
      until: ({ to }) => billingPeriodOf(addDays(to, -1)),
    },
    async (asked, identity) => askCosts(answering, asked, identity),
  );
  answering.app.get("/api/v1/costs.csv", async (c) => {
    const json = await answering.app.request(`/api/v1/costs${new URL(c.req.url).search}`, {
      headers: c.req.raw.headers,
    });
    if (json.status !== 200) return json;
    const answer = costsAnswer.parse(await json.json());
    return c.body(costsCsv(answer, c.req.queries()), 200, {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="costs-${answer.from}-${answer.to}.csv"`,
      "cache-control": "private, no-cache",
    });
  });
}

/** What is on the screen, with its period, unit and filters in the first lines, and the total in the last. */
function costsCsv(
  answer: z.output<typeof costsAnswer>,
  asked: Readonly<Record<string, readonly string[]>>,
): string {
  const { currency: unit, from, to, step, groupBy: grouping, rows, total, completeness } = answer;
  const filtered = DIMENSIONS.flatMap((name) => (asked[name] ? [`${name}: ${asked[name].join(", ")}`] : []));
  const hasTime = step !== "total";
  const head = [
    ["Costs", `${from} to ${addDays(to as Day, -1)}, UTC, the last day included`],
    ["Unit", unit],
    ["Filters", filtered.length === 0 ? "none" : filtered.join("; ")],
    ["State", completeness.provisional ? "provisional: a month is not closed" : "posted"],
    [
      "Days",
      `${completeness.days} of ${daysBetween(from as Day, to as Day).length} allocated, ${completeness.incomplete.length} of them incomplete`,
    ],
    [],
  ];
  return csvRows(
    [
      ...head,
      [...(hasTime ? [`${step} from`] : []), ...grouping, `amount ${unit}`, `exact ${unit}`],
      ...rows.map((each) => [...(hasTime ? [each.from] : []), ...each.values, each.amount, each.exact]),
      [
        ...(hasTime ? ["total"] : []),
        ...grouping.map((_, at) => (at === 0 && !hasTime ? "total" : "")),
        total.amount,
        total.exact,
      ],
    ],
    ",",
  );
}
