import { request as forward, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "@apportion/runtime/logger";
import { expandForCluster } from "./cluster-sql.js";
import { migrate, migrationsToApply, type MigrationReport } from "./migrate.js";
import { MigrationError, readMigrationFiles } from "./migration-files.js";
import { acquireMigrationLock } from "./migration-lock.js";
import { splitStatements } from "./sql-text.js";
import { startTestEngine, type TestEngine } from "./testing/engine.js";

const REAL = fileURLToPath(new URL("../../migrations", import.meta.url));

let test: TestEngine;
let directory: string;
beforeEach(async () => {
  test = await startTestEngine();
  directory = mkdtempSync(path.join(tmpdir(), "apportion-migrations-"));
  mkdirSync(path.join(directory, "tables"));
  mkdirSync(path.join(directory, "views"));
  file(
    "tables/0001_first.sql",
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
/** Each file as often as it was recorded. */
const history = (): Promise<object[]> =>
  test.rows("SELECT file, count() AS n FROM schema_migrations GROUP BY file ORDER BY file");
const failure = async (call: Promise<unknown>): Promise<unknown> => call.catch((reason: unknown) => reason);

describe("migrations", () => {
  it("are applied in order, each once", async () => {
    file(
      "tables/0002_second.sql",
      "ALTER TABLE a ADD COLUMN IF NOT EXISTS y String DEFAULT ';';\nINSERT INTO a (x) SELECT 1 WHERE (SELECT count() FROM a) = 0",
    );
    expect(await run()).toEqual({
      applied: ["tables/0001_first.sql", "tables/0002_second.sql"],
      dropped: [],
      alreadyApplied: 0,
    });
    expect(await run()).toEqual({ applied: [], dropped: [], alreadyApplied: 2 });
    expect(await test.rows("SELECT * FROM a")).toEqual([{ x: 1, y: ";" }]);
  });

  it("are refused when an applied file was changed, and nothing is applied", async () => {
    await run();
    file("tables/0001_first.sql", "CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = MergeTree ORDER BY x");
    file("tables/0002_second.sql", "CREATE TABLE IF NOT EXISTS c (x UInt8) ENGINE = MergeTree ORDER BY x");
    const error = await failure(run());
    expect(error).toBeInstanceOf(MigrationError);
    expect(String(error)).toContain("tables/0001_first.sql was changed after it was applied");
    expect(await test.rows("EXISTS TABLE c")).toEqual([{ result: 0 }]);
  });

  it.each([
    ["tables/0003_gap.sql", "tables/0003_gap.sql should have the number 0002"],
    ["tables/second.sql", "tables/second.sql is not named like 0001_name.sql"],
  ])("a misnumbered or misnamed file %s is named", async (name, message) => {
    file(name, "SELECT 1");
    await expect(run()).rejects.toThrow(message);
    await expect(run()).rejects.toBeInstanceOf(MigrationError);
    expect(await test.rows("SHOW TABLES")).toEqual([]);
  });

  it("say when the database is newer than the program", async () => {
    await run();
    rmSync(path.join(directory, "tables/0001_first.sql"));
    await expect(run()).rejects.toThrow("the database is newer");
  });

  it("name the statement that failed, and go on from there once it is mended", async () => {
    file(
      "tables/0002_second.sql",
      "CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = MergeTree ORDER BY x;\nSELECT no_such_thing",
    );
    await expect(run()).rejects.toThrow("Migration tables/0002_second.sql, statement 2 of 2");
    file("tables/0002_second.sql", "CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = MergeTree ORDER BY x");
    expect(await run()).toEqual({ applied: ["tables/0002_second.sql"], dropped: [], alreadyApplied: 1 });
  });

  it("are applied once when several processes start together", async () => {
    const reports = await Promise.all([run(), run(), run()]);
    expect(reports.flatMap(({ applied }) => applied)).toEqual(["tables/0001_first.sql"]);
    expect(await history()).toEqual([{ file: "tables/0001_first.sql", n: "1" }]);
    expect(await test.rows("SHOW TABLES LIKE 'migration_lock%'")).toEqual([]);
  });

  it("take the lock of a process that died over", async () => {
    await test.client.command({
      query: "CREATE TABLE migration_lock_1 (at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY at",
    });
    expect((await run()).applied).toEqual(["tables/0001_first.sql"]);
    expect(await test.rows("SHOW TABLES LIKE 'migration_lock%'")).toEqual([]);
  });

  it("wait as long as another process works, however long it takes", async () => {
    const lock = await acquireMigrationLock(test.client, undefined, silentLogger);
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
    expect((await waiting).applied).toEqual(["tables/0001_first.sql"]);
  });

  it("of the product can be repeated, statement by statement", async () => {
    await run(REAL);
    await test.client.command({ query: "TRUNCATE TABLE schema_migrations" });
    const files = ["tables", "views"].flatMap((folder) =>
      readdirSync(path.join(REAL, folder)).map((name) => `${folder}/${name}`),
    );
    expect((await run(REAL)).applied.toSorted()).toEqual(files.toSorted());
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

  it("refuse tables of a program that made them from other files, and say what to do", async () => {
    await test.client.command({
      query:
        "CREATE TABLE schema_migrations (version UInt32, file String, checksum String) ENGINE = MergeTree ORDER BY version",
    });
    await test.client.command({
      query:
        "INSERT INTO schema_migrations VALUES (1, '0001_readings.sql', 'c'), (2, '0002_allocation.sql', 'd')",
    });
    const error = await failure(run());
    expect(error).toBeInstanceOf(MigrationError);
    expect(String(error)).toMatch(/earlier program \(0001_readings\.sql .*`apportion rebuild`/);
    expect(await test.rows("SHOW TABLES")).toEqual([{ name: "schema_migrations" }]);
  });

  it("refuse a cluster for tables that are on one server", async () => {
    await run();
    const other = migrate({ ...test.engine, cluster: "eu" }, { directory, logger: silentLogger });
    await expect(other).rejects.toThrow("clickhouse.cluster is eu, but the tables are on one server");
  });

  it("ask one question when there is nothing to do", async () => {
    await run();
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", test.engine.url);
      const onward = forward(url, { method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      let body = "";
      request.on("data", (bytes: Buffer) => (body += bytes.toString()));
      request.on("end", () => asked.push(body));
      request.pipe(onward);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const through = { ...test.engine, url: `http://127.0.0.1:${port}` };
    await migrate(through, { directory, logger: silentLogger });
    await new Promise((done) => server.close(done));
    expect(asked).toEqual([expect.stringContaining("FROM schema_migrations")]);
  });
});

describe("views", () => {
  const view = (name: string, select: string): void =>
    file(`views/${name}.sql`, `CREATE OR REPLACE VIEW ${name} {onCluster} AS ${select}`);
  beforeEach(() => {
    view("all_of_a", "SELECT x FROM doubled");
    view("doubled", "SELECT x * 2 AS x FROM a");
  });

  it("are made after the tables, each after those that it reads", async () => {
    expect((await run()).applied).toEqual([
      "tables/0001_first.sql",
      "views/doubled.sql",
      "views/all_of_a.sql",
    ]);
    await test.client.command({ query: "INSERT INTO a VALUES (4)" });
    expect(await test.rows("SELECT x FROM all_of_a")).toEqual([{ x: 8 }]);
    expect(await run()).toEqual({ applied: [], dropped: [], alreadyApplied: 3 });
  });

  it("are made again when their text, or what they read, is another, also back to one that was there", async () => {
    await run();
    await test.client.command({ query: "INSERT INTO a VALUES (4)" });
    for (const factor of [3, 2, 3]) {
      view("doubled", `SELECT x * ${factor} AS x FROM a`);
      expect(await migrationsToApply(test.client, directory)).toEqual([
        "views/doubled.sql",
        "views/all_of_a.sql",
      ]);
      expect((await run()).applied).toEqual(["views/doubled.sql", "views/all_of_a.sql"]);
      expect(await test.rows("SELECT x FROM all_of_a")).toEqual([{ x: 4 * factor }]);
    }
    view("all_of_a", "SELECT x FROM doubled WHERE x > 0");
    expect((await run()).applied).toEqual(["views/all_of_a.sql"]);
  });

  it("that have no file any more are dropped, and no others; a table may take their name", async () => {
    await run();
    await test.client.command({ query: "CREATE VIEW somebodys AS SELECT 1 AS x" });
    rmSync(path.join(directory, "views/all_of_a.sql"));
    expect(await migrationsToApply(test.client, directory)).toEqual(["views/all_of_a.sql"]);
    file(
      "tables/0002_all.sql",
      "CREATE TABLE IF NOT EXISTS all_of_a (y UInt8) ENGINE = MergeTree ORDER BY y",
    );
    expect(await run()).toMatchObject({ applied: ["tables/0002_all.sql"], dropped: ["views/all_of_a.sql"] });
    expect(
      await test.rows(
        "SELECT name, engine FROM system.tables WHERE database = currentDatabase() ORDER BY name",
      ),
    ).toEqual([
      { name: "a", engine: "MergeTree" },
      { name: "all_of_a", engine: "MergeTree" },
      { name: "doubled", engine: "View" },
      { name: "schema_migrations", engine: "MergeTree" },
      { name: "somebodys", engine: "View" },
    ]);
    rmSync(path.join(directory, "views/doubled.sql"));
    await run();
    view("doubled", "SELECT x * 2 AS x FROM a");
    expect((await run()).applied).toEqual(["views/doubled.sql"]); // as it was before it was dropped
  });

  it("that a killed call made and did not record are made again", async () => {
    await run();
    view("doubled", "SELECT x * 5 AS x FROM a");
    view("all_of_a", "SELECT no_such_column FROM doubled");
    await expect(run()).rejects.toThrow("Migration views/all_of_a.sql, statement 1 of 1");
    expect(await test.rows("SHOW TABLES LIKE 'migration_lock%'")).toEqual([]);
    view("all_of_a", "SELECT x FROM doubled");
    expect((await run()).applied).toEqual(["views/all_of_a.sql"]);
  });

  it.each([
    [
      "in a circle",
      "views/doubled.sql",
      "CREATE OR REPLACE VIEW doubled AS SELECT x FROM all_of_a",
      "all_of_a, doubled, all_of_a",
    ],
    [
      "of another name than their file's",
      "views/other.sql",
      "CREATE OR REPLACE VIEW another AS SELECT 1",
      "CREATE OR REPLACE VIEW other",
    ],
    [
      "that could be made once only",
      "views/other.sql",
      "CREATE VIEW other AS SELECT 1",
      "CREATE OR REPLACE VIEW other",
    ],
    [
      "with a second statement",
      "views/other.sql",
      "CREATE OR REPLACE VIEW other AS SELECT 1; SELECT 2",
      "one statement",
    ],
    [
      "in the place of a table",
      "views/a.sql",
      "CREATE OR REPLACE VIEW a AS SELECT 1",
      "views/a.sql has the name of a table",
    ],
  ])("%s are refused before anything is made", async (_what, name, sql, message) => {
    file(name, sql);
    await expect(run()).rejects.toThrow(message);
    await expect(run()).rejects.toBeInstanceOf(MigrationError);
    expect(await test.rows("SHOW TABLES")).toEqual([]);
  });
});

describe("migrations on a cluster", () => {
  // There is none to run them on: this much can be known without one.
  it("are statements that ClickHouse's parser takes, on replicated engines", async () => {
    const { tables, views } = readMigrationFiles(REAL);
    const statements = [...tables, ...views].flatMap(({ text }) => splitStatements(text));
    for (const statement of statements) {
      const [row] = await test.rows("SELECT formatQuerySingleLine({sql:String}) AS sql", {
        sql: expandForCluster(statement, "eu-1"),
      });
      const definition =
        /^CREATE (?:TABLE IF NOT EXISTS|OR REPLACE VIEW) \w+ ON CLUSTER `eu-1` \(.*(?:ENGINE = Replicated(?:Replacing)?MergeTree .*ORDER BY| AS (?:SELECT|WITH))/;
      const change =
        /^ALTER TABLE \w+ ON CLUSTER `eu-1` \((?:ADD COLUMN IF NOT EXISTS|ADD PROJECTION IF NOT EXISTS|MATERIALIZE PROJECTION|MODIFY SETTING|COMMENT COLUMN) /;
      const rows = /^(?:INSERT INTO|DELETE FROM) \w+ /; // replicated by their tables: on each replica they would be there several times
      expect([definition, change, rows].some((pattern) => pattern.test(String(row?.["sql"])))).toBe(true);
    }
    expect(statements.length).toBeGreaterThan(50);
  });
});
