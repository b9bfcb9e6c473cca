import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listReceipts } from "@apportion/simulator/mailbox";
import { runCli } from "./cli.js";
import { tablesOf } from "./tables.js";
import { copyDatabaseBackup, copyToldDemo, startDemo, TOLD_DEMO_TIMEOUT_MS } from "./told-demo.js";

const BEHIND = "The tables are behind the event log";

/** The database alone goes back to an earlier state: to nothing, or to between a close and its correction. The log, and what people got by mail, stay. */
describe("a database that is restored from before", { timeout: TOLD_DEMO_TIMEOUT_MS }, () => {
  let folder: string;
  let data: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "apportion-restored-"));
    data = join(folder, "data");
    await copyToldDemo(data);
  }, TOLD_DEMO_TIMEOUT_MS);
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** @returns what the tables had before */
  const refusedAndRebuilt = async (
    restore: (database: string) => Promise<void> = async () => undefined,
  ): Promise<Awaited<ReturnType<typeof tablesOf>>> => {
    const undisturbed = await tablesOf(data);
    expect(undisturbed["deliveries"]?.length).toBeGreaterThan(25);
    const receipts = listReceipts(join(data, "mail"));
    const database = join(data, "clickhouse");
    rmSync(database, { recursive: true });
    await restore(database);

    const refused = await startDemo(data).result;
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(BEHIND);
    expect(refused.stderr).toContain("apportion rebuild");

    const rebuilt = await runCli(["rebuild", "--json", "--data", data]);
    // The demo's implausible day is implausible again; nothing else may be.
    const errors = rebuilt.stderr.split("\n").filter((line) => line.includes("rror"));
    expect(errors.filter((line) => !line.includes(" is in quarantine: "))).toEqual([]);
    expect(JSON.parse(rebuilt.stdout)).toMatchObject({ findings: [] });
    expect(rebuilt.code).toBe(0);
    expect(listReceipts(join(data, "mail"))).toEqual(receipts);
    return undisturbed;
  };

  it("is refused, and whole after rebuild: while mails went out, of which none goes out again", async () => {
    const receipts = listReceipts(join(data, "mail"));
    const undisturbed = await refusedAndRebuilt(copyDatabaseBackup);
    expect(await tablesOf(data)).toEqual(undisturbed);
    expect((await startDemo(data).result).code).toBe(0);
    expect(await tablesOf(data)).toEqual(undisturbed);
    expect(listReceipts(join(data, "mail"))).toEqual(receipts);
  });

  it("is refused, and whole after rebuild: nothing", async () => {
    const undisturbed = await refusedAndRebuilt();
    expect(await tablesOf(data)).toEqual(undisturbed);
  });
});
