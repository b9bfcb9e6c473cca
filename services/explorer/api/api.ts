import { OpenAPIHono } from "@hono/zod-openapi";
import { answerDecisions } from "../decisions/answer.js";
import type { ExplorerDeps } from "../server/deps.js";
import type { ReportsOf } from "../server/month-reports.js";
import type { Answering, ExplorerApp, Variables } from "../server/question.js";
import { answerAdvice } from "./advice.js";
import { answerBooks } from "./books.js";
import { answerCompare } from "./compare.js";
import { answerCosts } from "./costs.js";
import { answerMonths } from "./months.js";
import { answerPolicies } from "./policies.js";
import { answerReadings } from "./readings.js";
import { answerReports } from "./reports.js";
import { answerSharedServices } from "./shared-services.js";
import { answerStatements } from "./statements.js";
import { answerWorkloads } from "./workloads.js";

/** The description of the API that does not come from its questions. */
export const API_DOCUMENT = {
  openapi: "3.1.0",
  info: {
    title: "Apportion",
    version: "1",
    description:
      "What each team owes for the shared platform, and why. Amounts are decimal strings in the currency of the answer, days are UTC, and each answer says how complete it is.",
  },
} as const;

export function answerApi(answering: Answering, reportsOf: ReportsOf): void {
  answerMonths(answering);
  answerReports(answering, reportsOf);
  answerCosts(answering);
  answerWorkloads(answering);
  answerCompare(answering);
  answerStatements(answering);
  answerSharedServices(answering, reportsOf);
  answerAdvice(answering);
  answerPolicies(answering);
  answerBooks(answering);
  answerReadings(answering);
  answerDecisions(answering);
  answering.app.get("/api/v1/openapi.json", (c) => c.json(answering.app.getOpenAPI31Document(API_DOCUMENT)));
}

/** The description of the API, for documentation: no question of it is answered. */
export function apiDocument(): object {
  const app: ExplorerApp = new OpenAPIHono<{ Variables: Variables }>();
  const nobody = async (): Promise<never> => {
    throw new Error("Nothing is answered here");
  };
  answerApi(
    {
      app,
      deps: {} as ExplorerDeps,
      remembered: {
        answer: nobody,
        ofMonth: () => Object.assign(nobody, { ifRead: nobody }),
        renew: () => undefined,
      },
      standingOf: nobody,
      statementsOf: nobody,
      monthOf: nobody,
      monthIfRead: nobody,
      comparisonOf: nobody,
      monthToExplain: nobody,
    },
    { figures: nobody, whole: nobody },
  );
  return app.getOpenAPI31Document(API_DOCUMENT);
}
