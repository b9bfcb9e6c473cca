import { z } from "@hono/zod-openapi";
import type { AdjustedSide } from "@apportion/books/ledger/adjustment";
import { payerNamed } from "@apportion/books/months/month";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { month, teamId } from "../api/schemas.js";
import { RefusedError } from "../server/problem.js";
import { answerQuestion, type Answering } from "../server/question.js";
import { actsFor } from "./acts-for.js";
import { audited } from "./audit.js";
import { done } from "./refusals.js";
import { nameOnRecord } from "./rights.js";
import { line, prepared } from "./schemas.js";

function sideOf(payer: string, period: BillingPeriod): AdjustedSide {
  return { ...payerNamed(payer), period };
}

export function answerAdjustments(answering: Answering): void {
  const { deps } = answering;
  answerQuestion(
    answering,
    {
      path: "/api/v1/adjustments",
      method: "post",
      summary: "Proposes to move an amount from one payer to another: it waits for somebody else",
      description:
        "By finance. It moves nothing until somebody else approves it as a decision; then it is posted into the open month. As `apportion adjust propose`.",
      asked: z.object({
        from: teamId.describe("Who pays less"),
        to: teamId.describe("Who pays more"),
        amount: z
          .string()
          .regex(/^\d{1,15}(\.\d{1,2})?$/, "an amount above zero such as 120.50")
          .openapi({ example: "120.50", description: "In the currency of the deployment" }),
        month: month.describe("Whose cost becomes less"),
        toMonth: month.optional().describe("Whose cost becomes more, where that is another month"),
        reason: line.describe("It stands on statements and in the ledger"),
      }),
      answer: prepared,
      isAnew: true,
    },
    async ({ from, to, amount, month: period, toMonth = period, reason }, identity) =>
      audited(deps.logger, identity, { act: "prepare adjust", about: `${from} to ${to}` }, async () => {
        const acts = await actsFor(deps, identity, "adjust");
        if (reason === "")
          throw new RefusedError(400, "reason: say why, since it stands on statements and in the ledger");
        const draft = await done(
          acts.proposeAdjustment({
            from: sideOf(from, period),
            to: sideOf(to, toMonth),
            cents: parsePicos(amount) / PICOS_PER_CENT,
            reason,
            preparedBy: nameOnRecord(identity),
          }),
        );
        return { id: draft.id, expiresAt: draft.expiresAt };
      }),
  );
}
