import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { ExplorerApp } from "./question.js";

export class PortTakenError extends Error {
  override readonly name = "PortTakenError";
}

/** More than a company's people look at, fewer than would hold up the process. */
const CONNECTIONS_MAX = 512;
const HEADERS_MAX_MS = 10_000;
const REQUEST_MAX_MS = 30_000;

/** @throws PortTakenError */
export async function listen(
  app: ExplorerApp,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer((request, response) => void answer(request, response));
  server.maxConnections = CONNECTIONS_MAX;
  server.headersTimeout = HEADERS_MAX_MS;
  server.requestTimeout = REQUEST_MAX_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE"
          ? new PortTakenError(
              `explorer: port ${port} of ${host} is taken; give it another with explorer.port`,
            )
          : error,
      ),
    );
    server.listen(port, host, resolve);
  });
  const { port: had } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${had}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
