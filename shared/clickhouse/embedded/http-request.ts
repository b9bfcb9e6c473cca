import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Account } from "./accounts.js";
import { EngineError } from "./engine-error.js";
import { LIMITS } from "./limits.js";
import { tooManyNames } from "./multipart.js";

/** What the URL and the headers ask for; the statement itself may be in the URL, in the body, or begin there and end here. */
export interface HttpQuery {
  readonly sql: string;
  readonly queryId: string;
  readonly database: string;
  readonly format: string;
  readonly settings: [string, string][];
  readonly params: [string, string][];
  readonly acceptsGzip: boolean;
  /** The answer is wanted in ClickHouse's compressed blocks, as Java's driver asks for it. */
  readonly wantsBlocks: boolean;
}

/** Of the HTTP interface itself: no settings of the engine, and without meaning here, where every answer is made whole first. */
const IGNORED = new Set([
  "user",
  "password",
  "quota_key",
  "buffer_size",
  "wait_end_of_query",
  "stacktrace",
  "close_session",
  "session_check",
  "session_timeout",
  "client_protocol_version",
  "role",
  "log_comment", // marks the statement for KILL QUERY
]);

const FORMAT = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** @throws EngineError for what this server cannot do, instead of doing something else silently */
export function parseQuery(
  request: IncomingMessage,
  url: URLSearchParams,
  account: Account,
  defaultDatabase: string,
): HttpQuery {
  if (url.size > LIMITS.namesMax) throw tooManyNames("The address has too many parameters");
  const settings: [string, string][] = [];
  const params: [string, string][] = [];
  for (const [name, value] of url) {
    if (name.startsWith("param_")) params.push([name.slice("param_".length), value]);
    else if (!IGNORED.has(name) && !isPart(name, value, account)) settings.push([name, value]);
  }
  const format = url.get("default_format") ?? header(request, "x-clickhouse-format") ?? "TabSeparated";
  if (!FORMAT.test(format))
    throw new EngineError(73, "UNKNOWN_FORMAT", `Unknown format ${JSON.stringify(format)}`);
  const wantsCompression = /^(1|true)$/.test(url.get("enable_http_compression") ?? "");
  return {
    sql: url.get("query") ?? "",
    queryId: url.get("query_id") ?? randomUUID(),
    database: url.get("database") ?? header(request, "x-clickhouse-database") ?? defaultDatabase,
    format,
    settings,
    params,
    wantsBlocks: url.get("compress") === "1",
    acceptsGzip: wantsCompression && /\b(x-)?gzip\b/i.test(request.headers["accept-encoding"] ?? ""),
  };
}

function isPart(name: string, value: string, account: Account): boolean {
  switch (name) {
    case "query":
    case "query_id":
    case "database":
    case "default_format":
    case "enable_http_compression":
      return true;
    case "session_id":
      // Nothing that a read-only user may run leaves anything behind in a session.
      if (account.readOnly) return true;
      throw new EngineError(
        48,
        "NOT_IMPLEMENTED",
        "Sessions (session_id) are not supported by the embedded server",
      );
    case "compress":
      if (value === "0" || value === "1") return true;
      throw new EngineError(48, "NOT_IMPLEMENTED", "compress may be 0 or 1");
    case "decompress":
      if (value === "0") return true;
      throw new EngineError(
        48,
        "NOT_IMPLEMENTED",
        "The native compression (decompress=1) is not supported for what is sent; use gzip",
      );
    default:
      return false;
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
