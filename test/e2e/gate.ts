import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "@apportion/kafka-broker/free-port";

/** A port before a server, which refuses connections, takes them without a word, or lets them through. */
export interface Gate {
  readonly port: number;
  /** What becomes of connections from now on; those that were made before are cut. */
  set(state: "refuses" | "hangs" | "open"): Promise<void>;
}

export async function createGate(targetPort: number): Promise<Gate> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    return socket.on("error", () => socket.destroy());
  };
  return {
    port,
    async set(state) {
      const before = server;
      server = undefined;
      for (const socket of sockets) socket.destroy();
      if (before) await new Promise((resolve) => before.close(resolve));
      if (state === "refuses") return;
      const next = createServer((socket) => {
        keep(socket);
        if (state === "open") socket.pipe(keep(connect(targetPort, "127.0.0.1"))).pipe(socket);
      });
      server = next;
      await new Promise<void>((resolve) => next.listen(port, "127.0.0.1", resolve));
    },
  };
}
