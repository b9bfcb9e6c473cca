import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createPlainServer, type Server } from "node:http";
import { createServer } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { parseDay } from "@apportion/domain/period";
import { Secret } from "@apportion/runtime/secret";
import { awsConfig } from "./config.js";
import { createCostExplorer, type CostExplorer } from "./cost-explorer.js";

const DAY = parseDay("2026-11-22");
const ANSWER = JSON.stringify({
  ResultsByTime: [{ TimePeriod: { Start: DAY, End: "2026-11-23" }, Groups: [], Estimated: false }],
});

let folder: string;
let ca: string;
let secure: Server;
let proxy: Server;
/** Where the proxy was asked to connect to. */
let tunnels: string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "apportion-aws-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", cert];
  execFileSync("openssl", [...args, ...subject], { stdio: "ignore" });
  ca = readFileSync(cert, "utf8");
  secure = createServer(
    { key: readFileSync(key), cert: ca },
    (_request, response) => void response.end(ANSWER),
  );
  proxy = createPlainServer().on("connect", (request, socket) => {
    tunnels.push(request.url ?? "");
    const [host = "", port] = (request.url ?? "").split(":");
    const target = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.pipe(socket).pipe(target);
    });
  });
  for (const server of [secure, proxy])
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => {
  for (const server of [secure, proxy]) server.close();
  secure.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

const portOf = (server: Server): number => (server.address() as { port: number }).port;
const costExplorer = (authority?: string): CostExplorer => {
  const key = new Secret("key");
  const config = awsConfig.parse({
    accounts: ["111122223333"],
    costExplorerEndpoint: `https://localhost:${portOf(secure)}`,
    credentials: { accessKeyId: key, secretAccessKey: key },
    attemptsMax: 1,
    ...(authority !== undefined && { ca: new Secret(authority) }),
  });
  return createCostExplorer(config, "USD");
};
const ask = async (authority?: string, asked = costExplorer(authority)): Promise<string> => {
  tunnels = [];
  const question = { groupBy: [], filter: {} };
  return (await asked.ask(question, [DAY], AbortSignal.timeout(20_000)))(DAY).finality;
};

it("trusts the authority that is given, and no other", async () => {
  expect(await ask(ca)).toBe("final");
  await expect(ask()).rejects.toThrow("self-signed certificate");
});

it("asks through the proxy of the environment, and not for a host that NO_PROXY names", async () => {
  vi.stubEnv("HTTPS_PROXY", `http://127.0.0.1:${portOf(proxy)}`);
  expect(await ask(ca)).toBe("final");
  expect(tunnels).toEqual([`localhost:${portOf(secure)}`]);
  await expect(ask()).rejects.toThrow("self-signed certificate");
  vi.stubEnv("NO_PROXY", "localhost");
  expect(await ask(ca)).toBe("final");
  expect(tunnels).toEqual([]);
});

it("does not take an answer from before midnight for one from after it, and pays for no other twice", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date() });
  try {
    const asked = costExplorer(ca);
    vi.setSystemTime("2026-11-22T23:40:00Z");
    await ask(ca, asked);
    vi.setSystemTime("2026-11-22T23:59:59Z");
    await ask(ca, asked);
    expect(asked.pages()).toBe(1);
    vi.setSystemTime("2026-11-23T00:00:01Z");
    await ask(ca, asked);
    expect(asked.pages()).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});
