import { z } from "@hono/zod-openapi";
import { readWorkloads } from "@apportion/books/costs/read-workloads";
import { payerNamed } from "@apportion/books/months/month";
import { addDays, billingPeriodOf } from "@apportion/domain/period";
import { workloadName } from "@apportion/reports/compare/words";
import { answerQuestion, type Answering } from "../server/question.js";
import { amounts, completenessOf, standing } from "./costs.js";
import { amount, currency, day, dayText, exact, teamId } from "./schemas.js";

const values = z.array(z.string().max(300));

/** What may be asked of workloads. */
const workloadsAsked = z.object({
  from: day,
  to: day.openapi({ description: "Day after the last, UTC" }),
  team: teamId,
  cluster: values.optional(),
  namespace: values.optional(),
  service: values.optional(),
});
/** More than anybody looks at: the smallest are summed. */
const WORKLOADS_MAX = 2_000;
export const workloadsAnswer = z
  .object({
    currency,
    from: dayText,
    to: dayText.describe("Day after the last"),
    team: z.string(),
    rows: z
      .array(z.object({ name: z.string().describe("In people's words"), amount, exact }))
      .describe("The costliest first, at the bill's price"),
    rest: z
      .object({ amount, exact })
      .describe("What is of none of them: shares of pools, idle capacity, smaller workloads"),
    total: z.object({ amount, exact }),
    completeness: standing,
  })
  .openapi("Workloads");

export function answerWorkloads(answering: Answering): void {
  const { clickhouse, registry, currency: ofDeployment } = answering.deps;
  answerQuestion(
    answering,
    {
      path: "/api/v1/workloads",
      summary: "What one payer was charged for some days, workload by workload",
      description:
        "Together with the rest they add up to what /api/v1/costs says of the same payer, days and filters. Names of protected teams are hidden as everywhere.",
      asked: workloadsAsked,
      answer: workloadsAnswer,
      until: ({ to }) => billingPeriodOf(addDays(to, -1)),
    },
    async ({ from, to, team, ...rest }, { viewer }) => {
      const filters = Object.fromEntries(Object.entries(rest).filter(([, wanted]) => wanted !== undefined));
      const payer = payerNamed(team);
      const question = { from, to, payer, filters };
      const found = await readWorkloads(clickhouse, registry, viewer, question, workloadName, answering);
      const shown = found.workloads.slice(0, WORKLOADS_MAX);
      const beside = shown.reduce(
        ({ cents, picos }, each) => ({ cents: cents - each.cents, picos: picos - each.picos }),
        found.total,
      );
      return {
        currency: ofDeployment,
        from,
        to,
        team,
        rows: shown.map((each) => ({ name: workloadName(each.name), ...amounts(each) })),
        rest: amounts(beside),
        total: amounts(found.total),
        completeness: completenessOf(found),
      };
    },
  );
}
