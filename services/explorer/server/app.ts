import { OpenAPIHono } from "@hono/zod-openapi";
import { BESIDE_PATH } from "@apportion/platform/beside/about";
import { answerApi, API_DOCUMENT } from "../api/api.js";
import { answerAssistants } from "../assistants/http.js";
import { answerOpenCost } from "../opencost/allocation.js";
import type { ExplorerDeps } from "./deps.js";
import { guard } from "./guard.js";
import type { ExplorerConfig } from "../config.js";
import { localIdentity } from "./identity.js";
import { answerFailure } from "./failure.js";
import { answerPages } from "./pages.js";
import { keepBooks } from "./kept-books.js";
import type { ExplorerApp, Variables } from "./question.js";
import { letInKnown } from "./let-in.js";

/**
 * All that the process answers over HTTP.
 * @param access who may see what; where nobody signs in, this machine alone is answered, and sees everything
 */
export function createApp(
  deps: ExplorerDeps,
  { signIn, tokens }: Pick<ExplorerConfig, "signIn" | "tokens"> = { tokens: [] },
  books = keepBooks(deps),
): ExplorerApp {
  const app: ExplorerApp = new OpenAPIHono<{ Variables: Variables }>();
  // It has a guard of its own, and takes larger bodies: no pages ask it, but commands on the same folder.
  const { beside } = deps;
  if (beside) app.all(`${BESIDE_PATH}/*`, (c) => beside.answer(c.req.raw));
  for (const each of guard(signIn?.publicUrl)) app.use(each);
  if (signIn) letInKnown(app, deps, { signIn, tokens });
  else {
    const here = localIdentity(deps.namesShownTo);
    app.use(async (c, next) => {
      c.set("identity", here);
      await next();
    });
  }
  const { reportsOf, begin: _ahead, ...kept } = books;
  const answering = { app, deps, ...kept };
  answerApi(answering, reportsOf);
  answerOpenCost(answering);
  answerAssistants(app, API_DOCUMENT.info.version);
  answerPages(app);
  app.onError((error, c) => answerFailure(error, c, deps.logger));
  return app;
}
