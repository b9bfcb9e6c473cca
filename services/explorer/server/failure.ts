import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { CompareError } from "@apportion/books/compare/compare";
import { QuestionError } from "@apportion/books/costs/question";
import { ExplainError } from "@apportion/books/explain/statement";
import { NotYoursError } from "@apportion/books/viewer";
import { QueryError } from "@apportion/clickhouse/query";
import { PeriodError } from "@apportion/domain/period";
import { ConfigError } from "@apportion/runtime/config";
import type { Logger } from "@apportion/runtime/logger";
import {
  NotFoundError,
  RefusedError,
  sendProblem,
  type Status,
  TITLES,
  TooSlowError,
  UnfinishedError,
  withoutFlag,
} from "./problem.js";

/** Mistakes of whoever asks, by their classes. */
const MISTAKES = [QuestionError, CompareError, ExplainError, PeriodError];

/** Says of any failure what may be said; what is ours alone goes to the log. */
export function answerFailure(error: Error, c: Context, logger: Logger): Response {
  if (error instanceof NotYoursError) return sendProblem(c, 403, error.message);
  if (error instanceof NotFoundError) return sendProblem(c, 404, error.message);
  if (error instanceof RefusedError) return sendProblem(c, error.status, error.message, error.errors);
  if (error instanceof TooSlowError) return sendProblem(c, 503, error.message);
  if (error instanceof ConfigError) return sendProblem(c, 400, error.message);
  if (MISTAKES.some((kind) => error instanceof kind)) return sendProblem(c, 400, withoutFlag(error.message));
  if (error instanceof HTTPException) {
    const status = (Object.keys(TITLES).map(Number) as Status[]).find((each) => each === error.status) ?? 400;
    return sendProblem(c, status, error.message || TITLES[status]);
  }
  if (error instanceof UnfinishedError) {
    logger.error({ err: error, path: c.req.path }, "a decision failed on the way");
    return sendProblem(c, 503, error.message);
  }
  logger.error({ err: error, path: c.req.path }, "a question could not be answered");
  if (error instanceof QueryError && error.retriable)
    return sendProblem(c, 503, "The database is away or too busy; the page asks again by itself");
  return sendProblem(c, 500, "It is in the log of the service; nothing was changed");
}
