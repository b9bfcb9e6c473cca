import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../../services/all-in-one/dist/main.js", import.meta.url));
const ENGINE = fileURLToPath(
  new URL("../../shared/clickhouse/dist/embedded/server-main.js", import.meta.url),
);
const ROOT = new URL("../../", import.meta.url).href;
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

interface Loaded {
  /** Of others. */
  readonly packages: Set<string>;
  /** Ours, e.g. `shared/clickhouse/dist/client.js`. */
  readonly modules: readonly string[];
  readonly text: string;
}

/** What a program imports until it ends, and what it printed. */
function run(program: string, ...args: string[]): Loaded {
  const loaded = join(folder, "loaded.txt");
  writeFileSync(loaded, "");
  const { stdout, stderr } = spawnSync(
    process.execPath,
    // The hook in its old form, which all that are promised have.
    ["--disable-warning=DEP0205", "--import", join(folder, "hook.mjs"), program, ...args],
    { encoding: "utf8", timeout: TIMEOUT_MS, input: "", env: { ...process.env, LOADED: loaded } },
  );
  const urls = readFileSync(loaded, "utf8").split("\n");
  const names = urls.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
  const modules = urls.flatMap((url) => (url.startsWith(ROOT) ? url.slice(ROOT.length) : []));
  return {
    packages: new Set(names),
    modules: modules.filter((path) => !path.startsWith("node_modules/")),
    text: stdout + stderr,
  };
}

const CLIENTS =
  /^(?:kafkajs|@aws-sdk\/.*|@smithy\/.*|axios|nodemailer|mailparser|smtp-server|pino-pretty|apache-arrow|flatbuffers|echarts|zrender|@napi-rs\/.*|pdfkit|fontkit|fflate)$/;

/** Modules that work on something: those of services, of the platform, the tables and the log. */
const WORKING =
  /service\.js$|^shared\/(?:clickhouse|recovery|books)\/|\/platform\.js$|\/(?:embedded|kafka)\//;

/** What takes longer to load than a command takes to answer. It says so much about a start as can be said without a clock. */
describe("a command", { timeout: TIMEOUT_MS }, () => {
  it.each([["completeness"], ["verify"], ["explain", "--team", "ads"], ["reconcile"], ["close", "--check"]])(
    "loads no client of sources, mail or Kafka, and no Arrow, that it does not use: %s",
    (...command) => {
      const where = ["--config", join(folder, "apportion.yaml"), "--data", folder];
      const { packages, text } = run(MAIN, ...command, "--month", "2026-10", ...where);
      expect([...packages]).toContain("lmdb"); // it got as far as the platform
      expect(text).not.toContain("The configuration has");
      expect([...packages].filter((name) => CLIENTS.test(name))).toEqual([]);
    },
  );

  it.each([
    ["--version", /^\d+\.\d+\.\d+\n$/],
    ["--help", /^Usage: apportion .*  migrate \[options\]/s],
  ])("that needs no configuration loads no schema, no logger and no other command: %s", (flag, answer) => {
    const { packages, modules, text } = run(MAIN, flag);
    expect(text).toMatch(answer);
    expect([...packages].toSorted()).toEqual(["commander", "picocolors"]);
    const commands = modules.filter((path) => path.includes("/commands/"));
    expect(commands.map((path) => basename(path)).toSorted()).toEqual([
      "context.js",
      "on-demand.js",
      "version.js",
    ]);
  });

  it("that checks the configuration loads schemas, and neither clients nor engines nor services", () => {
    const { packages, modules, text } = run(
      MAIN,
      "config",
      "check",
      "--config",
      join(folder, "apportion.yaml"),
    );
    expect(text).toContain("apportion.yaml is right: 1 team");
    expect([...packages].toSorted()).toEqual([
      "commander",
      "csv-parse",
      "node-cron",
      "picocolors",
      "yaml",
      "zod",
    ]);
    expect(modules).toContain("services/collector-usage/dist/config.js");
    expect(modules.filter((path) => WORKING.test(path))).toEqual([]);
  });

  it("waits for an engine that loads nothing but itself", () => {
    // Its parent is gone at once, so it ends before it opens anything; what it imports it has imported by then.
    const { packages, text } = run(ENGINE);
    expect(text).toBe("");
    expect([...packages]).toEqual(["chdb"]);
  });
});
