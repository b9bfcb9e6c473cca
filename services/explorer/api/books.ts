import { z } from "@hono/zod-openapi";
import { evaluateGates, isOverridable } from "@apportion/books/ledger/gates";
import { chargedBy } from "@apportion/books/ledger/journal";
import { ledgerHead, readJournals } from "@apportion/books/ledger/journals";
import { gatherEvidence } from "@apportion/books/ledger/verify";
import { payerOf } from "@apportion/books/months/month";
import { readMonths } from "@apportion/books/months/read-months";
import { reconcile } from "@apportion/books/reconcile/reconcile";
import { requireAll } from "@apportion/books/viewer";
import { decimalOfCents } from "@apportion/domain/cents";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { dayOf } from "@apportion/domain/period";
import { remedyOf } from "@apportion/reports/close/gate-words";
import { commandOf } from "../server/command.js";
import { NotFoundError } from "../server/problem.js";
import { answerQuestion, type Answering } from "../server/question.js";
import { amount, currency, exact, month, monthText } from "./schemas.js";

export const gates = z
  .object({
    month: monthText,
    isClosed: z.boolean(),
    canClose: z.boolean(),
    canOverride: z
      .boolean()
      .describe(
        "Whether a reason, which stays on record, would let it be closed although too little is attributed",
      ),
    gates: z.array(
      z.object({
        name: z.string(),
        passed: z.boolean(),
        says: z.string().describe("What was found"),
        remedy: z.string().describe("What mends it; empty where it passed"),
      }),
    ),
    command: z.string().describe("What closes the month, once two people agree"),
  })
  .openapi("Gates");

const invoicePart = z.object({ name: z.string(), exact });
export const reconciliation = z
  .looseObject({
    currency,
    month: monthText,
    hasBill: z.boolean(),
    isClosed: z.boolean(),
    billed: exact,
    attributed: exact,
    missed: exact,
    accuracyPercent: z.string(),
    invoice: z.record(z.string(), exact),
    waterfall: z.array(invoicePart).describe("From the invoice to what is charged: parts add up to the last"),
    categories: z.array(
      z.looseObject({ category: z.string(), billed: exact, attributed: exact, difference: exact }),
    ),
    rows: z.array(
      z.looseObject({ account: z.string(), service: z.string(), billed: exact, attributed: exact }),
    ),
    residuals: z.array(z.looseObject({ class: z.string(), what: z.string(), amount: exact })),
  })
  .openapi("Reconciliation");

const journal = z.object({
  seq: z.string(),
  kind: z.string(),
  billingPeriod: monthText,
  correctsPeriod: z.string(),
  postedAt: z.string(),
  preparedBy: z.string(),
  approvedBy: z.string(),
  reason: z.string(),
  amount: amount.describe("Charged to everybody together"),
  payers: z.array(z.object({ payer: z.string(), amount })),
  hash: z.string(),
  previousHash: z.string(),
});
export const journals = z
  .object({ currency, head: z.object({ seq: z.string(), hash: z.string() }), journals: z.array(journal) })
  .openapi("Journals");

export function answerBooks(answering: Answering): void {
  const { clickhouse, log, clock, closeRules, currency: ofDeployment } = answering.deps;
  answerQuestion(
    answering,
    {
      path: "/api/v1/months/{month}/gates",
      summary: "Whether a month may be closed: each gate with what was found and what mends it",
      description:
        "The month is computed again for it, so the first answer takes as long as `apportion close --check`.",
      asked: z.object({ month }),
      answer: gates,
      until: ({ month: period }) => period,
      isOfToday: true,
    },
    async ({ month: period }, identity) => {
      requireAll(identity.viewer);
      const known = (await readMonths(clickhouse)).find((each) => each.month === period);
      if (!known) throw new NotFoundError(`Nothing of ${period} is allocated yet`);
      const close = `close --month ${period} --prepared-by NAME --approved-by ANOTHER`;
      const command = commandOf(answering.deps, identity, close);
      if (known.isClosed)
        return { month: period, isClosed: true, canClose: false, canOverride: false, gates: [], command };
      if (!closeRules) throw new NotFoundError("This process does not know what a close promises");
      const evidence = await gatherEvidence({ clickhouse, log }, period);
      const found = await evaluateGates({ clickhouse, clock }, period, evidence, closeRules);
      const failed = found.filter(({ passed }) => !passed);
      return {
        month: period,
        isClosed: false,
        canClose: failed.length === 0,
        canOverride:
          failed.length > 0 && failed.every((gate) => isOverridable(gate, evidence.reconciliation)),
        gates: found.map((gate) => ({
          name: gate.name,
          passed: gate.passed,
          says: gate.says,
          remedy: gate.passed ? "" : remedyOf(gate, period, dayOf(clock())),
        })),
        command,
      };
    },
  );
  answerQuestion(
    answering,
    {
      path: "/api/v1/months/{month}/reconciliation",
      summary: "What was attributed against what was billed, and what the difference is",
      asked: z.object({ month }),
      answer: reconciliation,
      until: ({ month: period }) => period,
    },
    async ({ month: period }, { viewer }) => {
      requireAll(viewer);
      const { days: _days, ...found } = await reconcile(clickhouse, period);
      const { invoice, purchases, amortisation, discounts, bill } = found.invoice;
      return {
        ...found,
        currency: ofDeployment,
        categories: found.categories.map((each) => ({ ...each })),
        rows: found.rows.map((each) => ({ ...each })),
        residuals: found.residuals.map((each) => ({ ...each })),
        waterfall: [
          { name: "Invoice", exact: invoice },
          { name: "Purchases of commitments", exact: formatPicos(-parsePicos(purchases)) },
          { name: "Amortisation of commitments", exact: amortisation },
          { name: "Discounts", exact: discounts },
          { name: "To be charged, by the bill", exact: bill },
        ],
      };
    },
  );
  answerQuestion(
    answering,
    {
      path: "/api/v1/journals",
      summary: "What was posted, in its order, with the chain of hashes",
      asked: z.object({ month: month.optional() }),
      answer: journals,
    },
    async ({ month: period }, { viewer }) => {
      requireAll(viewer);
      const { seq, hash } = await ledgerHead(clickhouse);
      const all = await readJournals(
        clickhouse,
        ({ billing_period: own, corrects_period: corrected }) =>
          period === undefined || own === period || corrected === period,
      );
      return {
        currency: ofDeployment,
        head: { seq: String(seq), hash },
        journals: all.map((each) => {
          const payers = new Map<string, bigint>();
          for (const { account, teamId, cents } of each.entries)
            if (account !== "clearing") {
              const payer = payerOf({ ownerKind: account, teamId });
              payers.set(payer, (payers.get(payer) ?? 0n) + cents);
            }
          return {
            seq: String(each.seq),
            kind: each.kind,
            billingPeriod: each.billingPeriod,
            correctsPeriod: each.correctsPeriod,
            postedAt: each.postedAt,
            preparedBy: each.preparedBy,
            approvedBy: each.approvedBy,
            reason: each.reason,
            amount: decimalOfCents(chargedBy(each)),
            payers: Array.from(payers, ([payer, cents]) => ({ payer, amount: decimalOfCents(cents) })),
            hash: each.hash,
            previousHash: each.previousHash,
          };
        }),
      };
    },
  );
}
