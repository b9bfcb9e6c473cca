import { z } from "@hono/zod-openapi";
import type {
  MonthComparison,
  PayerComparison,
  PrintedMovement,
  SideHead,
} from "@apportion/books/compare/comparison";
import type { Dimension } from "@apportion/books/costs/question";
import { payerOf } from "@apportion/books/months/month";
import { decimalOfCents, sumOfCents } from "@apportion/domain/cents";
import { formatPicos } from "@apportion/domain/money";
import { printPool } from "@apportion/domain/pool-id";
import type { BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { effectName, effectText, movementDetail, movementName } from "@apportion/reports/compare/words";
import { answerQuestion, type Answering } from "../server/question.js";
import { amount, currency, dayText, exact, month, monthText, teamId } from "./schemas.js";

/** Of one payer: the largest are what somebody looks at, and `rest` is what the others come to. */
const MOVEMENTS_MAX = 200;

const side = z.object({
  month: monthText,
  days: z.int().describe("Days that are compared"),
  leftOut: z.array(dayText),
  isClosed: z.boolean(),
  incompleteDays: z.array(dayText),
  missing: z.array(z.string()),
  beforeTheBill: z
    .array(dayText)
    .describe(
      "Of the compared days those with Kubernetes at list price until they are billed: a difference of price may be that",
    ),
});
const effect = z.object({ effect: z.string(), name: z.string(), means: z.string(), amount, exact });
const owed = z.object({ charged: amount, corrections: amount });
const payer = z.object({
  payer: z.string().describe("Id of a team, or idle, corporate or unallocated"),
  before: owed,
  after: owed,
  difference: amount,
  effects: z.array(effect).describe("They add up to the difference"),
  movements: z
    .array(
      z.object({
        effect: z.string(),
        what: z.string(),
        detail: z.string(),
        amount,
        exact,
        before: exact,
        after: exact,
        filters: z
          .record(z.string(), z.string())
          .describe("By which values of the costs' groupings it is found there"),
      }),
    )
    .describe("What they are made of, the largest first; only of a payer that was asked for"),
  rest: amount.describe("What movements that are not shown come to"),
});
export const comparison = z
  .object({
    currency,
    isWhole: z.boolean().describe("false: a month is not over, and the same days of both are compared"),
    before: side,
    after: side,
    payers: z.array(payer),
    total: z.object({ before: owed, after: owed, difference: amount, effects: z.array(effect) }),
  })
  .openapi("Comparison");

export function answerCompare(answering: Answering): void {
  const { deps, comparisonOf } = answering;
  const { registry, currency: ofDeployment } = deps;
  answerQuestion(
    answering,
    {
      path: "/api/v1/compare",
      summary: "What differs between two months, and why: parts that add up to the difference, to the cent",
      asked: z.object({ before: month, after: month, team: teamId.optional() }),
      answer: comparison,
      until: laterOf,
    },
    async ({ before, after, team }, { viewer }) => {
      const asked = { viewer, ...(team !== undefined && { payers: [team] }) };
      const compared = await comparisonOf({ before, after }, asked);
      return comparisonJson(compared, {
        registry,
        isOfOne: team !== undefined,
        currency: ofDeployment,
      });
    },
  );
}

function laterOf({ before, after }: Readonly<Record<"before" | "after", BillingPeriod>>): BillingPeriod {
  return before < after ? after : before;
}

interface Shown {
  readonly registry: Registry;
  readonly isOfOne: boolean;
  readonly currency: string;
}

function comparisonJson(
  { isWhole, before, after, payers, total }: MonthComparison,
  shown: Shown,
): z.input<typeof comparison> {
  return {
    currency: shown.currency,
    isWhole,
    before: sideJson(before),
    after: sideJson(after),
    payers: payers.map((each) => payerJson(each, shown)),
    total: owedJson(total),
  };
}

function sideJson({
  month: of,
  days,
  leftOut,
  isClosed,
  incompleteDays,
  missing,
  beforeTheBill,
}: SideHead): z.input<typeof side> {
  return {
    month: of,
    days: days.length,
    leftOut: [...leftOut],
    isClosed,
    incompleteDays: [...incompleteDays],
    missing: [...missing],
    beforeTheBill: [...beforeTheBill],
  };
}

function owedJson({ before, after, difference, effects }: MonthComparison["total"]) {
  const json = ({ charged, corrections }: PayerComparison["before"]): z.input<typeof owed> => ({
    charged: decimalOfCents(charged),
    corrections: decimalOfCents(corrections),
  });
  return {
    before: json(before),
    after: json(after),
    difference: decimalOfCents(difference),
    effects: effects.map(({ effect: of, cents, picos }) => ({
      effect: of,
      name: effectName(of),
      means: effectText(of),
      amount: decimalOfCents(cents),
      exact: formatPicos(picos),
    })),
  };
}

/** Where among costs a movement lies: of workloads as finely as lines tell them apart, and of what is charged beside statements nowhere. */
function filtersOf({ subject, category }: PrintedMovement): Partial<Record<Dimension, string>> {
  switch (subject.of) {
    case "workload": {
      const { cluster, namespace, service } = subject;
      return { category, pool: "", ...given({ cluster, namespace, service }) };
    }
    case "pool":
      return { category, pool: subject.pool };
    case "idle":
      return { category, pool: printPool({ kind: "idle", ...subject }) };
    case "rate-variance":
    case "company":
      return { category };
    case "correction":
      return {};
  }
}

function given<Names extends string>(
  values: Readonly<Record<Names, string>>,
): Partial<Record<Names, string>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "")) as Partial<
    Record<Names, string>
  >;
}

function payerJson(each: PayerComparison, { registry, isOfOne }: Shown): z.input<typeof payer> {
  const { movements } = each;
  const shown = isOfOne ? movements.slice(0, MOVEMENTS_MAX) : [];
  const rest = sumOfCents(movements.slice(shown.length));
  return {
    payer: payerOf(each),
    ...owedJson(each),
    movements: shown.map((movement) => ({
      effect: movement.effect,
      what: movementName(movement, registry),
      detail: movementDetail(movement),
      amount: decimalOfCents(movement.cents),
      exact: formatPicos(movement.picos),
      before: formatPicos(movement.before),
      after: formatPicos(movement.after),
      filters: filtersOf(movement),
    })),
    rest: decimalOfCents(rest),
  };
}
