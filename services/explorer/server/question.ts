import type { Context } from "hono";
import { z, type OpenAPIHono } from "@hono/zod-openapi";
import { type BillingPeriod, dayOf } from "@apportion/domain/period";
import type { ExplorerDeps } from "./deps.js";
import type { Identity } from "./identity.js";
import type { KeptBooks } from "./kept-books.js";
import { problemSchema, sendProblem } from "./problem.js";

/** What requests know of who asks. */
export interface Variables {
  readonly identity: Identity;
}
export type ExplorerApp = OpenAPIHono<{ Variables: Variables }>;

/** What all questions are answered with. */
export interface Answering extends Omit<KeptBooks, "reportsOf" | "begin"> {
  readonly app: ExplorerApp;
  readonly deps: ExplorerDeps;
}

/** A question of the API: what may be asked, and the shape of what is answered. */
interface Question<Asked extends z.ZodObject, Answer extends z.ZodType> {
  readonly path: string;
  readonly method?: "get" | "post";
  readonly summary: string;
  /** More than a line, where it helps. */
  readonly description?: string;
  /** Parts of the path, and parameters behind it. Parameters that may be there more than once are arrays. */
  readonly asked: Asked;
  readonly answer: Answer;
  /** Last month on which the answer depends; without it, on all of them. */
  readonly until?: (asked: z.output<Asked>) => BillingPeriod;
  /** Answers change with the day also where nothing new is in the books. */
  readonly isOfToday?: true;
  /** Answers are about who asks: others who see the same have another. */
  readonly isOfAsker?: true;
  /** Each time it is answered anew, and the answer is kept by nobody: of what people decide, and of what goes on now. */
  readonly isAnew?: true;
}

/** Adds a question to the API and to its description. Whoever asks is known by then; what they may see is the answer's business. */
export function answerQuestion<Asked extends z.ZodObject, Answer extends z.ZodType>(
  { app, deps, remembered }: Answering,
  question: Question<Asked, Answer>,
  answer: (asked: z.output<Asked>, identity: Identity) => Promise<z.input<Answer>>,
): void {
  const { path, method = "get", summary, description, asked, isOfToday, isOfAsker, isAnew } = question;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const params = Object.fromEntries(Object.entries(asked.shape).filter(([name]) => inPath.includes(name)));
  const query = Object.fromEntries(Object.entries(asked.shape).filter(([name]) => !inPath.includes(name)));
  app.openAPIRegistry.registerPath({
    method,
    path,
    summary,
    ...(description !== undefined && { description }),
    request: {
      ...(inPath.length > 0 && { params: z.object(params) }),
      ...(method === "get"
        ? { query: z.object(query) }
        : { body: { content: { "application/json": { schema: z.object(query) } } } }),
    },
    responses: {
      200: { description: "The answer", content: { "application/json": { schema: question.answer } } },
      ...(!isAnew && { 304: { description: "What was answered before is still so (If-None-Match)" } }),
      default: {
        description: "What was wrong, and how to mend it (RFC 9457)",
        content: { "application/problem+json": { schema: problemSchema } },
      },
    },
  });
  const isArray = (name: string): boolean => {
    const parsed = asked.shape[name] as z.ZodType | undefined;
    return parsed !== undefined && parsed.safeParse([]).success;
  };
  const whole = z.strictObject(asked.shape);
  app.on(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ":$1"), async (c) => {
    const given = method === "get" ? queryOf(c, isArray) : await bodyOf(c);
    if (given === undefined) return sendProblem(c, 400, "The body is no JSON object");
    const parsed = whole.safeParse({ ...given, ...c.req.param() });
    if (!parsed.success) {
      const errors = parsed.error.issues.map((issue) => ({
        where: issue.path.join("."),
        message: issue.message,
      }));
      const detail = errors
        .map(({ where, message }) => (where ? `${where}: ${message}` : message))
        .join("; ");
      return sendProblem(c, 400, detail, errors);
    }
    const identity = c.var.identity;
    const wanted = parsed.data as z.output<Asked>;
    if (isAnew) {
      c.header("cache-control", "no-store");
      return c.json(await answer(wanted, identity));
    }
    return remembered.answer(c, identity, () => answer(wanted, identity), {
      until: question.until?.(wanted),
      ...(isOfToday && { today: dayOf(deps.clock()) }),
      ...(isOfAsker && { asker: identity }),
    });
  });
}

function queryOf(c: Context, isArray: (name: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(c.req.queries()).map(([name, values]) => [
      name,
      isArray(name) ? values : values.length === 1 ? values[0] : values,
    ]),
  );
}

async function bodyOf(c: Context): Promise<Record<string, unknown> | undefined> {
  const body: unknown = await c.req.json().catch(() => undefined);
  return typeof body === "object" && body !== null && !Array.isArray(body)
    ? (body as Record<string, unknown>)
    : undefined;
}
