import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { keepFilesPrivate } from "@apportion/runtime/private-files";
import { damagedPartsOf } from "./damaged-parts.js";
import { Engine } from "./engine.js";
import { createHttpServer } from "./http-server.js";
import { LIMITS } from "./limits.js";
import type { ReadyLine, ServerSettings } from "./protocol.js";
import { ReadOnlyFence } from "./read-only-fence.js";
import { Spool } from "./spool.js";
import { StatementRunner } from "./statement-runner.js";

/**
 * The child process around the engine. Its working directory is a folder of its own, in which the engine finds no config.xml
 * of strangers; the tables lie in `store` below it. It ends when its standard input does: its parent is gone then.
 */
async function main(): Promise<void> {
  keepFilesPrivate();
  const input = createInterface({ input: process.stdin });
  const parentGone = new Promise<void>((resolve) => input.once("close", resolve));
  const line = await Promise.race([
    new Promise<string>((resolve) => input.once("line", resolve)),
    parentGone.then(() => undefined),
  ]);
  if (line === undefined) return;
  const running = await start(JSON.parse(line) as ServerSettings);
  let stopping: Promise<void> | undefined;
  const stop = (drainMs: number): void => {
    stopping ??= running.stop(drainMs).then(() => process.exit(0));
  };
  process.on("SIGTERM", () => stop(LIMITS.drainMs));
  process.on("SIGINT", () => undefined); // Ctrl-C reaches the whole group; the parent decides when this ends
  process.stdout.write(`${JSON.stringify(running.ready)}\n`);
  await parentGone;
  stop(0);
}

async function start(
  settings: ServerSettings,
): Promise<{ ready: ReadyLine; stop(drainMs: number): Promise<void> }> {
  const { database, services, readonly } = settings;
  const engine = Engine.open("store", database);
  const damaged = await damagedPartsOf(engine, database);
  const spool = new Spool(settings.spoolFolder, LIMITS.spoolBytesMax);
  const runner = new StatementRunner(engine, spool, fenceOf(engine, database));
  const accounts = [
    { ...services, readOnly: false },
    { ...readonly, readOnly: true },
  ];
  const server = createHttpServer({ runner, accounts, database, version: engine.version });
  // Clients that wait for an engine that died must not find tables with fewer rows.
  const port =
    damaged.length > 0 && !settings.servesDamaged ? settings.port : await listen(server, settings.port);
  return {
    ready: { event: "ready", port, pid: process.pid, version: engine.version, damaged },
    async stop(drainMs) {
      server.close();
      server.closeIdleConnections();
      await engine.close(drainMs);
      server.closeAllConnections();
      spool.removeAll();
    },
  };
}

/** Made when the first analyst asks, of what the engine says of its functions: most commands end before that. */
function fenceOf(engine: Engine, database: string): () => Promise<ReadOnlyFence> {
  let making: Promise<ReadOnlyFence> | undefined;
  return async () => {
    making ??= ReadOnlyFence.create(engine, database);
    try {
      return await making;
    } catch (error) {
      making = undefined; // the next one tries again
      throw error;
    }
  };
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

await main();
