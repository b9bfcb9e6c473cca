import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Finding, Health } from "./health.js";

export interface HealthServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Where it listens. */
export interface HealthAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export class PortTakenError extends Error {
  readonly code = "PORT_TAKEN";
  constructor({ host, port }: HealthAddress) {
    super(
      `health: port ${port} of ${host} is taken, perhaps by another Apportion here; give this one its own with health.port or --health-port`,
    );
  }
}

/** Probes are few; whoever opens more connections waits. */
const CONNECTIONS_MAX = 32;
const REQUEST_MAX_MS = 5_000;
/** The answer is small whatever there is to say. */
const FINDINGS_MAX = 100;
const DETAIL_CHARACTERS_MAX = 500;

/**
 * Answers `/livez` (whether only a new start helps: 503) and `/readyz` (whether the process can do its work) with JSON, to GET and HEAD.
 * @throws PortTakenError
 */
export async function startHealthServer(address: HealthAddress, health: Health): Promise<HealthServer> {
  const server = createServer((request, response) => {
    void answer(request, health).then((result) => send(request, response, result));
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.requestTimeout = REQUEST_MAX_MS;
  server.headersTimeout = REQUEST_MAX_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "EADDRINUSE" ? new PortTakenError(address) : error),
    );
    server.listen(address.port, address.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${address.host.includes(":") ? `[${address.host}]` : address.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

async function answer({ method, url }: IncomingMessage, health: Health): Promise<Answer> {
  if (method !== "GET" && method !== "HEAD") return { status: 405, body: { error: "only GET and HEAD" } };
  const path = url?.split("?", 1)[0];
  if (path === "/livez") {
    const reason = health.fatal();
    return reason === undefined
      ? { status: 200, body: { alive: true } }
      : { status: 503, body: { alive: false, reason: reason.slice(0, DETAIL_CHARACTERS_MAX) } };
  }
  if (path !== "/readyz") return { status: 404, body: { error: "there are /livez and /readyz" } };
  const findings = await health.findings();
  const ready = findings.every(({ ok }) => ok);
  return { status: ready ? 200 : 503, body: { ready, findings: shown(findings) } };
}

/** What is wrong first, so that a cut never hides it. */
function shown(findings: readonly Finding[]): Finding[] {
  return [...findings]
    .sort((a, b) => Number(a.ok) - Number(b.ok))
    .slice(0, FINDINGS_MAX)
    .map((finding) => ({ ...finding, detail: finding.detail.slice(0, DETAIL_CHARACTERS_MAX) }));
}

function send({ method }: IncomingMessage, response: ServerResponse, { status, body }: Answer): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    connection: "close",
    ...(status === 405 && { allow: "GET, HEAD" }),
  });
  response.end(method === "HEAD" ? undefined : text);
}
