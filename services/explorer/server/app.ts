import { OpenAPIHono } from "@hono/zod-openapi";
import { readMonth } from "@apportion/books/months/read-month";
import { readStatements } from "@apportion/books/months/read-statements";
import { BESIDE_PATH } from "@apportion/platform/beside/about";
import { answerApi, API_DOCUMENT } from "../api/api.js";
import { answerAssistants } from "../assistants/http.js";
import { answerOpenCost } from "../opencost/allocation.js";
import type { ExplorerDeps } from "./deps.js";
import { monthReports } from "./month-reports.js";
import { guard } from "./guard.js";
import type { ExplorerConfig } from "../config.js";
import { localIdentity } from "./identity.js";
import { answerFailure } from "./failure.js";
import { answerPages } from "./pages.js";
import type { ExplorerApp, Variables } from "./question.js";
import { letInKnown } from "./let-in.js";
import { rememberAnswers } from "./remember.js";

/** Months whose lines are kept: one that people look at, and the one that it is compared with. */
const LINES_MONTHS_MAX = 2;
/** Months whose statements are kept: a year, as charts ask for it. */
const STATEMENTS_MONTHS_MAX = 12;

/**
 * All that the process answers over HTTP.
 * @param access who may see what; where nobody signs in, this machine alone is answered, and sees everything
 */
export function createApp(
  deps: ExplorerDeps,
  { signIn, tokens }: Pick<ExplorerConfig, "signIn" | "tokens"> = { tokens: [] },
): ExplorerApp {
  const app: ExplorerApp = new OpenAPIHono<{ Variables: Variables }>();
  // It has a guard of its own, and takes larger bodies: no pages ask it, but commands on the same folder.
  const { beside } = deps;
  if (beside) app.all(`${BESIDE_PATH}/*`, (c) => beside.answer(c.req.raw));
  for (const each of guard(signIn?.publicUrl)) app.use(each);
  if (signIn) letInKnown(app, deps, { signIn, tokens });
  else {
    const here = localIdentity(deps.namesShownTo.includes("finance"));
    app.use(async (c, next) => {
      c.set("identity", here);
      await next();
    });
  }
  const remembered = rememberAnswers(deps.clickhouse);
  const statementsOf = remembered.ofMonth(
    (period, runIds: readonly string[]) =>
      readStatements(deps.clickhouse, period, deps.registry.teams, runIds),
    STATEMENTS_MONTHS_MAX,
    (runIds) => runIds,
  );
  const monthOf = remembered.ofMonth((period) => readMonth(deps.clickhouse, period), LINES_MONTHS_MAX);
  const answering = { app, deps, remembered, statementsOf, monthOf };
  answerApi(answering, monthReports(deps, remembered, monthOf));
  answerOpenCost(answering);
  answerAssistants(app, API_DOCUMENT.info.version);
  answerPages(app);
  app.onError((error, c) => answerFailure(error, c, deps.logger));
  return app;
}
