import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCli, startCli } from "./cli.js";

/** What some proxies do when they fail: they repeat the request, which holds our credentials. */
let proxy: Server;
let folder: string;
let config: string;
const TOKEN = "kubecost-token-4711";
const PASSWORD = "mlflow-password-4712";
const BASIC = Buffer.from(`reader:${PASSWORD}`).toString("base64");
const ENV = { TOKEN, PASSWORD };

beforeAll(async () => {
  proxy = createServer((request, response) => {
    const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}`);
    response.writeHead(500).end(`\u001b[2J\u202e ${headers.toReversed().join("\r\n")}`);
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), "apportion-echo-"));
  config = join(folder, "apportion.yaml");
  writeFileSync(
    config,
    `logLevel: debug
teams: [{ id: a, costCenter: "1" }]
allocation: {}
health: { port: off }
bill: none
kubecost: { clusters: [{ id: c, url: "${url}", bearerToken: { env: TOKEN }, attemptsMax: 1 }] }
usage: { mlflow: [{ name: m, url: "${url}", basicAuth: { username: reader, password: { env: PASSWORD } }, attemptsMax: 1 }] }
`,
  );
});
afterAll(() => {
  proxy.close();
  rmSync(folder, { recursive: true, force: true });
});

const common = (): string[] => ["--config", config, "--data", join(folder, "data")];

function expectNothingOfUpstreams(text: string): void {
  expect(text).toContain("[secret]");
  for (const secret of [TOKEN, PASSWORD, BASIC, encodeURIComponent(BASIC)])
    expect(text).not.toContain(secret);
  for (const character of ["\u001b", "\u202e"]) expect(text).not.toContain(character);
}

it.each([
  ["collect", ["collect", "--from", "2026-10-01", "--to", "2026-10-02"]],
  ["collect --json", ["collect", "--from", "2026-10-01", "--to", "2026-10-02", "--json"]],
  ["doctor", ["doctor"]],
  ["doctor --json", ["doctor", "--json"]],
])(
  "%s prints no credential that an upstream repeats, and does nothing to the terminal",
  async (_name, args) => {
    const { code, stdout, stderr } = await runCli([...args, ...common()], ENV);
    expect(code).toBe(1);
    expectNothingOfUpstreams(stdout);
    for (const secret of [TOKEN, PASSWORD, BASIC]) expect(stderr).not.toContain(secret);
  },
);

it("the log of `up` holds none either", async () => {
  const running = startCli(["up", ...common()], ENV);
  await running.said("answered 500");
  running.process.kill("SIGTERM");
  const { code, stderr } = await running.result;
  expect(code).toBe(0);
  expectNothingOfUpstreams(stderr);
});
