import { mkdtempSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestEngine, type TestEngine } from "../testing/engine.js";

let test: TestEngine;
let secret: string;
let folder: string;
beforeAll(async () => {
  test = await startTestEngine();
  folder = mkdtempSync(path.join(tmpdir(), "apportion-secret-"));
  secret = path.join(folder, "secret.csv");
  writeFileSync(secret, "hunter2\n");
  await test.client.command({ query: "CREATE TABLE costs (id UInt32) ENGINE = MergeTree ORDER BY id" });
  await test.client.command({ query: "INSERT INTO costs VALUES (1)" });
});
afterAll(async () => {
  await test.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ask = async (query: string): Promise<string> =>
  (await test.analyst.query({ query, format: "JSONEachRow" })).text();

describe("the analysts' user", () => {
  it.each([
    "SELECT count() FROM costs",
    "WITH c AS (SELECT id FROM costs) SELECT sum(id) FROM c",
    "SELECT name FROM system.columns WHERE table = 'costs'",
    "SHOW TABLES",
    "DESCRIBE TABLE costs",
    "EXPLAIN SELECT id FROM costs",
    "EXISTS TABLE costs",
    "SELECT arrayJoin([1, 2]), toDate('2026-11-01'), now(), quantile(0.5)(number) FROM numbers(3)",
  ])("may ask: %s", async (query) => {
    expect(await ask(query)).not.toBe("");
  });

  it.each([
    "SELECT * FROM file('$SECRET', 'CSV', 'x String')",
    "SELECT file('$SECRET')",
    "SELECT (SELECT file('$SECRET'))",
    "WITH file('$SECRET') AS x SELECT x",
    "SELECT 1 WHERE file('$SECRET') != ''",
    "SELECT /* hidden */ fi/**/le('$SECRET')",
    "SELECT `file`('$SECRET')",
    "SELECT arrayMap(x -> file('$SECRET'), [1])",
    "EXPLAIN SELECT file('$SECRET')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'x String')",
    "SELECT * FROM s3('http://127.0.0.1:1/b', 'CSV', 'x String')",
    "SELECT * FROM executable('id', 'TSV', 'x String')",
    "SELECT * FROM remote('127.0.0.1', 'system.one')",
    "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
    "SELECT 1 INTO OUTFILE '$SECRET.out'",
    "INSERT INTO costs VALUES (2)",
    "INSERT INTO FUNCTION file('$SECRET.out', 'CSV', 'x String') SELECT 'x'",
    "CREATE TABLE t (x UInt8) ENGINE = Memory",
    "CREATE VIEW v AS SELECT 1",
    "DROP TABLE costs",
    "TRUNCATE TABLE costs",
    "ALTER TABLE costs DELETE WHERE 1",
    "RENAME TABLE costs TO c2",
    "OPTIMIZE TABLE costs",
    "SYSTEM FLUSH LOGS",
    "KILL QUERY WHERE 1",
    "SET readonly = 0",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1; DROP TABLE costs",
    "SELECT * FROM system.query_log",
    "SELECT * FROM system.processes",
    "SELECT * FROM system.users",
    "GRANT ALL ON *.* TO analyst",
    "ATTACH TABLE x",
    "BACKUP TABLE costs TO File('x')",
  ])("may not: %s", async (query) => {
    await expect(ask(query.replaceAll("$SECRET", secret))).rejects.toThrow(
      /readonly mode|Not enough privileges|Syntax error|Multi-statements/i,
    );
    expect(await test.rows("SELECT groupArray(id) AS ids FROM costs")).toEqual([{ ids: [1] }]);
    expect(existsSync(`${secret}.out`)).toBe(false);
  });
});
