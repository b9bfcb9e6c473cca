import { z } from "@hono/zod-openapi";
import { payerOf } from "@apportion/books/months/month";
import { requireAll, requireTeam, sees, seesNames, seesTeam } from "@apportion/books/viewer";
import { centsThatFoot, decimalOfCents, sumOfCents } from "@apportion/domain/cents";
import type { BillingPeriod } from "@apportion/domain/period";
import { effectName, movementName } from "@apportion/reports/compare/words";
import { financeDocument } from "@apportion/reports/monthly/finance-report";
import { expectedCents } from "@apportion/reports/forecast-words";
import { type MonthReports, ownEdition, type TeamReport } from "@apportion/reports/monthly/compose";
import { teamDocument } from "@apportion/reports/monthly/team-report";
import { usedCents } from "@apportion/reports/monthly/used";
import { roundedDivision } from "@apportion/domain/rounding";
import { KEPT_APART, PICOS_PER_CENT } from "@apportion/domain/statement";
import type { ReportsOf } from "../server/month-reports.js";
import { NotFoundError } from "../server/problem.js";
import { answerQuestion, type Answering } from "../server/question.js";
import { documentJson, documentSchema } from "./document.js";
import { amount, currency, dayText, month, monthText, teamId } from "./schemas.js";

const part = z
  .enum(["whole", "figures"])
  .default("whole")
  .describe(
    "figures: without what is told workload by workload: what changed, what workloads cost, what would save. They are there in a moment, when the whole is computed for the first time",
  );
const edition = z.enum(["provisional", "final"]).describe("final: closed, and posted");
export const reportAnswer = z
  .object({ currency, month: monthText, edition, asOf: dayText, document: documentSchema })
  .openapi("Report");

const teamOfMonth = z.object({
  team: z.string(),
  name: z.string(),
  costCenter: z.string(),
  complianceLevel: z.enum(["standard", "hipaa", "pci"]),
  amount: amount.describe("What the statement charges"),
  unsettled: amount.describe("Of it not settled: budgets are measured without it"),
  budget: amount.optional(),
  used: amount.describe("What counts for the budget"),
  expected: amount.optional().describe("By the end of the month; absent where nothing is forecast"),
  before: amount.optional().describe("The month before, or its same days"),
  difference: amount.optional(),
  corrections: amount.describe("Of earlier months, charged beside the statement"),
});
export const overview = z
  .object({
    currency,
    month: monthText,
    edition,
    asOf: dayText,
    settlesOn: dayText.optional().describe("Until when sources restate the month, and a lead can object"),
    reasons: z.array(z.string()).describe("Why it is provisional"),
    total: amount.describe("Of everybody you see"),
    corrections: amount.describe("Of earlier months, charged beside these statements; /compare counts them"),
    compared: z
      .object({
        month: monthText,
        isWhole: z.boolean().describe("false: the same days of both months"),
        days: z.object({ now: z.int(), before: z.int() }),
        now: amount,
        before: amount,
        difference: amount,
      })
      .optional(),
    teams: z.array(teamOfMonth),
    beside: z
      .array(z.object({ of: z.enum(KEPT_APART), amount, before: amount.optional() }))
      .describe("What is on no team's statement; empty for who does not see everybody"),
    trend: z.array(z.object({ month: monthText, amount, isClosed: z.boolean(), isWhole: z.boolean() })),
    daily: z
      .array(z.object({ day: dayText, amount: amount.optional(), isComplete: z.boolean() }))
      .describe("Of the teams you see"),
    waiting: z.array(z.object({ gate: z.string(), says: z.string() })),
    quarantined: z.int().describe("Readings that wait for a decision; 0 for who does not see everybody"),
    attributed: z.object({ amount, of: amount }).optional(),
  })
  .openapi("Overview");

export const movers = z
  .object({
    currency,
    month: monthText,
    comparedWith: monthText.optional().describe("Absent where there is nothing to compare with"),
    movers: z.array(
      z.object({
        payer: z.string(),
        difference: amount,
        reasons: z.array(z.object({ what: z.string(), amount })).describe("They add up to the difference"),
      }),
    ),
  })
  .openapi("Movers");

export function answerReports(answering: Answering, reportsOf: ReportsOf): void {
  const { deps } = answering;
  const read = async (period: BillingPeriod, of: keyof ReportsOf): Promise<MonthReports> => {
    const reports = await reportsOf[of](period);
    if (!reports)
      throw new NotFoundError(`Nothing of ${period} is allocated yet; collect and allocate it first`);
    return reports;
  };
  const headOf = ({ period, asOf, status }: MonthReports["finance"]) => ({
    currency: deps.currency,
    month: period,
    edition: status.kind,
    asOf,
  });
  answerQuestion(
    answering,
    {
      path: "/api/v1/overview",
      summary: "A month at a glance: every team beside its budget and the month before, and what is open",
      asked: z.object({ month }),
      answer: overview,
      until: ({ month: period }) => period,
      isOfToday: true,
    },
    async ({ month: period }, { viewer }) => {
      const { finance, teams } = await read(period, "figures");
      const { status, comparison } = finance;
      const seen = teams.filter(({ team: { id } }) => seesTeam(viewer, id));
      const isAll = viewer.teams === "all";
      const sum = (of: (report: TeamReport) => bigint): bigint =>
        seen.reduce((all, each) => all + of(each), 0n);
      const ofSeen =
        comparison.kind === "none"
          ? undefined
          : isAll
            ? comparison
            : {
                ...comparison,
                cents: sum((each) => (each.comparison.kind === "none" ? 0n : each.comparison.cents)),
                before: sum((each) => (each.comparison.kind === "none" ? 0n : each.comparison.before)),
              };
      return {
        ...headOf(finance),
        ...(status.kind === "provisional" && status.objectUntil && { settlesOn: status.objectUntil }),
        reasons: status.kind === "provisional" ? [...status.reasons] : [],
        total: decimalOfCents(isAll ? finance.statements.cents : sum(({ statement }) => statement.cents)),
        corrections: decimalOfCents(
          isAll ? sumOfCents(finance.corrections) : sum(({ corrections }) => sumOfCents(corrections)),
        ),
        ...(ofSeen && {
          compared: {
            month: ofSeen.period,
            isWhole: ofSeen.isWhole,
            days: ofSeen.days,
            now: decimalOfCents(ofSeen.cents),
            before: decimalOfCents(ofSeen.before),
            difference: decimalOfCents(ofSeen.cents - ofSeen.before),
          },
        }),
        teams: seen.map(teamOf),
        beside: isAll
          ? KEPT_APART.map((of) => ({
              of,
              amount: decimalOfCents(finance.statements[of].cents),
              ...(finance.beside[of] && { before: decimalOfCents(finance.beside[of].before) }),
            }))
          : [],
        trend: (isAll ? finance.trend : summedTrend(seen)).map(
          ({ period: of, cents, isClosed, isWhole }) => ({
            month: of,
            amount: decimalOfCents(cents),
            isClosed,
            isWhole,
          }),
        ),
        daily: dailyOf(seen),
        waiting: (isAll ? (finance.waiting?.failing ?? []) : []).map(({ name, says }) => ({
          gate: name,
          says,
        })),
        quarantined: isAll ? (finance.waiting?.quarantined ?? 0) : 0,
        ...(isAll && {
          attributed: {
            amount: decimalOfCents(roundedDivision(finance.attribution.attributed, PICOS_PER_CENT)),
            of: decimalOfCents(roundedDivision(finance.attribution.total, PICOS_PER_CENT)),
          },
        }),
      };
    },
  );
  answerQuestion(
    answering,
    {
      path: "/api/v1/months/{month}/movers",
      summary: "Whose statements moved most since the month before, and what did it",
      asked: z.object({ month }),
      answer: movers,
      until: ({ month: period }) => period,
      isOfToday: true,
    },
    async ({ month: period }, { viewer }) => {
      const { finance } = await read(period, "whole");
      return {
        currency: deps.currency,
        month: period,
        ...(finance.comparison.kind !== "none" && { comparedWith: finance.comparison.period }),
        movers: finance.movers
          .filter((mover) => sees(viewer, mover))
          .map((mover) => (seesNames(viewer, mover.teamId) ? { ...mover, ...mover.own } : mover))
          .map((mover) => ({
            payer: payerOf(mover),
            difference: decimalOfCents(mover.cents),
            reasons: [
              ...mover.reasons.map((movement) => ({
                what: `${effectName(movement.effect)}: ${movementName(movement, deps.registry)}`,
                amount: decimalOfCents(movement.cents),
              })),
              ...(mover.daysCents === 0n
                ? []
                : [{ what: effectName("days"), amount: decimalOfCents(mover.daysCents) }]),
              ...(mover.restCents === 0n
                ? []
                : [{ what: "All else", amount: decimalOfCents(mover.restCents) }]),
            ],
          })),
      };
    },
  );
  answerQuestion(
    answering,
    {
      path: "/api/v1/months/{month}/report",
      summary: "The month's report of finance, as it is mailed",
      asked: z.object({ month, part }),
      answer: reportAnswer,
      until: ({ month: period }) => period,
      isOfToday: true,
    },
    async ({ month: period, part: of }, { viewer }) => {
      requireAll(viewer);
      const { finance } = await read(period, of);
      return { ...headOf(finance), document: documentJson(financeDocument(finance)) };
    },
  );
  answerQuestion(
    answering,
    {
      path: "/api/v1/teams/{team}/months/{month}/report",
      summary: "A team's report of a month, as it is mailed",
      asked: z.object({ team: teamId, month, part }),
      answer: reportAnswer,
      until: ({ month: period }) => period,
      isOfToday: true,
    },
    async ({ team, month: period, part: of }, { viewer }) => {
      requireTeam(viewer, team);
      const { finance, teams } = await read(period, of);
      const found = teams.find((each) => each.team.id === team);
      if (!found)
        throw new NotFoundError(
          `There is no team "${team}" in ${period}; /api/v1/me names those that you see`,
        );
      const report = seesNames(viewer, team) ? ownEdition(found) : found;
      return { ...headOf(finance), document: documentJson(teamDocument(report)) };
    },
  );
}

function teamOf(report: TeamReport): z.input<typeof teamOfMonth> {
  const { team, statement, unsettledCents, budgetCents, comparison, forecast, corrections } = report;
  const used = usedCents(report);
  const expected = forecast?.kind === "forecast" ? expectedCents(forecast, used) : undefined;
  return {
    team: team.id,
    name: team.name,
    costCenter: team.costCenter,
    complianceLevel: team.complianceLevel,
    amount: decimalOfCents(statement.cents),
    unsettled: decimalOfCents(unsettledCents),
    ...(budgetCents !== undefined && { budget: decimalOfCents(budgetCents) }),
    used: decimalOfCents(used),
    ...(expected !== undefined && { expected: decimalOfCents(expected) }),
    ...(comparison.kind === "compared" && {
      before: decimalOfCents(comparison.before),
      difference: decimalOfCents(comparison.cents - comparison.before),
    }),
    corrections: decimalOfCents(sumOfCents(corrections)),
  };
}

function summedTrend(teams: readonly TeamReport[]): TeamReport["trend"] {
  const [first, ...rest] = teams;
  return (first?.trend ?? []).map((each, at) => ({
    ...each,
    cents: rest.reduce((sum, { trend }) => sum + (trend[at]?.cents ?? 0n), each.cents),
  }));
}

/** The days of all these teams, in cents that add up to their statements. */
function dailyOf(teams: readonly TeamReport[]): z.input<typeof overview>["daily"] {
  const days = (teams[0]?.daily ?? []).map(({ day, complete }, at) => {
    const known = teams.flatMap(({ daily }) => daily[at]?.picos ?? []);
    return {
      day,
      complete,
      picos: known.length > 0 ? known.reduce((sum, picos) => sum + picos, 0n) : undefined,
    };
  });
  const printed = centsThatFoot(
    days.map(({ picos = 0n }) => picos),
    sumOfCents(teams.map(({ statement }) => statement)),
  );
  return days.map(({ day, complete, picos }, at) => ({
    day,
    isComplete: complete,
    ...(picos !== undefined && { amount: decimalOfCents(printed[at] ?? 0n) }),
  }));
}
