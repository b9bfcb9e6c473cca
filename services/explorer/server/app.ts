import { OpenAPIHono } from "@hono/zod-openapi";
import { answerApi } from "../api/api.js";
import type { ExplorerDeps } from "./deps.js";
import { monthReports } from "./month-reports.js";
import { guard } from "./guard.js";
import { localIdentity } from "./identity.js";
import { answerFailure, sendProblem } from "./problem.js";
import type { ExplorerApp, Variables } from "./question.js";
import { rememberAnswers } from "./remember.js";

/** All that the process answers over HTTP. */
export function createApp(deps: ExplorerDeps): ExplorerApp {
  const app: ExplorerApp = new OpenAPIHono<{ Variables: Variables }>();
  for (const each of guard()) app.use(each);
  const here = localIdentity(deps.namesShownTo.includes("finance"));
  app.use(async (c, next) => {
    c.set("identity", here);
    await next();
  });
  answerApi({ app, deps, remembered: rememberAnswers(deps.clickhouse) }, monthReports(deps));
  app.notFound((c) =>
    sendProblem(c, 404, `There is nothing at ${c.req.path}; the API is described at /api/v1/openapi.json`),
  );
  app.onError((error, c) => answerFailure(error, c, deps.logger));
  return app;
}
