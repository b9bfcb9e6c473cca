import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import type { ExplorerApp } from "../server/question.js";
import { askApp, assistantServer } from "./server.js";

/** What names whoever asks, handed on to the API. */
const CREDENTIALS = ["host", "authorization", "cookie", "origin", "sec-fetch-site"];

/** Adds `/mcp`: a server of its own for each message, since there is nothing to remember between them. */
export function answerAssistants(app: ExplorerApp, version: string): void {
  // Nothing is told that was not asked: a stream that waits for it would be held open for nothing.
  app.on(["GET", "DELETE", "PUT"], "/mcp", (c) => c.text("Questions are posted", 405, { allow: "POST" }));
  app.post("/mcp", async (c) => {
    const headers = new Headers();
    for (const name of CREDENTIALS) {
      const value = c.req.header(name);
      if (value !== undefined) headers.set(name, value);
    }
    const server = assistantServer(askApp(app, headers), version);
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport);
    return transport.handleRequest(c.req.raw);
  });
}
