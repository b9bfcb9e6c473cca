import { Agent } from "node:https";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { type AxiosInstance, type AxiosResponse, create, isAxiosError } from "axios";
import { z } from "zod";
import { foreignText } from "@apportion/runtime/foreign-text";
import { withRetry } from "@apportion/runtime/retry";
import { ReadingError } from "./source.js";
import type { UpstreamConfig } from "./upstream-config.js";

/** Longest pause between two attempts, Retry-After included, in milliseconds. */
const PAUSE_MAX_MS = 60_000;
/** An error's body is read up to here, to quote a line of it. */
const ERROR_BODY_BYTES_MAX = 4_096;

export interface Upstream {
  /** Asks for JSON and checks its shape. @throws ReadingError */
  json<S extends z.ZodType>(request: UpstreamRequest, schema: S): Promise<z.output<S>>;
  /**
   * Asks and hands the body over as it comes, for answers that should not lie in memory as a whole. `consume` is called again
   * with a new body when it fails with a retriable ReadingError. @throws ReadingError
   */
  stream<T>(request: UpstreamRequest, consume: (body: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T>;
  /** Which of the expected statuses it answers with: to find out what an upstream is. @throws ReadingError for any other */
  status(request: UpstreamRequest, expected: readonly number[]): Promise<number>;
}

export interface UpstreamRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly signal: AbortSignal;
}

export function createUpstream(config: UpstreamConfig): Upstream {
  const http = createHttp(config);
  const turn = createTurns(config.requestsPerSecondMax);

  const asked = <T>(request: UpstreamRequest, use: (answer: Answer) => Promise<T>): Promise<T> =>
    withRetry(
      async () => {
        await turn(request.signal);
        return ask(http, request, config, use);
      },
      {
        attemptsMax: config.attemptsMax,
        initialPauseMs: config.retryPauseMs,
        pauseMaxMs: PAUSE_MAX_MS,
        isRetriable: (error) => error instanceof ReadingError && error.retriable,
        askedPauseMs: (error) => (error instanceof ReadingError ? error.retryAfterMs : undefined),
        signal: request.signal,
      },
    );

  return {
    json: (request, schema) =>
      asked(request, async (answer) => {
        await refuseStatus(answer);
        return parseAs(answer.what, await textOf(answer.body), schema);
      }),
    stream: (request, consume) =>
      asked(request, async (answer) => {
        await refuseStatus(answer);
        return consume(answer.body);
      }),
    status: (request, expected) =>
      asked(request, async (answer) => {
        const { status } = answer.response;
        if (!expected.includes(status)) await refuseStatus(answer);
        return status;
      }),
  };
}

interface Answer {
  /** `GET http://opencost:9003/allocation`, for errors. */
  readonly what: string;
  readonly response: AxiosResponse<Readable>;
  readonly body: AsyncIterable<Buffer>;
}

/** Proxies come from HTTP_PROXY, HTTPS_PROXY and NO_PROXY, as everywhere. */
function createHttp(config: UpstreamConfig): AxiosInstance {
  const { bearerToken, basicAuth, ca } = config;
  return create({
    baseURL: config.url,
    maxRedirects: 0, // a redirect would carry the credentials to another host
    responseType: "stream",
    validateStatus: () => true,
    headers: {
      accept: "application/json",
      ...(bearerToken && { authorization: `Bearer ${bearerToken.reveal()}` }),
    },
    ...(basicAuth && { auth: { username: basicAuth.username, password: basicAuth.password.reveal() } }),
    ...(ca && { httpsAgent: new Agent({ ca: ca.reveal(), keepAlive: true }) }),
  });
}

/**
 * One call at a time starts, and not sooner than the rate allows after the one before. By a clock that nobody sets: by the machine's, one that
 * was set back would hold the next call for as long.
 */
function createTurns(perSecond: number): (signal: AbortSignal) => Promise<void> {
  let next = 0;
  return async (signal) => {
    const now = performance.now();
    const waitMs = Math.max(0, next - now);
    next = Math.max(now, next) + 1000 / perSecond;
    if (waitMs > 0) await pause(waitMs, undefined, { signal });
  };
}

async function ask<T>(
  http: AxiosInstance,
  { method, path, params, body, signal }: UpstreamRequest,
  { timeoutMs, responseBytesMax, url }: UpstreamConfig,
  use: (answer: Answer) => Promise<T>,
): Promise<T> {
  const what = `${method} ${url.replace(/\/$/, "")}${path}`;
  // axios' own timeout ends with the first byte of the answer; this one holds for the whole of it.
  const deadline = AbortSignal.timeout(timeoutMs);
  const both = AbortSignal.any([signal, deadline]);
  try {
    const response = await http.request<Readable>({ method, url: path, params, data: body, signal: both });
    const giveUp = (): void => void response.data.destroy(new Error("The answer was given up"));
    both.addEventListener("abort", giveUp, { once: true });
    try {
      return await use({ what, response, body: bounded(response.data, responseBytesMax) });
    } finally {
      both.removeEventListener("abort", giveUp);
      response.data.destroy();
    }
  } catch (error) {
    signal.throwIfAborted();
    // What `use` has against an answer is not for want of one.
    if (!isAxiosError(error) && !(error instanceof BrokenBodyError)) throw error;
    throw unreachable(what, error, deadline.aborted, timeoutMs);
  }
}

async function* bounded(body: Readable, bytesMax: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch((error: NodeJS.ErrnoException) => {
      throw new BrokenBodyError(error.code);
    });
    if (next.done) return;
    bytes += next.value.byteLength;
    if (bytes > bytesMax) throw new BrokenBodyError("TOO_LARGE");
    yield next.value;
  }
}

/** A body that does not come to its end. The cause is not kept, as with what axios throws. */
class BrokenBodyError extends Error {
  readonly code: string | undefined;
  constructor(code: string | undefined) {
    super("The body broke off");
    this.code = code;
  }
}

function parseAs<S extends z.ZodType>(what: string, text: string, schema: S): z.output<S> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw notWholeJson(what, text.length, error);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new ReadingError(
    "malformed",
    `${what} answered in another shape than documented: ${foreignText(z.prettifyError(parsed.error))}`,
  );
}

/** Cut off by a proxy or a dying server: the same question may well be answered whole the next time. */
export function notWholeJson(what: string, characters: number, cause: unknown): ReadingError {
  return new ReadingError(
    "unavailable",
    `${what} answered ${characters} characters that are not whole JSON`,
    {
      cause,
    },
  );
}

async function textOf(body: AsyncIterable<Buffer>, bytesMax = Number.POSITIVE_INFINITY): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= bytesMax) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function unreachable(
  what: string,
  { code }: { readonly code?: string | undefined },
  timedOut: boolean,
  timeoutMs: number,
): ReadingError {
  // The cause is not kept: axios puts the request with its Authorization header into its errors.
  if (timedOut) return new ReadingError("unavailable", `${what} was not answered within ${timeoutMs} ms`);
  if (code === "TOO_LARGE")
    return new ReadingError("malformed", `${what} answered with more bytes than responseBytesMax allows`);
  if (code?.startsWith("ERR_TLS") || code?.includes("CERT") || code?.includes("SIGNATURE"))
    return new ReadingError(
      "rejected",
      `${what}: the server's certificate is not trusted (${code}); give its authority as ca`,
    );
  return new ReadingError("unavailable", `${what} got no answer (${code ?? "the connection was closed"})`);
}

async function refuseStatus({ what, response: { status, headers }, body }: Answer): Promise<void> {
  if (status === 200) return;
  const message = `${what} answered ${status}: ${foreignText(await textOf(body, ERROR_BODY_BYTES_MAX))}`;
  if (status === 429 || status >= 500) {
    const retryAfterMs = parseRetryAfter(headers["retry-after"]);
    throw new ReadingError("unavailable", message, retryAfterMs === undefined ? {} : { retryAfterMs });
  }
  throw new ReadingError("rejected", message);
}

/** Retry-After in seconds or as an HTTP date (RFC 9110, section 10.2.3). */
function parseRetryAfter(header: unknown): number | undefined {
  if (typeof header !== "string") return undefined;
  const pauseMs = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(pauseMs) && pauseMs >= 0 ? pauseMs : undefined;
}
