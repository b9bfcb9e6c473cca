import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "@apportion/runtime/logger";
import { migrate, MigrationError, type MigrationReport } from "./migrate.js";
import { acquireMigrationLock } from "./migration-lock.js";
import { startTestEngine, type TestEngine } from "./testing/engine.js";

const REAL = fileURLToPath(new URL("../../migrations", import.meta.url));

let test: TestEngine;
let directory: string;
beforeEach(async () => {
  test = await startTestEngine();
  directory = mkdtempSync(path.join(tmpdir(), "apportion-migrations-"));
  file(
    "0001_first.sql",
    "-- a; comment\nCREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = MergeTree ORDER BY x;\n",
  );
});
afterEach(async () => {
  await test.stop();
  rmSync(directory, { recursive: true, force: true });
});

function file(name: string, sql: string): void {
  writeFileSync(path.join(directory, name), sql);
}
const run = (from = directory): Promise<MigrationReport> =>
  migrate(test.engine, { directory: from, logger: silentLogger });
const history = (): Promise<object[]> =>
  test.rows("SELECT version, count() AS n FROM schema_migrations GROUP BY version ORDER BY version");

describe("migrations", () => {
  it("are applied in order, each once", async () => {
    file(
      "0002_second.sql",
      "ALTER TABLE a ADD COLUMN IF NOT EXISTS y String DEFAULT ';';\nINSERT INTO a (x) SELECT 1 WHERE (SELECT count() FROM a) = 0",
    );
    expect(await run()).toEqual({ applied: ["0001_first.sql", "0002_second.sql"], alreadyApplied: 0 });
    expect(await run()).toEqual({ applied: [], alreadyApplied: 2 });
    expect(await test.rows("SELECT * FROM a")).toEqual([{ x: 1, y: ";" }]);
  });

  it("are refused when an applied file was changed, and nothing is applied", async () => {
    await run();
    file("0001_first.sql", "CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = MergeTree ORDER BY x");
    file("0002_second.sql", "CREATE TABLE IF NOT EXISTS c (x UInt8) ENGINE = MergeTree ORDER BY x");
    const error: unknown = await run().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MigrationError);
    expect(String(error)).toContain("0001_first.sql was changed after it was applied");
    expect(await test.rows("EXISTS TABLE c")).toEqual([{ result: 0 }]);
  });

  it.each([
    ["0003_gap.sql", "0003_gap.sql should have the number 0002"],
    ["second.sql", "second.sql is not named like 0001_name.sql"],
  ])("a misnumbered or misnamed file %s is named", async (name, message) => {
    file(name, "SELECT 1");
    await expect(run()).rejects.toThrow(message);
    await expect(run()).rejects.toBeInstanceOf(MigrationError);
    expect(await test.rows("SHOW TABLES")).toEqual([]);
  });

  it("say when the database is newer than the program", async () => {
    await run();
    rmSync(path.join(directory, "0001_first.sql"));
    await expect(run()).rejects.toThrow("the database is newer");
  });

  it("name the statement that failed, and go on from there once it is mended", async () => {
    file(
      "0002_second.sql",
      "CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = MergeTree ORDER BY x;\nSELECT no_such_thing",
    );
    await expect(run()).rejects.toThrow("Migration 0002_second.sql, statement 2 of 2");
    file("0002_second.sql", "CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = MergeTree ORDER BY x");
    expect(await run()).toEqual({ applied: ["0002_second.sql"], alreadyApplied: 1 });
  });

  it("are applied once when several processes start together", async () => {
    const reports = await Promise.all([run(), run(), run()]);
    expect(reports.flatMap(({ applied }) => applied)).toEqual(["0001_first.sql"]);
    expect(await history()).toEqual([{ version: 1, n: "1" }]);
    expect(await test.rows("SHOW TABLES LIKE 'migration_lock%'")).toEqual([]);
  });

  it("take the lock of a process that died over", async () => {
    await test.client.command({
      query: "CREATE TABLE migration_lock_1 (at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY at",
    });
    expect((await run()).applied).toEqual(["0001_first.sql"]);
    expect(await test.rows("SHOW TABLES LIKE 'migration_lock%'")).toEqual([]);
  });

  it("wait as long as another process works, however long it takes", async () => {
    const lock = await acquireMigrationLock(test.client, silentLogger);
    let done = false;
    const waiting = run().then((report) => {
      done = true;
      return report;
    });
    // Seven signs of life: longer than the silence after which a holder is taken for dead.
    const beats = async (): Promise<number> => (await test.rows("SELECT at FROM migration_lock_1")).length;
    await expect.poll(beats, { timeout: 20_000, interval: 250 }).toBeGreaterThanOrEqual(7);
    expect(done).toBe(false);
    await lock.release();
    expect((await waiting).applied).toEqual(["0001_first.sql"]);
  });

  it("of the product can be repeated, statement by statement", async () => {
    await run(REAL);
    await test.client.command({ query: "TRUNCATE TABLE schema_migrations" });
    const files = readdirSync(REAL).filter((name) => name.endsWith(".sql"));
    expect((await run(REAL)).applied).toEqual(files.sort());
    expect(await history()).toHaveLength(files.length);
  });

  it("of the product say of every column of every table and view what it is", async () => {
    await run(REAL);
    const silent = `SELECT table, name FROM system.columns WHERE database = currentDatabase() AND comment = ''`;
    expect(await test.rows(silent)).toEqual([]);
  });

  it("create the database where it is missing", async () => {
    await migrate({ ...test.engine, database: "elsewhere" }, { directory, logger: silentLogger });
    expect(await test.rows("EXISTS TABLE elsewhere.a")).toEqual([{ result: 1 }]);
  });
});
