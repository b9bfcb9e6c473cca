import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { MoneyError, parsePicos } from "@apportion/domain/money";
import { Secret } from "@apportion/runtime/secret";
import { ReadingError } from "./source.js";
import { upstreamConfig } from "./upstream-config.js";
import { createUpstream } from "./upstream.js";

type Handler = (request: IncomingMessage, response: ServerResponse, call: number) => void;

let server: Server;
let url: string;
let handler: Handler;
let calls: IncomingMessage[];
beforeEach(async () => {
  calls = [];
  server = createServer((request, response) => {
    calls.push(request);
    handler(request, response, calls.length);
  });
  url = await listen(server);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function listen(one: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    one.listen(0, "127.0.0.1", resolve);
  });
  const address = one.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

const schema = z.object({ n: z.number() });
const ask = (config: Record<string, unknown> = {}, path = "/x"): Promise<{ n: number }> =>
  createUpstream(
    upstreamConfig.parse({ url, retryPauseMs: 1, timeoutMs: 500, requestsPerSecondMax: 1_000, ...config }),
  ).json({ method: "GET", path, signal: AbortSignal.timeout(20_000) }, schema);
const failure = async (config: Record<string, unknown> = {}): Promise<ReadingError> => {
  const error: unknown = await ask(config).catch((reason: unknown) => reason);
  if (error instanceof ReadingError) return error;
  throw new Error(`It did not fail as a reading does: ${String(error)}`);
};

describe("an upstream", () => {
  it("is asked again after 5xx, a cut connection and half an answer, and then it is as if nothing had been", async () => {
    handler = (_request, response, call) => {
      if (call === 1) response.writeHead(503).end("busy");
      else if (call === 2) response.destroy();
      else if (call === 3) response.end('{"n":');
      else response.end('{"n":4}');
    };
    expect(await ask()).toEqual({ n: 4 });
    expect(calls).toHaveLength(4);
  });

  it("is given the time that it asks for", async () => {
    handler = (_request, response, call) => {
      if (call === 1) response.writeHead(429, { "retry-after": "1" }).end();
      else response.end('{"n":1}');
    };
    const before = Date.now();
    await ask();
    expect(Date.now() - before).toBeGreaterThanOrEqual(950);
  });

  it("that refuses is asked once, and quoted in one line", async () => {
    handler = (_request, response) => void response.writeHead(403).end("no\nentry");
    const error = await failure();
    expect(error).toMatchObject({ code: "rejected", message: `GET ${url}/x answered 403: no entry` });
    expect(calls).toHaveLength(1);
  });

  it("that answers with another shape, too much or too slowly is said to", async () => {
    handler = (_request, response) => void response.end('{"m":1}');
    expect(await failure()).toMatchObject({ code: "malformed" });
    handler = (_request, response) => void response.end(`{"n":1,"pad":"${"x".repeat(5_000)}"}`);
    expect((await failure({ responseBytesMax: 2_000 })).message).toContain(
      "more bytes than responseBytesMax",
    );
    handler = (_request, response) => void response.write('{"n":');
    expect((await failure({ attemptsMax: 1 })).message).toContain("was not answered within 500 ms");
  });

  it("that answered with what its reader refuses is not asked again, nor said to be away", async () => {
    handler = (_request, response) => void response.end("1e40");
    const upstream = createUpstream(upstreamConfig.parse({ url, retryPauseMs: 1 }));
    const refused = upstream.stream(
      { method: "GET", path: "/", signal: AbortSignal.timeout(5_000) },
      async (body) => {
        for await (const chunk of body) parsePicos(Buffer.from(chunk).toString());
      },
    );
    await expect(refused).rejects.toThrow(MoneyError);
    expect(calls).toHaveLength(1);
  });

  it("is not followed elsewhere: a redirect would take the credentials along", async () => {
    handler = (_request, response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end();
    expect(await failure()).toMatchObject({ code: "rejected" });
  });

  it("gets its credentials, which are in no error", async () => {
    handler = (request, response) => void response.writeHead(401).end(String(request.headers.authorization));
    const bearer = await failure({ bearerToken: new Secret("hunter2") });
    expect(calls[0]?.headers.authorization).toBe("Bearer hunter2");
    expect(bearer.cause).toBeUndefined();
    await failure({ basicAuth: { username: "u", password: new Secret("p") } });
    expect(calls.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from("u:p").toString("base64")}`);
    expect(upstreamConfig.safeParse({ url: "http://u:p@host" }).success).toBe(false);
  });

  it("is asked at the rate that was set, and not faster", async () => {
    handler = (_request, response) => void response.end('{"n":1}');
    const upstream = createUpstream(upstreamConfig.parse({ url, requestsPerSecondMax: 20 }));
    const before = Date.now();
    for (let call = 0; call < 5; call++)
      await upstream.json({ method: "GET", path: "/", signal: AbortSignal.timeout(5_000) }, schema);
    expect(Date.now() - before).toBeGreaterThanOrEqual(190);
  });

  it("does not wait for a clock that was set back to come to where it was", async () => {
    handler = (_request, response, call) => void response.end(`{"n":${call}}`);
    const upstream = createUpstream(upstreamConfig.parse({ url, timeoutMs: 2_000 }));
    const next = () =>
      upstream.json({ method: "GET", path: "/x", signal: AbortSignal.timeout(5_000) }, schema);
    expect(await next()).toEqual({ n: 1 });
    const setBack = vi.spyOn(Date, "now").mockReturnValue(Date.now() - 3_600_000);
    try {
      expect(await next()).toEqual({ n: 2 });
    } finally {
      setBack.mockRestore();
    }
  });

  it("is reached through the proxy of the environment", async () => {
    handler = (_request, response) => void response.end('{"n":9}');
    const tunnels: string[] = [];
    const proxy = createServer((request, response) => {
      tunnels.push(request.url ?? "");
      const target = new URL(request.url ?? "");
      const socket = connect(Number(target.port), target.hostname, () => {
        socket.write(`GET ${target.pathname} HTTP/1.1\r\nhost: ${target.host}\r\nconnection: close\r\n\r\n`);
        socket.pipe(response.socket ?? socket);
      });
    });
    vi.stubEnv("http_proxy", await listen(proxy));
    vi.stubEnv("no_proxy", "");
    try {
      expect(await ask()).toEqual({ n: 9 });
      expect(tunnels).toEqual([`${url}/x`]);
    } finally {
      vi.unstubAllEnvs();
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});

describe("TLS", () => {
  it("trusts the authority that was given, and says what to do about any other", async () => {
    const folder = mkdtempSync(join(tmpdir(), "apportion-tls-"));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-keyout",
        key,
        "-out",
        cert,
        ...subject,
      ],
      { stdio: "ignore" },
    );
    const secure = createSecureServer(
      { key: readFileSync(key), cert: readFileSync(cert) },
      (_request, response) => {
        response.end('{"n":7}');
      },
    );
    const address = (await listen(secure)).replace("http:", "https:");
    try {
      expect(await ask({ url: address, ca: new Secret(readFileSync(cert, "utf8")) })).toEqual({ n: 7 });
      const error = await failure({ url: address });
      expect(error.code).toBe("rejected");
      expect(error.message).toContain("certificate is not trusted");
      expect(error.message).toContain("give its authority as ca");
    } finally {
      secure.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
