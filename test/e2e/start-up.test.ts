import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../../services/all-in-one/dist/main.js", import.meta.url));
const ENGINE = fileURLToPath(
  new URL("../../shared/clickhouse/dist/embedded/server-main.js", import.meta.url),
);
const TIMEOUT_MS = 60_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "apportion-start-up-"));
  const config = `eventLog: { kind: embedded }
clickhouse: { kind: embedded }
currency: USD
clusters: []
teams:
  - { id: ads, costCenter: cc-1, contacts: [ads@example.com] }
`;
  writeFileSync(join(folder, "apportion.yaml"), config);
  // Node's own hook: each module that is imported is written down.
  const hook = `import { appendFileSync } from "node:fs";
export function load(url, context, next) { appendFileSync(process.env.LOADED, url + "\\n"); return next(url, context); }`;
  const register = `import { register } from "node:module";
register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});`;
  writeFileSync(join(folder, "hook.mjs"), register);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Packages of others that a program imports until it ends, and what it printed. */
function run(program: string, ...args: string[]): { readonly packages: Set<string>; readonly text: string } {
  const loaded = join(folder, "loaded.txt");
  writeFileSync(loaded, "");
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", join(folder, "hook.mjs"), program, ...args],
    { encoding: "utf8", timeout: TIMEOUT_MS, input: "", env: { ...process.env, LOADED: loaded } },
  );
  const names = [...readFileSync(loaded, "utf8").matchAll(/\/node_modules\/((?:@[^/]+\/)?[^/]+)\//g)];
  return { packages: new Set(names.map(([, name = ""]) => name)), text: stdout + stderr };
}

const CLIENTS = /^(?:kafkajs|@aws-sdk\/.*|@smithy\/.*|axios|nodemailer|mailparser|smtp-server|pino-pretty)$/;

/** What takes longer to load than a command takes to answer. It says so much about a start as can be said without a clock. */
describe("a command", { timeout: TIMEOUT_MS }, () => {
  it.each([["completeness"], ["verify"], ["explain", "--team", "ads"], ["reconcile"], ["close", "--check"]])(
    "loads no client of sources, mail or Kafka that it does not use: %s",
    (...command) => {
      const where = ["--config", join(folder, "apportion.yaml"), "--data", folder];
      const { packages, text } = run(MAIN, ...command, "--month", "2026-10", ...where);
      expect([...packages]).toContain("lmdb"); // it got as far as the platform
      expect(text).not.toContain("The configuration has");
      expect([...packages].filter((name) => CLIENTS.test(name))).toEqual([]);
    },
  );

  it("that needs no configuration loads no schema", () => {
    const { packages, text } = run(MAIN, "--version");
    expect(text).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect([...packages].filter((name) => name !== "commander")).toEqual(["picocolors", "pino"]);
  });

  it("waits for an engine that loads nothing but itself", () => {
    // Its parent is gone at once, so it ends before it opens anything; what it imports it has imported by then.
    const { packages, text } = run(ENGINE);
    expect(text).toBe("");
    expect([...packages]).toEqual(["chdb"]);
  });
});
