import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { type Account, authenticate } from "./accounts.js";
import { EngineError, engineError } from "./engine-error.js";
import { parseQuery } from "./http-request.js";
import { nameQuery, sendAnswer, sendError } from "./http-response.js";
import { LIMITS } from "./limits.js";
import type { StatementRunner } from "./statement-runner.js";

export interface HttpServerOptions {
  readonly runner: StatementRunner;
  readonly accounts: readonly Account[];
  readonly database: string;
  readonly version: string;
}

/** Idle sockets live longer here than in any client, so that a client never writes into one that is just being closed. */
const KEEP_ALIVE_MS = 65_000;
/** A body that arrives slower than this is given up, in milliseconds. */
const REQUEST_MS = 5 * 60_000;

/** The part of ClickHouse's HTTP interface that clients use. */
export function createHttpServer(options: HttpServerOptions): Server {
  const server = createServer(
    {
      maxHeaderSize: LIMITS.headerBytesMax,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: REQUEST_MS,
    },
    (request, response) => void serve(request, response, options),
  );
  server.maxConnections = LIMITS.connectionsMax;
  return server;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpServerOptions,
): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) gone.abort(new Error("The client closed the connection"));
  });
  request.on("error", (error) => gone.abort(error));
  try {
    await route(request, response, options, gone.signal);
  } catch (error) {
    if (gone.signal.aborted || response.headersSent) {
      response.destroy();
      return;
    }
    // What is left of a body that was not read would be taken for the next request.
    if (!request.complete) response.setHeader("Connection", "close");
    sendError(response, engineError(error), options.version);
  } finally {
    request.resume();
  }
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpServerOptions,
  signal: AbortSignal,
): Promise<void> {
  response.setHeader("X-ClickHouse-Server-Display-Name", "apportion-embedded");
  const { pathname, searchParams } = urlOf(request);
  const isGet = request.method === "GET" || request.method === "HEAD";
  if (isGet && (pathname === "/ping" || (pathname === "/" && !searchParams.has("query")))) {
    response.setHeader("Content-Type", "text/html; charset=UTF-8");
    response.end("Ok.\n");
    return;
  }
  if (pathname !== "/") {
    response.statusCode = 404;
    response.end("There is no such handle; queries go to /\n");
    return;
  }
  if (!isGet && request.method !== "POST") {
    response.statusCode = 405;
    response.setHeader("Allow", "GET, POST");
    response.end();
    return;
  }
  const account = authenticate(options.accounts, request, searchParams);
  const query = parseQuery(request, searchParams, account, options.database);
  nameQuery(response, query.queryId);
  if (isGet && !account.readOnly) refuseWrite(query.sql);
  const { runner } = options;
  const outcome = await runner.run(request, query, account, signal);
  await sendAnswer(response, outcome.bytes, {
    ...outcome,
    gzip: query.acceptsGzip,
    blocks: query.wantsBlocks,
  });
}

function urlOf(request: IncomingMessage): URL {
  try {
    return new URL(`http://localhost${request.url ?? "/"}`);
  } catch (error) {
    throw new EngineError(36, "BAD_ARGUMENTS", "The request's URL cannot be read", { cause: error });
  }
}

const READS =
  /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/|\()*(?:SELECT|WITH|FROM|SHOW|DESC|DESCRIBE|EXPLAIN|EXISTS)\b/i;

/** A GET may be repeated or prefetched by anything on the way, so it only reads; ClickHouse holds the same rule. */
function refuseWrite(sql: string): void {
  if (READS.test(sql)) return;
  throw new EngineError(
    164,
    "READONLY",
    "Cannot execute query in readonly mode: use the POST method to change data",
  );
}
