import { z } from "@hono/zod-openapi";
import { payerOf } from "@apportion/books/months/month";
import { seesTeam, sees, type Viewer } from "@apportion/books/viewer";
import { decimalOfCents } from "@apportion/domain/cents";
import type { Statement, StatementLine } from "@apportion/domain/statement";
import type { Registry } from "@apportion/domain/tenancy";
import { lineName } from "@apportion/domain/wording";
import type { MonthReports } from "@apportion/reports/monthly/compose";
import type { ReportsOf } from "../server/month-reports.js";
import { NotFoundError } from "../server/problem.js";
import { answerQuestion, type Answering } from "../server/question.js";
import { amount, currency, month, monthText } from "./schemas.js";

export const sharedServices = z
  .object({
    currency,
    month: monthText,
    isPosted: z.boolean(),
    services: z
      .array(
        z.object({
          category: z.string(),
          pool: z.string(),
          name: z.string().describe("In people's words"),
          amount: amount.describe("What everybody together is charged for it"),
          drivers: z.array(z.string()).describe("What shares follow, as far as you see them"),
          shares: z
            .array(
              z.object({
                payer: z.string().describe("Id of a team, or idle, corporate or unallocated"),
                amount,
                because: z.array(z.string()).describe("How the share is found, said to the team"),
              }),
            )
            .describe("Of the payers that you see, the largest first"),
        }),
      )
      .describe("The costliest first"),
  })
  .openapi("SharedServices");

type Service = z.input<typeof sharedServices>["services"][number];

/** Whose is what teams use together, and why: the shares that are on their statements. */
export function answerSharedServices(answering: Answering, reportsOf: ReportsOf): void {
  const { deps } = answering;
  answerQuestion(
    answering,
    {
      path: "/api/v1/months/{month}/shared-services",
      summary: "Who pays for what teams use together, and by what it is split",
      asked: z.object({ month }),
      answer: sharedServices,
      until: ({ month: period }) => period,
      isOfToday: true,
    },
    async ({ month: period }, { viewer }) => {
      const reports = await reportsOf.figures(period);
      if (!reports)
        throw new NotFoundError(`Nothing of ${period} is allocated yet; collect and allocate it first`);
      return {
        currency: deps.currency,
        month: period,
        isPosted: reports.status.kind === "final",
        services: servicesOf(reports, viewer, deps.registry),
      };
    },
  );
}

interface Pool {
  readonly category: StatementLine["category"];
  readonly pool: string;
  cents: bigint;
  /** By payer, in cents. */
  readonly shares: Map<string, bigint>;
}

function servicesOf(
  { finance, teams }: MonthReports,
  viewer: Viewer,
  registry: Pick<Registry, "sharedServices">,
): Service[] {
  const { teams: ofTeams, idle, corporate, unallocated } = finance.statements;
  const pools = poolsOf([...ofTeams, idle, corporate, unallocated], viewer);
  const said = teams
    .filter(({ team }) => seesTeam(viewer, team.id))
    .flatMap(({ team, shared }) => shared.map((share) => ({ payer: team.id, ...share })));
  return pools
    .filter(({ shares }) => shares.size > 0)
    .toSorted((a, b) => (a.cents < b.cents ? 1 : -1))
    .map(({ category, pool, cents, shares }) => {
      const own = said.filter((share) => share.category === category && share.pool === pool);
      return {
        category,
        pool,
        name: lineName({ category, pool }, registry),
        amount: decimalOfCents(cents),
        drivers: [...new Set(own.map(({ driver }) => driver))],
        shares: [...shares]
          .toSorted(([, a], [, b]) => (a < b ? 1 : -1))
          .map(([payer, share]) => ({
            payer,
            amount: decimalOfCents(share),
            because: own.filter((each) => each.payer === payer).map(({ explanation }) => explanation),
          })),
      };
    });
}

/** Pools of these statements, with the shares of those that the viewer sees. */
function poolsOf(statements: readonly Statement[], viewer: Viewer): Pool[] {
  const pools = new Map<string, Pool>();
  for (const statement of statements)
    for (const { basis, category, pool, cents } of statement.lines) {
      if (basis !== "shared" || pool === "") continue;
      const key = JSON.stringify([category, pool]);
      const own = pools.get(key) ?? { category, pool, cents: 0n, shares: new Map<string, bigint>() };
      pools.set(key, own);
      own.cents += cents;
      if (!sees(viewer, statement)) continue;
      const payer = payerOf(statement);
      own.shares.set(payer, (own.shares.get(payer) ?? 0n) + cents);
    }
  return [...pools.values()];
}
