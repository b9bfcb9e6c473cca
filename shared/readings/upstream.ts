import { create, isAxiosError, type AxiosInstance } from "axios";
import { z } from "zod";
import { withRetry } from "@apportion/runtime/retry";
import { secretSchema, type Secret } from "@apportion/runtime/secret";
import { ReadingError } from "./source.js";

/** How to reach an upstream over HTTP; shared by the collectors' configurations. */
export const upstreamConfig = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe("Base address, e.g. http://opencost.opencost:9003"),
  bearerToken: secretSchema.optional().describe("Sent as Authorization: Bearer"),
  timeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(30_000)
    .describe("How long one answer may take, in milliseconds"),
  responseBytesMax: z
    .int()
    .min(1024)
    .default(256 * 1024 * 1024)
    .describe("An answer with more bytes is refused"),
  attemptsMax: z
    .int()
    .min(1)
    .max(20)
    .default(4)
    .describe("Calls for one answer before its reading is given up until the next schedule"),
  retryPauseMs: z
    .int()
    .min(1)
    .max(60_000)
    .default(500)
    .describe("Pause before the first repetition, doubled each time, in milliseconds"),
});
export type UpstreamConfig = z.infer<typeof upstreamConfig>;

/** Longest pause between two attempts, Retry-After included, in milliseconds. */
const PAUSE_MAX_MS = 60_000;

export interface Upstream {
  /** Asks for JSON and checks its shape. @throws ReadingError */
  json<S extends z.ZodType>(request: JsonRequest, schema: S): Promise<z.output<S>>;
}

export interface JsonRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly signal: AbortSignal;
}

export function createUpstream(config: UpstreamConfig): Upstream {
  const http = create({
    baseURL: config.url,
    timeout: config.timeoutMs,
    maxContentLength: config.responseBytesMax,
    maxRedirects: 0, // a redirect would carry the credentials to another host
    responseType: "text",
    transformResponse: (body: unknown) => body,
    validateStatus: () => true,
    headers: { accept: "application/json", ...authorization(config.bearerToken) },
  });
  return {
    json: (request, schema) =>
      withRetry(() => ask(http, request, config.timeoutMs, schema), {
        attemptsMax: config.attemptsMax,
        initialPauseMs: config.retryPauseMs,
        pauseMaxMs: PAUSE_MAX_MS,
        isRetriable: (error) => error instanceof ReadingError && error.retriable,
        askedPauseMs: (error) => (error instanceof ReadingError ? error.retryAfterMs : undefined),
        signal: request.signal,
      }),
  };
}

function authorization(token: Secret | undefined): Record<string, string> {
  return token ? { authorization: `Bearer ${token.reveal()}` } : {};
}

async function ask<S extends z.ZodType>(
  http: AxiosInstance,
  { method, path, params, body, signal }: JsonRequest,
  timeoutMs: number,
  schema: S,
): Promise<z.output<S>> {
  const what = `${method} ${path}`;
  // axios' own timeout ends with the first byte of the answer; this one holds for the whole of it.
  const deadline = AbortSignal.timeout(timeoutMs);
  const response = await http
    .request<string>({ method, url: path, params, data: body, signal: AbortSignal.any([signal, deadline]) })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      throw unreachable(what, error, deadline.aborted, timeoutMs);
    });
  if (response.status !== 200)
    throw refused(what, response.status, response.data, response.headers["retry-after"]);
  const parsed = schema.safeParse(parseJson(what, response.data));
  if (parsed.success) return parsed.data;
  throw new ReadingError(
    "malformed",
    `${what} answered in another shape than documented: ${oneLine(z.prettifyError(parsed.error))}`,
  );
}

function parseJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Cut off by a proxy or a dying server: the same question may well be answered whole the next time.
    throw new ReadingError(
      "unavailable",
      `${what} answered ${text.length} characters that are not whole JSON`,
      { cause: error },
    );
  }
}

function unreachable(what: string, error: unknown, timedOut: boolean, timeoutMs: number): ReadingError {
  const code = isAxiosError(error) ? error.code : undefined;
  // The cause is not kept: axios puts the request with its Authorization header into its errors.
  if (timedOut || code === "ECONNABORTED")
    return new ReadingError("unavailable", `${what} was not answered within ${timeoutMs} ms`);
  if (code === "ERR_BAD_RESPONSE" || code === "ERR_BAD_REQUEST")
    return new ReadingError("malformed", `${what} answered with more bytes than responseBytesMax allows`);
  return new ReadingError("unavailable", `${what} got no answer (${code ?? "no code"})`);
}

function refused(what: string, status: number, body: string, retryAfter: unknown): ReadingError {
  const message = `${what} answered ${status}: ${oneLine(body)}`;
  if (status === 429 || status >= 500) {
    const retryAfterMs = parseRetryAfter(retryAfter);
    return new ReadingError("unavailable", message, retryAfterMs === undefined ? {} : { retryAfterMs });
  }
  return new ReadingError("rejected", message);
}

/** Retry-After in seconds or as an HTTP date (RFC 9110, section 10.2.3). */
function parseRetryAfter(header: unknown): number | undefined {
  if (typeof header !== "string") return undefined;
  const pauseMs = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(pauseMs) && pauseMs >= 0 ? pauseMs : undefined;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, 300);
}
