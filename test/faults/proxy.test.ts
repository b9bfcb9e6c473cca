import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startProxy, type Proxy } from "./proxy.js";

let echo: Server;
let proxy: Proxy;
beforeEach(async () => {
  echo = createServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => undefined).pipe(socket));
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  proxy = await startProxy(() => (echo.address() as AddressInfo).port);
});
afterEach(async () => {
  await proxy.stop();
  echo.close();
});

async function client(): Promise<Socket> {
  const socket = connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
}

async function answerTo(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [answer] = (await once(socket, "data")) as [Buffer];
  return answer.toString();
}

describe("a proxy", () => {
  it("passes on what is said, in both directions", async () => {
    const socket = await client();
    expect(await answerTo(socket, "hello")).toBe("hello");
    expect(await answerTo(socket, "again")).toBe("again");
    socket.destroy();
  });

  it("passes a great many bytes unchanged", async () => {
    const sent = Buffer.alloc(5_000_000, "abcdefg");
    const socket = await client();
    socket.end(sent);
    const pieces: Buffer[] = [];
    for await (const piece of socket as AsyncIterable<Buffer>) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(sent)).toBe(true);
  });

  it("cuts connections with a reset, and takes new ones", async () => {
    const socket = await client();
    await answerTo(socket, "hello");
    const closed = once(socket, "close"); // rejects with an error of the socket
    proxy.cut();
    await expect(closed).rejects.toMatchObject({ code: "ECONNRESET" });
    const next = await client();
    expect(await answerTo(next, "hello")).toBe("hello");
    next.destroy();
  });

  it("delays what is said", async () => {
    const socket = await client();
    proxy.setWeather({ kind: "delayed", delayMs: 150 });
    const started = performance.now();
    expect(await answerTo(socket, "hello")).toBe("hello");
    expect(performance.now() - started).toBeGreaterThanOrEqual(290); // there and back
    socket.destroy();
  });

  it("is silent without ending anything, and delivers afterwards what was said meanwhile", async () => {
    const socket = await client();
    proxy.setWeather({ kind: "silent" });
    const answered = answerTo(socket, "hello");
    expect(await Promise.race([answered, pause(200, "nothing")])).toBe("nothing");
    proxy.setWeather({ kind: "calm" });
    expect(await answered).toBe("hello");
    socket.destroy();
  });

  it("ends one direction and leaves the other open", async () => {
    const socket = await client();
    await answerTo(socket, "hello");
    const ended = once(socket.resume(), "end");
    proxy.halfClose("client");
    await ended;
    expect(socket.writable).toBe(true);
    socket.destroy();
  });

  it("refuses connections for as long as it is told to", async () => {
    proxy.refuse(true);
    const refused = connect({ port: proxy.port, host: "127.0.0.1" });
    await expect(once(refused, "close")).rejects.toMatchObject({ code: "ECONNRESET" });
    proxy.refuse(false);
    const socket = await client();
    expect(await answerTo(socket, "hello")).toBe("hello");
    socket.destroy();
  });
});
