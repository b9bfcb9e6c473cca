import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { ExplorerDeps } from "../server/deps.js";
import { askApp, assistantServer } from "./server.js";

/**
 * Answers an assistant on a pair of streams until it ends its own. It sees what whoever started it sees: the owner of the folder. Nobody else may
 * write to `output` meanwhile.
 */
export async function serveAssistant(deps: ExplorerDeps, input: Readable, output: Writable): Promise<void> {
  const { API_DOCUMENT } = await import("../api/api.js");
  const { createApp } = await import("../server/app.js");
  const app = createApp(deps);
  const ask = askApp(app, new Headers({ host: "127.0.0.1" }));
  const server = assistantServer(ask, API_DOCUMENT.info.version);
  const transport = new StdioServerTransport(input, output);
  const ended = once(input, "end");
  await server.connect(transport);
  await ended;
  await server.close();
}
