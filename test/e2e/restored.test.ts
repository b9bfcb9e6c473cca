import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listReceipts } from "@apportion/simulator/mailbox";
import { runCli, startCli } from "./cli.js";
import { TABLES } from "./tables.js";

const DEMO = ["demo", "--once", "--json", "--as-of", "2026-11-12", "--seed", "3", "--data"];
const BEHIND = "The tables are behind the event log";

/**
 * The database alone goes back to an earlier state: nothing of it, while last month was read, and between its close and the correction.
 * The log, and what people got by mail, stay.
 */
describe("a database that is restored from before", { timeout: 900_000 }, () => {
  let folder: string;
  let data: string;
  let undisturbed: Record<string, string>;
  let receipts: readonly string[];
  const database = (): string => join(data, "clickhouse");
  const backup = (name: string): string => join(folder, name);
  const copy = (from: string, to: string): void => {
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  };

  const tables = async (): Promise<Record<string, string>> => {
    const found: Record<string, string> = {};
    for (const [name, query] of Object.entries(TABLES)) {
      const rows = await runCli(["sql", query, "--format", "JSONEachRow", "--data", data]);
      if (rows.code !== 0) throw new Error(rows.stderr);
      found[name] = rows.stdout;
    }
    return found;
  };

  /** Kills the demo once it has said or done something, and keeps the database of that moment. */
  const backUpWhen = async (
    name: string,
    reached: (demo: ReturnType<typeof startCli>) => Promise<unknown>,
  ) => {
    const demo = startCli([...DEMO, data]);
    await reached(demo);
    demo.process.kill("SIGKILL");
    await demo.result;
    await runCli(["migrate", "--data", data]); // the engine, which ends a moment after its parent, has ended by then
    copy(database(), backup(name));
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "apportion-restored-"));
    data = join(folder, "data");
    await backUpWhen("mid-month", (demo) => demo.said("Read kubecost"));
    await backUpWhen("mails", async ({ process }) => {
      while (process.exitCode === null && listReceipts(join(data, "mail")).length < 3)
        await new Promise((resolve) => setTimeout(resolve, 1));
    });
    const { code, stderr } = await runCli([...DEMO, data]);
    if (code !== 0) throw new Error(stderr);
    undisturbed = await tables();
    receipts = listReceipts(join(data, "mail"));
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(["mid-month", "mails", "nothing"])("is refused, and whole after rebuild: %s", async (name) => {
    if (name === "nothing") rmSync(database(), { recursive: true });
    else copy(backup(name), database());

    const refused = await runCli([...DEMO, data]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(BEHIND);
    expect(refused.stderr).toContain("apportion rebuild");

    const rebuilt = await runCli(["rebuild", "--json", "--data", data]);
    // The demo's implausible day is implausible again; nothing else may be.
    const errors = rebuilt.stderr.split("\n").filter((line) => line.includes("rror"));
    expect(errors.filter((line) => !line.includes(" is in quarantine: "))).toEqual([]);
    expect(JSON.parse(rebuilt.stdout)).toMatchObject({ findings: [] });
    expect(rebuilt.code).toBe(0);
    expect(await tables()).toEqual(undisturbed);

    const again = await runCli([...DEMO, data]);
    expect(again.code).toBe(0);
    expect(await tables()).toEqual(undisturbed);
    expect(listReceipts(join(data, "mail"))).toEqual(receipts);
  });
});
