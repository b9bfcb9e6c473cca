import { z } from "@hono/zod-openapi";
import { explainLine } from "@apportion/books/explain/explain";
import type { PostedCorrection } from "@apportion/books/explain/posted-corrections";
import { explainStatement, type NumberedLine } from "@apportion/books/explain/statement";
import { readStatements } from "@apportion/books/months/read-statements";
import { requirePayer } from "@apportion/books/viewer";
import { decimalOfCents } from "@apportion/domain/cents";
import { parsePicos } from "@apportion/domain/money";
import { reasonText } from "@apportion/domain/reason";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import type { Registry } from "@apportion/domain/tenancy";
import { lineName } from "@apportion/domain/wording";
import { methodsText } from "@apportion/reports/policies/words";
import { answerQuestion, type Answering } from "../server/question.js";
import { amount, currency, day, dayText, exact, month, monthText, teamId } from "./schemas.js";

const line = z.object({
  line: z.int().describe("Number on the statement"),
  name: z.string().describe("In people's words"),
  category: z.string(),
  basis: z.string().describe("direct, shared, idle or corporate"),
  pool: z.string(),
  method: z.string(),
  reason: z.string().describe("Why a fallback was taken, or why nobody owns it; else empty"),
  amount,
  exact,
});
const correction = z.looseObject({
  name: z.string(),
  kind: z.string(),
  billingPeriod: monthText,
  correctsPeriod: monthText,
  seq: z.string(),
  reason: z.string().describe("Why, in the words of who posted it"),
  amount,
});
export const statement = z
  .object({
    currency,
    month: monthText,
    team: z.string(),
    total: amount,
    lines: z.array(line),
    corrections: z.array(correction),
    later: z.array(correction).describe("About this month, charged in later ones"),
  })
  .openapi("Statement");

const fact = z.object({
  source: z.string(),
  scope: z.string(),
  kind: z.string(),
  cluster: z.string(),
  namespace: z.string(),
  controller: z.string(),
  node: z.string(),
  label: z.string(),
  service: z.string(),
  usageType: z.string(),
  exact,
  snapshotId: z.string(),
});
export const explanation = z
  .object({
    currency,
    month: monthText,
    team: z.string(),
    line,
    policy: z
      .object({ version: z.string(), words: z.string(), exempt: z.array(z.string()) })
      .optional()
      .describe("By which the pool was split on the day; absent for direct cost"),
    days: z.array(
      z.object({
        day: dayText,
        runId: z.string(),
        exact,
        poolCost: exact.describe("What the whole pool cost on the day"),
        driverQuantity: z.string().describe("What the team weighed; empty for direct cost"),
        driverTotal: z.string().describe("What all weighed"),
        meter: z.string(),
        usageWindow: z.string(),
        betweenServices: z.string(),
      }),
    ),
    day: dayText.describe("Of which the facts are"),
    facts: z.array(fact).describe("Behind the line on that day, or behind the pool; the costliest first"),
    factCount: z.int(),
    snapshots: z.array(
      z.object({
        snapshotId: z.string(),
        reading: z.string(),
        readAt: z.string(),
        log: z.string().describe("Where its seal lies in the event log"),
      }),
    ),
  })
  .openapi("Explanation");

/** Months whose statements are looked at line by line: the running one, and the one before. */
const STATEMENTS_MAX = 2;

function lineJson(each: NumberedLine, registry: Registry): z.input<typeof line> {
  const { line: number, category, basis, pool, method, reason, amount: exactAmount, charged } = each;
  return {
    line: number,
    name: lineName(each, registry),
    category,
    basis,
    pool,
    method,
    reason: reason === "" ? "" : reasonText(reason),
    amount: withCents(charged),
    exact: exactAmount,
  };
}

function correctionJson(
  { charged, ...rest }: PostedCorrection,
  registry: Registry,
): z.input<typeof correction> {
  return { ...rest, name: lineName(rest, registry), amount: withCents(charged) };
}

/** `12.3` → `12.30`: the books leave closing zeros out. */
function withCents(text: string): string {
  return decimalOfCents(parsePicos(text) / PICOS_PER_CENT);
}

export function answerStatements(answering: Answering): void {
  const { deps, monthToExplain } = answering;
  const { clickhouse, registry, currency: ofDeployment } = deps;
  const statementsOf = answering.remembered.ofMonth(
    (period) => readStatements(clickhouse, period),
    STATEMENTS_MAX,
  );
  answerQuestion(
    answering,
    {
      path: "/api/v1/teams/{team}/months/{month}/statement",
      summary: "A team's statement, line by line, as posted or as it would be now",
      asked: z.object({ team: teamId, month }),
      answer: statement,
      until: ({ month: period }) => period,
    },
    async ({ team, month: period }, { viewer }) => {
      const { charged, lines, corrections, later } = await explainStatement(
        clickhouse,
        viewer,
        period,
        team,
        statementsOf,
      );
      return {
        currency: ofDeployment,
        month: period,
        team,
        total: withCents(charged),
        lines: lines.map((each) => lineJson(each, registry)),
        corrections: corrections.map((each) => correctionJson(each, registry)),
        later: later.map((each) => correctionJson(each, registry)),
      };
    },
  );
  answerQuestion(
    answering,
    {
      path: "/api/v1/teams/{team}/months/{month}/lines/{line}",
      summary:
        "Why a line of a statement is what it is: policy, driver, facts, readings and their places in the event log",
      asked: z.object({
        team: teamId,
        month,
        line: z.coerce.number({ error: "the number of a line, from 1" }).int().min(1).max(100_000),
        day: day.optional().openapi({ description: "Whose facts are shown; the costliest where absent" }),
      }),
      answer: explanation,
      until: ({ month: period }) => period,
    },
    async ({ team, month: period, line: number, day: onDay }, { viewer }) => {
      requirePayer(viewer, team); // before a month is computed for who may not see it
      const explained = await explainLine(viewer, await monthToExplain(period), team, number, onDay);
      const { line: own, days, policy, facts, ...rest } = explained;
      return {
        ...rest,
        currency: ofDeployment,
        month: period,
        team,
        line: lineJson(own, registry),
        ...(policy && {
          policy: { version: policy.version, words: methodsText(policy.methods), exempt: [...policy.exempt] },
        }),
        days: days.map(({ amount: exactAmount, ...each }) => ({ ...each, exact: exactAmount })),
        facts: facts.map(({ amount: exactAmount, protectedLevel: _level, ...each }) => ({
          ...each,
          exact: exactAmount,
        })),
        snapshots: [...rest.snapshots],
      };
    },
  );
}
