import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** What the network does to what goes through it, until it is healed. */
export type Weather =
  | { readonly kind: "calm" }
  /** Each piece arrives so much later. */
  | { readonly kind: "delayed"; readonly delayMs: number }
  | { readonly kind: "slow"; readonly bytesPerSecond: number }
  /** Nothing arrives, nobody is told, and new connections are taken but not answered; what was sent arrives when it is over. */
  | { readonly kind: "silent" };

/** A network of ours between a client and a server: TCP, byte for byte, until it is told to misbehave. */
export interface Proxy {
  readonly port: number;
  setWeather(weather: Weather): void;
  /** Resets every connection there is. */
  cut(): void;
  /** Ends every connection in one direction: one side is told that nothing more will come, and may still speak. */
  halfClose(side: "client" | "server"): void;
  /** Whether connections that are made from now on are refused. */
  refuse(refused: boolean): void;
  stop(): Promise<void>;
}

const SILENCE_POLL_MS = 20;

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Listens on a free port of the loopback interface. `targetPort` is asked for each connection: a server may come back elsewhere. */
export async function startProxy(targetPort: () => number): Promise<Proxy> {
  let weather: Weather = { kind: "calm" };
  let refused = false;
  const pairs = new Set<Pair>();

  /** Holds a piece back for as long as the weather says. */
  const passes = async (bytes: number): Promise<void> => {
    while (weather.kind === "silent") await pause(SILENCE_POLL_MS);
    if (weather.kind === "delayed") await pause(weather.delayMs);
    if (weather.kind === "slow") await pause((bytes / weather.bytesPerSecond) * 1_000);
  };

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    if (refused) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host: "127.0.0.1", port: targetPort(), allowHalfOpen: true });
    const pair = { client, server };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    client.on("error", end).on("close", end);
    server.on("error", end).on("close", end);
    void pump(client, server, passes).catch(end);
    void pump(server, client, passes).catch(end);
  });
  const port = await listen(listener);
  const each = (act: (pair: Pair) => void): void => [...pairs].forEach(act);
  return {
    port,
    setWeather: (next) => void (weather = next),
    cut: () =>
      each(({ client, server }) => {
        client.resetAndDestroy();
        server.resetAndDestroy();
      }),
    halfClose: (side) => each((pair) => void pair[side].end()),
    refuse: (next) => void (refused = next),
    async stop() {
      weather = { kind: "calm" };
      const closed = once(listener, "close");
      listener.close();
      each(({ client, server }) => [client, server].forEach((socket) => socket.destroy()));
      await closed;
    },
  };
}

/** One direction. A piece is read only when the one before it was passed on, so nothing piles up here. */
async function pump(from: Socket, to: Socket, passes: (bytes: number) => Promise<void>): Promise<void> {
  // Left open when it has said everything: the other direction may go on.
  const pieces = from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const piece of pieces) {
    await passes(piece.byteLength);
    if (!to.writable) return;
    if (!to.write(piece)) await Promise.race([once(to, "drain"), once(to, "close")]);
  }
  to.end();
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
