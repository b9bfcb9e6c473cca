import { z } from "@hono/zod-openapi";
import { PREPARED_ACTS } from "@apportion/books/decisions/prepared";
import { readMonths } from "@apportion/books/months/read-months";
import { quarantinedReadings } from "@apportion/books/readings/quarantined";
import { parseBillingPeriod } from "@apportion/domain/period";
import { currency } from "../api/schemas.js";
import { RefusedError } from "../server/problem.js";
import { answerQuestion, type Answering } from "../server/question.js";
import { actsFor } from "./acts-for.js";
import { answerAdjustments } from "./answer-adjustments.js";
import { answerAdvice } from "./answer-advice.js";
import { approve } from "./approve.js";
import { audited } from "./audit.js";
import { DECIDABLE_ACTS, type Decidable, findDecidable, readDecidable, requireWaiting } from "./decidable.js";
import { prepare, withdraw } from "./prepare.js";
import { decided, id, line, prepared } from "./schemas.js";
import { done } from "./refusals.js";
import { advisedTeams, may, nameOnRecord, rightFor, whyNot, whyNotApprove } from "./rights.js";
import { keepUnderWay } from "./under-way.js";
import { effectOf, titleOf } from "./words.js";

const underWay = z
  .object({
    by: z.string(),
    done: z.int().describe("Days that are computed again"),
    total: z.int().describe("0 while it is not known"),
  })
  .describe("Somebody approved it, and it goes on");

export const decisions = z
  .object({
    currency,
    may: z
      .object({
        close: z.boolean().describe("Prepare a close, and approve one that somebody else prepared"),
        override: z.boolean().describe("The same although too little of the bill is attributed"),
        readings: z.boolean().describe("Prepare the release or drop of a reading, and approve it"),
        adjust: z.boolean().describe("Propose an adjustment, and approve it"),
        advice: z
          .union([z.literal("all"), z.array(z.string())])
          .describe("Teams whose recommendations you accept or dismiss"),
      })
      .describe("What you may decide"),
    why: z.string().describe("Why you decide about neither closes nor readings; else empty"),
    waiting: z.array(
      z.object({
        id: z.string(),
        act: z.enum(DECIDABLE_ACTS),
        about: z
          .string()
          .describe(
            "The month, the reading in quarantine, or the draft of an adjustment; of a month to be decided again the month",
          ),
        title: z.string(),
        effect: z.string().describe("What it does once it is approved"),
        reason: z.string().describe("Of a close the reason of its override; empty where none is needed"),
        preparedBy: z.string(),
        preparedAt: z.string(),
        expiresAt: z.string().describe("From then on nobody can approve it"),
        mayApprove: z.boolean(),
        whyNot: z.string().describe("Why you cannot approve it; empty where you can"),
        mayWithdraw: z.boolean(),
        underWay: underWay.optional(),
      }),
    ),
  })
  .openapi("Decisions");

export const approved = z
  .object({
    state: z.enum(["done", "under-way"]).describe("`under-way`: approve it again to hear how it ended"),
    underWay: underWay.optional(),
  })
  .openapi("Approval");

export function answerDecisions(answering: Answering): void {
  const { deps, remembered } = answering;
  const { clickhouse, registry, currency: ofDeployment } = deps;
  const goingOn = keepUnderWay<void>();
  answerQuestion(
    answering,
    {
      path: "/api/v1/decisions",
      summary: "What one person prepared and waits for another, and what you may decide",
      description:
        "Two people who signed in close a month, or decide about a reading that is held back: one prepares, another approves. Programs and whoever is on the machine use the command line.",
      asked: z.object({}),
      answer: decisions,
      isAnew: true,
    },
    async (_, identity) => {
      // Who sees some teams alone is told of nobody else's decisions.
      const all = identity.viewer.teams === "all" ? await readDecidable(deps) : [];
      const waiting = all.filter(({ state }) => state.kind === "waiting");
      const subjects = {
        months: waiting.length > 0 ? await readMonths(clickhouse) : [],
        readings: waiting.length > 0 ? await quarantinedReadings(clickhouse) : [],
        currency: ofDeployment,
        teams: registry.teams,
      };
      const advised = advisedTeams(identity);
      return {
        currency: ofDeployment,
        may: {
          close: may(identity, "close"),
          override: may(identity, "override"),
          readings: may(identity, "reading"),
          adjust: may(identity, "adjust"),
          advice: advised === "all" ? advised : [...advised],
        },
        why: whyNot(identity, "close"),
        waiting: waiting.map((each) => {
          const why = whyNotApprove(identity, each);
          const progress = goingOn.of(each.id);
          return {
            id: each.id,
            act: each.act,
            about: each.about,
            title: titleOf(each, subjects),
            effect: effectOf(each, subjects),
            reason: each.reason,
            preparedBy: each.preparedBy,
            preparedAt: each.preparedAt,
            expiresAt: each.expiresAt,
            mayApprove: why === "",
            whyNot: why,
            mayWithdraw: may(identity, rightFor(each)),
            ...(progress && { underWay: progress }),
          };
        }),
      };
    },
  );

  answerQuestion(
    answering,
    {
      path: "/api/v1/decisions",
      method: "post",
      summary: "Prepares a close, or a decision about a reading: it waits for somebody else",
      description: "It changes nothing until somebody else approves it, and can be approved for seven days.",
      asked: z.object({
        act: z.enum(PREPARED_ACTS),
        about: id.describe("The month, or the id of the reading in quarantine"),
        reason: line
          .default("")
          .describe("Why. Of a close only where too little of the bill is attributed: the override's"),
      }),
      answer: prepared,
      isAnew: true,
    },
    async ({ act, about, reason }, identity) =>
      audited(deps.logger, identity, { act: `prepare ${act}`, about }, async () => {
        const said = { act, about, reason };
        const acts = await actsFor(deps, identity, rightFor(said));
        if (act === "close") parseBillingPeriod(about);
        else if (reason === "")
          throw new RefusedError(400, "reason: say why, since that is what an auditor reads later");
        const made = await done(acts.onRecord(() => prepare(deps, said, identity)));
        return { id: made.id, expiresAt: made.expiresAt };
      }),
  );

  answerQuestion(
    answering,
    {
      path: "/api/v1/decisions/{id}/approve",
      method: "post",
      summary: "Approves what somebody else prepared, and does it",
      description:
        "A close computes the month again. It goes on when it takes longer than anybody waits: who approved it asks again, and hears how far it is or how it ended. Nothing is done twice.",
      asked: z.object({ id }),
      answer: approved,
      isAnew: true,
    },
    async ({ id: asked }, identity) =>
      audited(deps.logger, identity, { act: "approve", id: asked }, async (note) => {
        const acts = await actsFor(deps, identity, "close");
        const found = await findDecidable(deps, asked);
        note(aboutOf("approve", found));
        const answer = await approve({ ...deps, acts, underWay: goingOn }, found, identity);
        remembered.renew();
        return answer;
      }),
  );

  answerQuestion(
    answering,
    {
      path: "/api/v1/decisions/{id}/withdraw",
      method: "post",
      summary: "Takes back what waits: it cannot be approved any more",
      asked: z.object({ id }),
      answer: decided,
      isAnew: true,
    },
    async ({ id: asked }, identity) =>
      audited(deps.logger, identity, { act: "withdraw", id: asked }, async (note) => {
        await actsFor(deps, identity, "close");
        const found = await findDecidable(deps, asked);
        note(aboutOf("withdraw", found));
        const acts = await actsFor(deps, identity, rightFor(found));
        const progress = goingOn.of(asked);
        if (progress) throw new RefusedError(409, `${progress.by} approves it at this moment`);
        requireWaiting(found);
        const { act } = found;
        const by = nameOnRecord(identity);
        await done(
          act === "adjust"
            ? acts.withdrawAdjustment(found.id, by)
            : act === "decide"
              ? acts.withdrawDecision(found.id, by)
              : acts.onRecord(() => withdraw(deps, { ...found, act }, identity)),
        );
        // Another process may have done it meanwhile: then what was withdrawn is done all the same.
        const after = await findDecidable(deps, asked);
        if (after.state.kind === "decided") requireWaiting(after);
        return { state: "done" as const };
      }),
  );

  answerAdjustments(answering);
  answerAdvice(answering);
}

function aboutOf(verb: string, { act, about }: Decidable) {
  return { act: `${verb} ${act}`, about };
}
