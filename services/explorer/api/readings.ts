import { z } from "@hono/zod-openapi";
import { readCompleteness } from "@apportion/books/readings/completeness";
import { isPending, quarantinedSeenBy } from "@apportion/books/readings/quarantined";
import { commandOf } from "../server/command.js";
import { answerQuestion, type Answering } from "../server/question.js";
import { currency, dayText, month, monthText } from "./schemas.js";

export const readings = z
  .object({
    month: monthText,
    readings: z.array(
      z.object({
        day: dayText,
        dataset: z.string(),
        source: z.string(),
        scope: z.string().describe("What is read as a whole: a cluster, an account, a tracking server"),
        status: z.enum(["final", "provisional", "stale", "missing"]),
        ageHours: z.string().nullable(),
      }),
    ),
  })
  .openapi("Readings");

export const quarantined = z
  .object({
    currency,
    waiting: z.int(),
    readings: z.array(
      z.object({
        id: z.string(),
        dataset: z.string(),
        source: z.string(),
        scope: z.string(),
        day: dayText,
        readAt: z.string(),
        amount: z.string().describe("What was read, in the unit"),
        visibleAmount: z.string().describe("What counts as long as nobody decides"),
        unit: z.string().describe("The currency of costs and bills; of usage what its meter counts"),
        rows: z.int(),
        reason: z.string(),
        isPending: z.boolean(),
        decision: z.string(),
        preparedBy: z.string().describe("Who prepared the decision; empty while there is none"),
        decidedBy: z.string().describe("Who approved it"),
        decisionReason: z.string(),
        commands: z.array(z.string()).describe("What decides, by two people"),
      }),
    ),
  })
  .openapi("Quarantine");

export function answerReadings(answering: Answering): void {
  const { clickhouse, currency: ofDeployment } = answering.deps;
  answerQuestion(
    answering,
    {
      path: "/api/v1/months/{month}/readings",
      summary: "How complete the readings of a month are: each day of each source and scope",
      asked: z.object({ month }),
      answer: readings,
      isAnew: true, // ages grow while nothing new is read: that is when somebody looks
    },
    async ({ month: period }) => ({
      month: period,
      readings: (await readCompleteness(clickhouse, period)).map(({ age_hours, ...rest }) => ({
        ...rest,
        ageHours: age_hours,
      })),
    }),
  );
  answerQuestion(
    answering,
    {
      path: "/api/v1/quarantine",
      summary: "Readings that were held back, with the evidence, and what was decided",
      asked: z.object({ all: z.enum(["true", "false"]).default("false") }),
      answer: quarantined,
    },
    async ({ all }, identity) => {
      const found = await quarantinedSeenBy(clickhouse, identity.viewer);
      const shown = all === "true" ? found : found.filter(isPending);
      return {
        currency: ofDeployment,
        waiting: found.filter(isPending).length,
        readings: shown.map((each) => ({
          id: each.id,
          dataset: each.dataset,
          source: each.source,
          scope: each.scope,
          day: each.period_start.slice(0, 10),
          readAt: each.read_at,
          amount: each.amount,
          visibleAmount: each.visible_amount,
          unit: each.dataset === "cost" || each.dataset === "bill" ? ofDeployment : each.unit,
          rows: each.row_count,
          reason: each.reason,
          isPending: isPending(each),
          decision: each.decision,
          preparedBy: each.prepared_by,
          decidedBy: each.decided_by,
          decisionReason: each.decision_reason,
          commands: isPending(each)
            ? ["release", "drop"].map((verb) =>
                commandOf(
                  answering.deps,
                  identity,
                  `quarantine ${verb} ${each.id} --prepared-by NAME --approved-by ANOTHER --reason TEXT`,
                ),
              )
            : [],
        })),
      };
    },
  );
}
