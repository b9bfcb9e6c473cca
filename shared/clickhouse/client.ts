import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import type { ClickHouseSettings } from "@clickhouse/client";
import type { Secret } from "@apportion/runtime/secret";

/** The stock client; a server over HTTP and the embedded engine are the same to it. */
export type ClickHouse = ClickHouseClient;

export interface ClickHouseOptions {
  /** `http://host:8123` or `https://…`, without user, password or database. */
  readonly url: string;
  readonly username: string;
  readonly password: Secret;
  readonly database: string;
  /** Name of the cluster on which the tables are replicated; absent on one server. */
  readonly cluster?: string;
  /** How long one request may take, in milliseconds; the server's own limit is set a little lower. */
  readonly requestTimeoutMs?: number;
  /** Sockets kept to the server, which is also how many requests run at once; further ones wait in the client. */
  readonly connectionsMax?: number;
  /** Largest answer in rows. A larger one is an error, never a cut. */
  readonly resultRowsMax?: number;
  /** Largest answer in bytes as ClickHouse counts them (uncompressed columns). A larger one is an error, never a cut. */
  readonly resultBytesMax?: number;
  /**
   * Gzip in both directions. Worth it over a network, not on the loopback interface: gzip of one 20,000-row chunk costs
   * more time than its insert. Default: off for loopback addresses, on otherwise.
   */
  readonly compression?: boolean;
  /** Shown in the server's query log. */
  readonly application?: string;
}

const REQUEST_TIMEOUT_MS = 120_000;
const CONNECTIONS_MAX = 8;
const RESULT_ROWS_MAX = 5_000_000;
const RESULT_BYTES_MAX = 1024 * 1024 * 1024;

/** Servers close idle sockets after 3 s in their default configuration; reusing one they are closing fails the request. */
const IDLE_SOCKET_MS = 2_000;

/** The server ends a query this much before the client would, so that the reason arrives instead of a broken socket. */
const SERVER_LEAD_MS = 5_000;

/**
 * A client with the settings that money needs on every query. Unquoted decimals and 64-bit integers lose digits in JSON, so
 * both are asked for as strings.
 *
 * @throws TypeError when the URL cannot be read or carries credentials; the message never repeats it
 */
export function createClickHouse(options: ClickHouseOptions): ClickHouse {
  const url = parseUrl(options.url);
  const requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const compression = options.compression ?? !isLoopback(url.hostname);
  return createClient({
    url,
    username: options.username,
    password: options.password.reveal(),
    database: options.database,
    application: options.application ?? "apportion",
    request_timeout: requestTimeoutMs,
    http_agent: agentFor(url, options.connectionsMax ?? CONNECTIONS_MAX),
    keep_alive: { enabled: true, idle_socket_ttl: 0 },
    compression: { request: compression, response: compression },
    clickhouse_settings: settings(options, requestTimeoutMs),
    // Parameters that would make the URL too long (lists of ids) travel in the body.
    use_multipart_params_auto: true,
    json: { parse: JSON.parse, stringify: stringifyExactly },
    // Every failure is thrown too; the client's own lines would repeat it past our logger, with all settings.
    log: { level: ClickHouseLogLevel.OFF },
  });
}

/**
 * Closes idle sockets itself, between the two moments at which Node's agent says that one is idle and that it is used again. The client's own timers
 * (`idle_socket_ttl`) close sockets in use: a request that was aborted before it had its socket leaves a timer behind that nobody clears, and
 * another's request on that socket fails with "socket hang up". A socket's own timeout is the client's, which takes it off after an error.
 */
function agentFor(url: URL, maxSockets: number): HttpAgent {
  // A server that asks for less is heard by older releases of Node.js only where a timeout is given.
  const options = { keepAlive: true, maxSockets, timeout: IDLE_SOCKET_MS };
  const agent = url.protocol === "https:" ? new HttpsAgent(options) : new HttpAgent(options);
  const closing = new WeakMap<Duplex, NodeJS.Timeout>();
  const keep = agent.keepSocketAlive.bind(agent);
  const reuse = agent.reuseSocket.bind(agent);
  agent.keepSocketAlive = (socket) => {
    clearTimeout(closing.get(socket));
    closing.set(socket, setTimeout(() => socket.destroy(), IDLE_SOCKET_MS).unref());
    return keep(socket);
  };
  agent.reuseSocket = (socket, request) => {
    clearTimeout(closing.get(socket));
    reuse(socket, request);
  };
  return agent;
}

function settings(options: ClickHouseOptions, requestTimeoutMs: number): ClickHouseSettings {
  return {
    output_format_json_quote_decimals: 1,
    output_format_json_quote_64bit_integers: 1,
    date_time_input_format: "best_effort",
    max_execution_time: Math.max(1, Math.ceil((requestTimeoutMs - SERVER_LEAD_MS) / 1_000)),
    max_result_rows: String(options.resultRowsMax ?? RESULT_ROWS_MAX),
    max_result_bytes: String(options.resultBytesMax ?? RESULT_BYTES_MAX),
    result_overflow_mode: "throw",
    // The whole answer is made before the first byte is sent: an error in its middle has a status instead of half the rows.
    wait_end_of_query: 1,
    ...(options.cluster !== undefined && ONE_TABLE_ON_ALL_REPLICAS),
  };
}

/**
 * A seal is stored after its rows were counted, and readers believe it: on any replica, also on one that was reached because another is
 * away. So an insert is acknowledged when most replicas have it, one insert of a table after the other, and a replica answers when it has all
 * that was acknowledged: `select_sequential_consistency` holds for inserts of a quorum that are not parallel. What waits or fails for it is
 * repeated by who asked. The same of deletions of rows without a seal.
 */
const ONE_TABLE_ON_ALL_REPLICAS: ClickHouseSettings = {
  insert_quorum: "auto",
  insert_quorum_parallel: 0,
  select_sequential_consistency: "1",
  mutations_sync: "2",
  lightweight_deletes_sync: "2",
  distributed_ddl_output_mode: "throw",
};

function parseUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new TypeError("The ClickHouse URL cannot be read; it looks like http://host:8123");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError("The ClickHouse URL must begin with http:// or https://");
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError("The ClickHouse URL must not carry a user or password; give them as options");
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Rows may hold bigints; as JSON numbers they would be read as doubles on the way, so they travel as strings. */
function stringifyExactly(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "bigint" ? inner.toString() : inner,
  );
}
