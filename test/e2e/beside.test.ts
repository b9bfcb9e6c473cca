import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN, runCli, startCli, type RunningCli } from "./cli.js";
import { copyToldDemo, startUp, stop, TOLD_DEMO_TIMEOUT_MS } from "./told-demo.js";

/** What commands owe to whoever works beside `up`, and what becomes of them when one of the two ends. */

let folder: string;
let data: string;
let waiting: string;
let up: RunningCli;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "apportion-beside-"));
  data = join(folder, "data");
  const { stdout } = await copyToldDemo(data);
  waiting = (JSON.parse(stdout) as { quarantined: { id: string }[] }).quarantined[0]?.id ?? "";
  up = await startUp(data);
}, TOLD_DEMO_TIMEOUT_MS);
afterAll(async () => {
  await stop(up);
  rmSync(folder, { recursive: true, force: true });
});

const ask = (...args: string[]): ReturnType<typeof runCli> => runCli([...args, "--data", data]);
const signed = ["--prepared-by", "an analyst", "--approved-by", "a controller"];
const close = ["close", "--month", "2026-11", ...signed, "--json"];
const credential = (): string => join(data, "running.json");

describe("commands beside `up`", () => {
  it("are answered by a credential that is its user's alone", () => {
    expect(statSync(credential()).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(credential(), "utf8"))).toMatchObject({ pid: up.process.pid });
  });

  it("answer an assistant on standard input and output with what the command says", async () => {
    const assistant = new Client({ name: "test", version: "1" });
    const args = [MAIN, "mcp", "--data", data];
    await assistant.connect(new StdioClientTransport({ command: process.execPath, args }));
    const asked = { team: "nlp", month: "2026-11" };
    const { structuredContent } = await assistant.callTool({ name: "statement", arguments: asked });
    await assistant.close();
    const { stdout } = await ask("explain", "--month", "2026-11", "--team", "nlp", "--json");
    const { charged } = JSON.parse(stdout) as { charged: string };
    expect(structuredContent).toMatchObject({
      total: charged,
      months: [{ month: "2026-11", state: "open" }],
    });
  });

  it("decide one reading once, when two people do at the same moment", async () => {
    const drop = (approver: string): string[] => [
      "quarantine",
      "drop",
      waiting,
      "--reason",
      "not on the bill",
      "--prepared-by",
      "an analyst",
      "--approved-by",
      approver,
    ];
    const both = await Promise.all([ask(...drop("one controller")), ask(...drop("another controller"))]);
    expect(both.map(({ code }) => code)).toContain(0);
    const { stdout } = await ask("quarantine", "list", "--all", "--json");
    const decided = (JSON.parse(stdout) as { id: string }[]).filter(({ id }) => id === waiting);
    expect(decided).toMatchObject([{ decision: "drop", decided_by: expect.stringContaining("controller") }]);
  });

  it("close a month once, when one of them is killed in the middle and two more come at the same moment", async () => {
    const killed = startCli([...close, "--data", data]);
    await pause(1_500);
    killed.process.kill("SIGKILL");
    const [one, other] = await Promise.all([ask(...close), ask(...close)]);
    expect([one.code, other.code, one.stderr + other.stderr]).toEqual([0, 0, ""]);
    const [first, second] = [one, other].map(
      ({ stdout }) => JSON.parse(stdout) as { closed: boolean; hash: string; seq: string },
    );
    expect(first).toMatchObject({ closed: true, hash: second?.hash, seq: second?.seq });
    const query =
      "SELECT uniqExact(seq) FROM posted_entries WHERE kind = 'statement' AND billing_period = '2026-11'";
    expect(await ask("sql", query, "--format", "TSV")).toMatchObject({ stdout: "1\n" });
    expect(await ask("verify", "--month", "2026-11")).toMatchObject({ code: 0, stderr: "" });
  });

  it("publish through it, and wait until its services have done the work", async () => {
    const { code, stdout } = await ask("allocate", "--from", "2026-12-01", "--to", "2026-12-03", "--json");
    expect([code, JSON.parse(stdout)]).toMatchObject([0, [{ month: "2026-12" }]]);
    expect(await ask("dead-letters", "list", "--json")).toMatchObject({ code: 0, stderr: "" });
  });

  it("go by its rules: another configuration is refused, and a changed file is said", async () => {
    const file = join(data, "apportion.yaml");
    const own = join(data, "own.yaml");
    copyFileSync(file, own);
    const refused = await ask("explain", "--month", "2026-10", "--team", "nlp", "--config", own);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain(`works on ${data} by ${file}, and ${own} is another configuration`);
    const before = await ask("explain", "--month", "2026-10", "--team", "nlp");
    writeFileSync(file, `${readFileSync(file, "utf8")}protectedNames: { shownTo: [finance] }\n`);
    const after = await ask("explain", "--month", "2026-10", "--team", "nlp");
    copyFileSync(own, file);
    rmSync(own);
    expect([after.code, after.stdout]).toEqual([0, before.stdout]);
    expect(after.stderr).toContain("until it is started again, its rules hold");
  });

  it("leave it alone: who needs the folder for itself is told who has it", async () => {
    for (const args of [["rebuild"], ["demo", "--once"], ["up"]]) {
      const { code, stderr } = await ask(...args);
      expect([args, code, stderr]).toEqual([args, 1, expect.stringMatching(/is in use by process \d+/)]);
    }
    const replaced = await ask("migrate", "--replace-database");
    expect(replaced).toMatchObject({ code: 2, stderr: expect.stringContaining("end it first") });
    expect(await ask("migrate")).toMatchObject({ code: 0 });
  });

  it("say why they cannot work beside it where the token is not its own", async () => {
    const text = readFileSync(credential(), "utf8");
    const { token, ...rest } = JSON.parse(text) as { token: string };
    writeFileSync(credential(), JSON.stringify({ ...rest, token: token.split("").toReversed().join("") }));
    const { code, stderr } = await ask("close", "--check", "--month", "2026-12");
    writeFileSync(credential(), text);
    expect(code).toBe(1);
    expect(stderr).toMatch(/refuses at .* The token is not that of this process\n.*is in use by process/s);
  });

  it("work on the folder themselves when it was killed, whatever it left, and beside the next one", async () => {
    up.process.kill("SIGKILL");
    await up.result;
    expect(existsSync(credential())).toBe(true);
    const verify = ["verify", "--month", "2026-11", "--json"];
    const alone = await ask(...verify);
    expect([alone.code, alone.stderr]).toEqual([0, ""]);
    up = await startUp(data);
    const beside = await ask(...verify);
    expect(beside).toEqual(alone);
  });

  it("find nobody when it has ended as it should", async () => {
    expect((await stop(up)).code).toBe(0);
    expect([credential(), join(data, "event-log", "lock")].filter(existsSync)).toEqual([]);
  });
});
