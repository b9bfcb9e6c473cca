import type { Context } from "hono";
import { z } from "@hono/zod-openapi";

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
    signIn: z.string().optional().describe("Where to sign in, of 401 where people do"),
  })
  .openapi("Problem");
export type Problem = z.infer<typeof problemSchema>;

/** Where people sign in; `returnTo` says what they see then. */
export const SIGN_IN_PATH = "/auth/sign-in";
/** Where a page of ours posts a form to sign out. */
export const SIGN_OUT_PATH = "/auth/sign-out";

export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
}

/** What is not done: who asks may not, or things are not so that it could be. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly status: 400 | 403 | 409;
  /** Each thing that stands in the way, with its name. */
  readonly errors: Problem["errors"];
  constructor(status: 400 | 403 | 409, message: string, errors?: Problem["errors"], options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.errors = errors;
  }
}

/** What somebody decided failed on the way: it is not known how far it came. Each act may be asked for again. */
export class UnfinishedError extends Error {
  override readonly name = "UnfinishedError";
  constructor(cause: unknown) {
    super("It failed on the way, and nothing is half done: ask for it again, and it is done once", { cause });
  }
}

/** An answer took longer than anybody waits for. */
export class TooSlowError extends Error {
  override readonly name = "TooSlowError";
}

export const TITLES = {
  400: "The question is not understood",
  401: "Sign in first",
  403: "This is not yours to see or to do",
  404: "There is no such thing",
  409: "As things are this cannot be done",
  413: "Too much at once",
  421: "Not for this address",
  429: "Too many questions at once",
  500: "Something of ours failed",
  503: "There is no answer in time",
} as const;
export type Status = keyof typeof TITLES;

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

/** Nobody is known to ask: not signed in, no more, or with a token that is nobody's. */
export function sendSignInFirst(c: Context, detail: string): Response {
  const body = { ...problem(401, detail), signIn: SIGN_IN_PATH };
  return c.body(JSON.stringify(body), 401, {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "www-authenticate": 'Bearer realm="apportion"',
  });
}

/** The books name the command line's flag; here it is a parameter, or a field. */
export function withoutFlag(message: string): string {
  return message.replace(/^--[\w-]+: /, "");
}
