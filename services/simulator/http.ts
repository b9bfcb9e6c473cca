import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpQuestion {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** What goes wrong with the next `times` answers whose path begins with `path`. */
export interface Fault {
  readonly path: string;
  readonly times: number;
  readonly kind:
    | "status-503"
    | "status-403"
    | "truncated"
    | "not-json"
    | "hangs-up"
    | "slow"
    /** Half of the answer, and then nothing for as long as the other side waits. */
    | "stalls"
    /** An answer without end. */
    | "huge";
}

export interface HttpServer {
  readonly url: string;
  /** For tests: spoils answers to come. */
  spoil(fault: Fault): void;
  stop(): Promise<void>;
}

const BODY_BYTES_MAX = 10 * 1024 * 1024;
const SLOW_MS = 5_000;
const HUGE_PIECE = " ".repeat(256 * 1024);

export function json(value: unknown, status = 200, contentType = "application/json"): HttpAnswer {
  return { status, contentType, body: JSON.stringify(value) };
}

/** A loopback server on a free port. */
export async function startHttpServer(answer: (question: HttpQuestion) => HttpAnswer): Promise<HttpServer> {
  const faults: { fault: Fault; left: number }[] = [];
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy()); // the client went away, or sent too much
  });

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const question = {
      method: request.method ?? "GET",
      url,
      headers: request.headers,
      body: await bodyOf(request),
    };
    const found = faults.find(({ fault, left }) => left > 0 && url.pathname.startsWith(fault.path));
    if (found) found.left -= 1;
    await send(response, answer(question), found?.fault.kind);
  };

  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    spoil: (fault) => void faults.push({ fault, left: fault.times }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function* endless(): Generator<string> {
  for (;;) yield HUGE_PIECE;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX) throw new Error("The request is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function send(
  response: ServerResponse,
  answer: HttpAnswer,
  fault: Fault["kind"] | undefined,
): Promise<void> {
  const write = (status: number, body: string): void => {
    response.writeHead(status, { "content-type": answer.contentType, ...answer.headers });
    response.end(body);
  };
  const half = answer.body.slice(0, Math.floor(answer.body.length / 2));
  switch (fault) {
    case undefined:
      return write(answer.status, answer.body);
    case "status-503":
      return write(503, "upstream connect error");
    case "status-403":
      return write(403, "access denied");
    case "truncated":
      return write(answer.status, half);
    case "not-json":
      return write(200, "<html>Sign in</html>");
    case "hangs-up":
      response.destroy();
      return undefined;
    case "slow":
      await pause(SLOW_MS, undefined, { ref: false });
      return write(answer.status, answer.body);
    case "stalls":
      response.writeHead(answer.status, { "content-type": answer.contentType, ...answer.headers });
      response.write(half);
      return undefined;
    case "huge":
      response.writeHead(answer.status, { "content-type": answer.contentType, ...answer.headers });
      return pipeline(endless(), response);
  }
}
