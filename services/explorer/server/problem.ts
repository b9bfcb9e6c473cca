import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "@hono/zod-openapi";
import { CompareError } from "@apportion/books/compare/compare";
import { QuestionError } from "@apportion/books/costs/question";
import { ExplainError } from "@apportion/books/explain/statement";
import { NotYoursError } from "@apportion/books/viewer";
import { QueryError } from "@apportion/clickhouse/query";
import { PeriodError } from "@apportion/domain/period";
import { ConfigError } from "@apportion/runtime/config";
import type { Logger } from "@apportion/runtime/logger";

/** What went wrong, as RFC 9457 says it: what, where and how to mend it. */
export const problemSchema = z
  .object({
    type: z.string().describe("Names the kind of problem"),
    title: z.string().describe("The kind in words"),
    status: z.int(),
    detail: z.string().describe("What was wrong here, and how to mend it"),
    errors: z
      .array(z.object({ where: z.string(), message: z.string() }))
      .optional()
      .describe("Each mistake with its place"),
  })
  .openapi("Problem");
export type Problem = z.infer<typeof problemSchema>;

export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
}

/** An answer took longer than anybody waits for. */
export class TooSlowError extends Error {
  override readonly name = "TooSlowError";
}

const TITLES = {
  400: "The question is not understood",
  401: "Sign in first",
  403: "This is not yours to see",
  404: "There is no such thing",
  413: "Too much at once",
  421: "Not for this address",
  429: "Too many questions at once",
  500: "Something of ours failed",
  503: "There is no answer in time",
} as const;
type Status = keyof typeof TITLES;

function problem(status: Status, detail: string, errors?: Problem["errors"]): Problem {
  return {
    type: `urn:apportion:problem:${status}`,
    title: TITLES[status],
    status,
    detail,
    ...(errors && { errors }),
  };
}

export function sendProblem(
  c: Context,
  status: Status,
  detail: string,
  errors?: Problem["errors"],
): Response {
  return c.body(JSON.stringify(problem(status, detail, errors)), status, {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
  });
}

/** Mistakes of whoever asks, by their classes. */
const MISTAKES = [QuestionError, CompareError, ExplainError, PeriodError];

/** Says of any failure what may be said; what is ours alone goes to the log. */
export function answerFailure(error: Error, c: Context, logger: Logger): Response {
  if (error instanceof NotYoursError) return sendProblem(c, 403, error.message);
  if (error instanceof NotFoundError) return sendProblem(c, 404, error.message);
  if (error instanceof TooSlowError) return sendProblem(c, 503, error.message);
  if (error instanceof ConfigError) return sendProblem(c, 400, error.message);
  if (MISTAKES.some((kind) => error instanceof kind)) return sendProblem(c, 400, withoutFlag(error.message));
  if (error instanceof HTTPException) {
    const status = (Object.keys(TITLES).map(Number) as Status[]).find((each) => each === error.status) ?? 400;
    return sendProblem(c, status, error.message || TITLES[status]);
  }
  logger.error({ err: error, path: c.req.path }, "a question could not be answered");
  if (error instanceof QueryError && error.retriable)
    return sendProblem(c, 503, "The database is away or too busy; the page asks again by itself");
  return sendProblem(c, 500, "It is in the log of the service; nothing was changed");
}

/** The books name the command line's flag; here it is a parameter. */
function withoutFlag(message: string): string {
  return message.replace(/^--\w+: /, "");
}
