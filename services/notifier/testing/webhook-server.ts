import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** A webhook on this machine, for tests. */
export interface WebhookServer {
  readonly url: string;
  readonly received: {
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
  }[];
  /** What it answers, the first first; the last for ever. `hang`: nothing. */
  replies: (Reply | "hang")[];
  /** Resolves when so many have come. */
  got(count: number): Promise<void>;
  close(): Promise<void>;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ((path: string) => string);
}

export async function openWebhookServer(): Promise<WebhookServer> {
  const received: WebhookServer["received"] = [];
  let waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = request.url ?? "";
      received.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString() });
      const reply = opened.replies.length > 1 ? opened.replies.shift() : opened.replies[0];
      if (reply !== undefined && reply !== "hang") {
        response.writeHead(reply.status, reply.headers);
        response.end(typeof reply.body === "function" ? reply.body(path) : reply.body);
      }
      for (const each of waiting) if (received.length >= each.count) each.resolve();
      waiting = waiting.filter(({ count }) => received.length < count);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const opened: WebhookServer = {
    url: `http://127.0.0.1:${port}/services/T0123456789ABCDEF/a-token-that-nobody-may-see`,
    received,
    replies: [{ status: 200, body: "ok" }],
    got: (count) =>
      received.length >= count
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.push({ count, resolve });
          }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return opened;
}
