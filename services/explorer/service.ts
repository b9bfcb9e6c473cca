import { setFlagsFromString } from "node:v8";
import type { Service } from "@apportion/runtime/service";
import { EXPLORER_PORT, type ExplorerConfig } from "./config.js";
import type { ExplorerDeps } from "./server/deps.js";

export interface Explorer extends Service {
  /** Where pages and API are answered; undefined while it does not run, or is off. */
  readonly url: string | undefined;
}

/** Where commands on this machine reach what listens on every address. */
function fromHere(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}

/**
 * How much the heap may grow before it is tidied up, in percent of what was in use. V8 by itself lets it grow to several times that: while a month of 60,000
 * containers was read, of which little is kept, the process had 785 MiB instead of 360. It holds for the whole process, in `up` for all services.
 */
const HEAP_GROWS_PERCENT = 25;

/** Pages and API over the books. What it answers with is loaded when it starts: commands make it and never do. */
export function createExplorer(deps: ExplorerDeps, config: ExplorerConfig): Explorer {
  let ahead: { stop(): Promise<void> } | undefined;
  let running: { readonly url: string; close(): Promise<void> } | undefined;
  return {
    name: "explorer",
    get url() {
      return running?.url;
    },
    async start() {
      if (config.port === "off") return;
      setFlagsFromString(`--heap-growing-percent=${HEAP_GROWS_PERCENT}`);
      const { createApp } = await import("./server/app.js");
      const { listen, PortTakenError } = await import("./server/listen.js");
      const { keepBooks } = await import("./server/kept-books.js");
      const { readAhead } = await import("./server/read-ahead.js");
      const books = keepBooks(deps);
      const app = createApp(deps, config, books);
      const at = (port: number): Promise<{ readonly url: string; close(): Promise<void> }> =>
        listen(app, { host: config.host, port });
      try {
        running = await at(config.port ?? EXPLORER_PORT);
      } catch (error) {
        // A second deployment on the machine must still start; a port that somebody asked for must be had.
        if (!(error instanceof PortTakenError) || config.port !== undefined) throw error;
        running = await at(0);
      }
      deps.beside?.announce(fromHere(running.url));
      ahead = readAhead(deps, books);
      const { signIn } = config;
      deps.logger.info(
        { url: running.url, ...(signIn && { publicUrl: signIn.publicUrl, issuer: signIn.issuer }) },
        signIn
          ? `pages and API are at ${running.url}, for people at ${signIn.publicUrl}; they sign in at ${signIn.issuer}`
          : `pages and API are at ${running.url}; nobody signs in, so they answer this machine alone and show it everything`,
      );
      if (signIn && !signIn.sessionKey)
        deps.logger.info(
          {},
          "sessions are signed with a key of this start: who is signed in signs in again after the next",
        );
    },
    async stop() {
      deps.beside?.withdraw();
      await running?.close();
      await ahead?.stop();
      running = undefined;
    },
  };
}
