import { z } from "@hono/zod-openapi";
import { teamOf } from "@apportion/books/advice/advise";
import { isStillSaid } from "@apportion/books/advice/life";
import { readAdvice } from "@apportion/books/advice/read-advice";
import { readLives } from "@apportion/books/advice/read-life";
import { crossingsOf, dailySpend } from "@apportion/books/budgets/evaluate";
import { teamForecasts } from "@apportion/books/forecast/history";
import { readHistory } from "@apportion/books/forecast/read-history";
import { requireAllocated } from "@apportion/books/months/allocated";
import { sumOf } from "@apportion/books/months/month";
import { requireTeam, seesTeam } from "@apportion/books/viewer";
import { budgetFor } from "@apportion/domain/budget";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { dayOf } from "@apportion/domain/period";
import { evidenceText, headline, lifeText, ownerText, savingText } from "@apportion/reports/advice/words";
import { noForecastText, noteText, passingText, rangeText } from "@apportion/reports/forecast-words";
import { commandOf } from "../server/command.js";
import { answerQuestion, type Answering } from "../server/question.js";
import { currency, dayText, exact, month, monthText, teamId } from "./schemas.js";

export const recommendations = z
  .object({
    currency,
    days: z
      .object({ from: dayText, to: dayText.describe("Last day") })
      .optional()
      .describe("The complete days that all rest on"),
    recommendations: z.array(
      z.object({
        id: z.string(),
        kind: z.string(),
        headline: z.string(),
        owner: z.string().describe("Whose it is to act on"),
        saving: z.string().describe("Of a month, in words: cash, and capacity that becomes free"),
        cash: exact.describe("Of a month"),
        freed: exact.describe("Of a month"),
        cost: exact.describe("What the subject costs a month"),
        evidence: z.string(),
        state: z.string(),
        stands: z.string().describe("Who decided what, and what was saved since"),
        commands: z.array(z.string()),
      }),
    ),
  })
  .openapi("Recommendations");

const forecasts = z
  .object({
    currency,
    month: monthText,
    teams: z.array(
      z.object({
        team: z.string(),
        spent: exact.describe("What counts for the budget so far"),
        budget: exact.nullable(),
        passedOn: dayText.nullable().describe("When it had reached its budget"),
        expected: exact.nullable().describe("At the end of the month; null where nothing is forecast"),
        low: exact.nullable().describe("80 of 100 months end between low and high"),
        high: exact.nullable(),
        says: z.string(),
        notes: z.array(z.string()),
      }),
    ),
  })
  .openapi("Forecasts");

export function answerAdvice(answering: Answering): void {
  const { clickhouse, registry, clock, recommendedAMonth, currency: ofDeployment } = answering.deps;
  answerQuestion(
    answering,
    {
      path: "/api/v1/recommendations",
      summary: "What would save how much, the largest first, and what was decided",
      asked: z.object({ team: teamId.optional() }),
      answer: recommendations,
      isOfToday: true,
    },
    async ({ team }, identity) => {
      const { viewer } = identity;
      if (team !== undefined) requireTeam(viewer, team);
      const request = { registry, today: dayOf(clock()), minimumAMonth: recommendedAMonth, viewer };
      const advice = await readAdvice(clickhouse, request);
      const lives = await readLives(clickhouse, request, advice);
      const stands = new Map(lives.map((life) => [life.id, life]));
      const shown = advice.recommendations.filter(({ id, owner }) => {
        const life = stands.get(id);
        if (life && !isStillSaid(life.life)) return false;
        return team === undefined || teamOf(owner) === team;
      });
      const [first, last] = [advice.days[0], advice.days.at(-1)];
      return {
        currency: ofDeployment,
        ...(first && last && { days: { from: first, to: last } }),
        recommendations: shown.map((each) => {
          const life = stands.get(each.id);
          return {
            id: each.id,
            kind: each.kind,
            headline: headline(each),
            owner: ownerText(each.owner),
            saving: savingText(each, ofDeployment),
            cash: formatPicos(each.cash),
            freed: formatPicos(each.freed),
            cost: formatPicos(each.cost),
            evidence: evidenceText(each, ofDeployment),
            state: life?.life.state ?? "open",
            stands: life ? lifeText(life, ofDeployment) : "open",
            commands: [
              `recommendations accept ${each.id} --by NAME`,
              `recommendations dismiss ${each.id} --by NAME --reason TEXT`,
            ].map((args) => commandOf(answering.deps, identity, args)),
          };
        }),
      };
    },
  );
  answerQuestion(
    answering,
    {
      path: "/api/v1/forecast",
      summary: "How a month ends for each team, with an interval that holds 80 of 100 months",
      asked: z.object({ month, team: teamId.optional() }),
      answer: forecasts,
      isOfToday: true,
    },
    async ({ month: period, team }, { viewer }) => {
      if (team !== undefined) requireTeam(viewer, team);
      await requireAllocated(clickhouse, period);
      const read = await answering.monthOf(period);
      const history = await readHistory(clickhouse, viewer, period, registry);
      const teams = registry.teams.filter(
        ({ id }) => (team === undefined || id === team) && seesTeam(viewer, id),
      );
      return {
        currency: ofDeployment,
        month: period,
        teams: teamForecasts(read, teams, { registry, history }).map(({ team: of, counted, forecast }) => {
          const budget = budgetFor(of, period);
          const picos = budget && parsePicos(budget.amount);
          const found = forecast?.kind === "forecast" ? forecast : undefined;
          const passedOn =
            picos === undefined ? undefined : crossingsOf(picos, dailySpend(counted), [100])[0]?.crossedOn;
          return {
            team: of.id,
            spent: formatPicos(sumOf(counted)),
            budget: picos === undefined ? null : formatPicos(picos),
            passedOn: passedOn ?? null,
            expected: found ? formatPicos(found.picos) : null,
            low: found ? formatPicos(found.low) : null,
            high: found ? formatPicos(found.high) : null,
            says: found
              ? [
                  rangeText(found, ofDeployment),
                  picos !== undefined && passedOn === undefined ? passingText(found, picos) : undefined,
                ]
                  .filter((each) => each !== undefined)
                  .join("; ")
              : forecast?.kind === "none"
                ? noForecastText(forecast)
                : "Nothing is ahead: all days of the month are settled, or none is",
            notes: (forecast?.notes ?? []).map((note) => noteText(note, ofDeployment)),
          };
        }),
      };
    },
  );
}
