import { request as requestHttp, type IncomingMessage, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { foreignText } from "@apportion/runtime/foreign-text";
import { PrivateAddressError, publicAddresses, requirePublicHost } from "./address.js";

export interface Target {
  readonly url: URL;
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
}

/** What became of a message. */
export type Answer =
  | { readonly kind: "accepted" }
  /** For good: sending it again cannot help. */
  | { readonly kind: "refused"; readonly reply: string }
  /** It may be taken later; `pauseMs` is what the other side asked for. */
  | { readonly kind: "deferred"; readonly reply: string; readonly pauseMs?: number };

/** An answer is quoted, and read, up to here. */
const ANSWER_BYTES_MAX = 4_096;
/** 4xx that pass: the server was too slow, too early or too busy. */
const PASSING: readonly number[] = [408, 425, 429];

/**
 * Posts once. The status is the answer, so what comes after the headers of a yes is not waited for; redirects are not followed, since they lead where
 * nobody has configured; the whole of it takes no longer than `timeoutMs`. What is said of it never names the URL, which is a secret.
 */
export async function post(
  target: Target,
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
): Promise<Answer> {
  const deadline = AbortSignal.timeout(target.timeoutMs);
  try {
    const options: RequestOptions = {
      ...connectionOf(target),
      method: "POST",
      headers: { ...headers, "content-length": String(Buffer.byteLength(body)), "user-agent": "apportion" },
      signal: deadline,
      agent: false,
    };
    return await answerOf(await responseTo(target.url, options, body), deadline);
  } catch (error) {
    if (error instanceof PrivateAddressError) return { kind: "refused", reply: error.message };
    const reply = deadline.aborted
      ? `not answered within ${target.timeoutMs} ms`
      : `no answer (${(error as NodeJS.ErrnoException).code ?? "the connection was closed"})`;
    return { kind: "deferred", reply };
  }
}

/** Resolves when the server lets us connect; nothing is sent. For `doctor`. @throws Error that does not name the URL */
export async function reach({ url, allowPrivate, timeoutMs }: Target): Promise<void> {
  const isTls = url.protocol === "https:";
  const { host, port, lookup } = connectionOf({ url, allowPrivate, timeoutMs });
  const socket = isTls
    ? connectTls({ host, port, servername: isAddress(host) ? "" : host, ...(lookup && { lookup }) })
    : connectTcp({ host, port, ...(lookup && { lookup }) });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(isTls ? "secureConnect" : "connect", resolve);
      socket.once("error", (error: NodeJS.ErrnoException) =>
        reject(
          error instanceof PrivateAddressError
            ? error
            : new Error(`no connection (${error.code ?? "no code"})`),
        ),
      );
      socket.setTimeout(timeoutMs, () => reject(new Error(`no connection within ${timeoutMs} ms`)));
    });
  } finally {
    socket.destroy();
  }
}

function isAddress(host: string): boolean {
  return /^[\d.]+$|:/.test(host);
}

/** @throws PrivateAddressError */
function connectionOf({ url, allowPrivate }: Target): Pick<RequestOptions, "path" | "lookup"> & {
  readonly host: string;
  readonly port: number;
} {
  if (!allowPrivate) requirePublicHost(url);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    ...(!allowPrivate && { lookup: publicAddresses }),
  };
}

function responseTo(
  { protocol, host }: URL,
  options: RequestOptions,
  body: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (protocol === "https:" ? requestHttps : requestHttp)(options);
    request.setHeader("host", host);
    request.once("response", resolve);
    request.on("error", reject); // also after the answer: its signal ends it
    request.end(body);
  });
}

async function answerOf(response: IncomingMessage, deadline: AbortSignal): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  try {
    if (status >= 200 && status < 300) return { kind: "accepted" };
    if (status >= 300 && status < 400)
      return { kind: "refused", reply: `${status}: it redirects, and redirects are not followed` };
    const reply = `${status}: ${foreignText(await beginningOf(response, deadline))}`;
    if (status >= 400 && status < 500 && !PASSING.includes(status)) return { kind: "refused", reply };
    const pauseMs = parseRetryAfter(headers["retry-after"]);
    return { kind: "deferred", reply, ...(pauseMs !== undefined && { pauseMs }) };
  } finally {
    response.destroy();
  }
}

/** As much of an answer as is quoted; what breaks off, or does not come, is left out. */
async function beginningOf(response: IncomingMessage, deadline: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes >= ANSWER_BYTES_MAX || deadline.aborted) break;
    }
  } catch {
    // The status has said what there is to know.
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString("utf8");
}

/** Retry-After in seconds or as an HTTP date (RFC 9110, section 10.2.3), in milliseconds. */
function parseRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const pauseMs = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(pauseMs) && pauseMs >= 0 ? pauseMs : undefined;
}
