import { z } from "@hono/zod-openapi";
import { day } from "../api/schemas.js";
import { RefusedError } from "../server/problem.js";
import { answerQuestion, type Answering } from "../server/question.js";
import { actsOf } from "./acts-for.js";
import { audited } from "./audit.js";
import { done } from "./refusals.js";
import { nameOnRecord, requireAdvised } from "./rights.js";
import { decided, id, line } from "./schemas.js";

export function answerAdvice(answering: Answering): void {
  const { deps, remembered } = answering;
  answerQuestion(
    answering,
    {
      path: "/api/v1/recommendations/{id}/decision",
      method: "post",
      summary: "Accepts a recommendation, or dismisses it",
      description:
        "By finance, or by who leads the team whose it is to act on. What an accepted one saves is measured from then on; a dismissed one is not said again, or not before a day.",
      asked: z.object({
        id,
        decision: z.enum(["accepted", "dismissed"]),
        reason: line.default("").describe("Needed to dismiss it"),
        until: day.optional().describe("Until when it is dismissed; without a day for good"),
      }),
      answer: decided,
      isAnew: true,
    },
    async ({ id: about, decision, reason, until }, identity) =>
      audited(deps.logger, identity, { act: decision, about }, async () => {
        const teams = requireAdvised(identity);
        const acts = await actsOf(deps);
        if (decision === "dismissed" && reason === "")
          throw new RefusedError(400, "reason: say why, since whoever sees it again asks");
        if (decision === "accepted" && until !== undefined)
          throw new RefusedError(400, "What is accepted has no last day: `until` is for what is dismissed");
        const by = nameOnRecord(identity);
        const words =
          decision === "accepted"
            ? { decision, by, reason }
            : { decision, by, reason, ...(until && { until }) };
        await done(
          acts.decideAdvice(
            about,
            words,
            ({ owner }) => teams === "all" || (owner.kind === "team" && teams.includes(owner.id)),
          ),
        );
        remembered.renew();
        return { state: "done" as const };
      }),
  );
}
