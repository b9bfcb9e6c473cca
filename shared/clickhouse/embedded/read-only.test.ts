import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import type { ClickHouseSettings } from "@clickhouse/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { readOnlySettings } from "./read-only-settings.js";
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

/** As it stands: `query` would put FORMAT after it, and much would be refused for its syntax alone. */
const ask = async (
  query: string,
  query_params: Record<string, unknown> = {},
  clickhouse_settings: ClickHouseSettings = {},
): Promise<string> => text((await test.analyst.exec({ query, query_params, clickhouse_settings })).stream);

const seenSetting = z.object({ name: z.string(), readonly: z.int() });

function isRefused(name: string): boolean {
  try {
    readOnlySettings([[name, name === "result_overflow_mode" ? "break" : "1"]]);
    return false;
  } catch {
    return true;
  }
}

async function expectNothingChanged(): Promise<void> {
  expect(await test.rows("SELECT groupArray(id) AS ids FROM costs")).toEqual([{ ids: [1] }]);
  expect(await test.rows("SHOW TABLES")).toEqual([{ name: "costs" }]);
  expect(readdirSync(folder)).toEqual(["secret.csv"]);
}

describe("the analysts' user", () => {
  it.each([
    "SELECT count() FROM costs",
    "WITH c AS (SELECT id FROM costs) SELECT sum(id) FROM c",
    "SELECT name FROM system.columns WHERE table = 'costs'",
    "SHOW TABLES",
    "SHOW TABLES LIKE 'cost%'",
    "SHOW COLUMNS FROM costs",
    "SHOW CREATE TABLE costs",
    "SELECT * EXCEPT(a) REPLACE(b + 1 AS b) FROM (SELECT 1 AS a, 2 AS b)",
    "SELECT arrayMap(x -> x + 1, [1]), format('{}!', 'a')",
    "SELECT * FROM (VALUES (1, 'a'), (2, 'b'))",
    "SELECT * FROM VALUES (('a', 1), ('b', 1 + 1))",
    "SELECT system.tables.name FROM system.tables WHERE system.tables.database = 'apportion'",
    "DESCRIBE TABLE system.settings",
    "SELECT sum(number) OVER (ORDER BY number) FROM numbers(3)",
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
    "SELECT file/* hidden */('$SECRET')",
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
      /readonly mode|Not enough privileges|Multi-statements/i,
    );
    await expectNothingChanged();
  });

  /** Each reached the file before the fence knew of it, or hides it where the parser's tree shows nothing. */
  it.each([
    "SELECT * APPLY(file) FROM (SELECT '$SECRET' AS p)",
    "SELECT COLUMNS('p') APPLY(x -> file(x)) FROM (SELECT '$SECRET' AS p)",
    "SELECT * APPLY(x -> (SELECT count() FROM system.processes)) FROM (SELECT 1 AS p)",
    "SELECT arrayMap(file, ['$SECRET'])",
    "SELECT arrayMap(`file`, ['$SECRET'])",
    "SHOW TABLES WHERE file('$SECRET') != ''",
    "SHOW TABLES WHERE 1 IN system.processes",
    "SHOW TABLES LIMIT length(file('$SECRET'))",
    "SHOW TABLES LIMIT (SELECT count() FROM system.processes)",
    "SHOW COLUMNS FROM costs WHERE field = CAST(file('$SECRET') AS UInt8)::String",
    "SHOW INDEX FROM costs WHERE key_name = file('$SECRET')",
    "SHOW DICTIONARIES WHERE CAST(file('$SECRET') AS UInt8)",
    "SELECT * FROM null('a UInt8 DEFAULT CAST(file(\\'$SECRET\\') AS UInt8)')",
    "SELECT * FROM values('a String DEFAULT file(\\'$SECRET\\')', ('x'))",
    "SELECT * FROM values('a String DEFAULT file(\\'$SECRET\\')', tuple('x'))",
    "SELECT * FROM values(concat('a String DEFAULT file(', '\\'$SECRET\\')'), tuple('x'))",
    "SELECT * FROM values(tuple('a'), (file('$SECRET'), 1))",
    "SELECT * FROM values(tuple('a', file('$SECRET')))",
    "SELECT system.users.name FROM system.users",
    "SELECT * FROM format(CSV, 'a UInt8 DEFAULT CAST(file(\\'$SECRET\\') AS UInt8)', '1')",
    "SELECT * FROM view(SELECT * FROM file('$SECRET', 'CSV', 'x String'))",
    "WITH c AS (SELECT file('$SECRET') AS x) SELECT x FROM c",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT length(file('$SECRET')) FROM r) SELECT n FROM r",
    "SELECT 1 IN file('$SECRET', 'CSV', 'x String')",
    "SELECT 'x' IN system.users",
    'SELECT name FROM "system" . `users`',
    "SELECT file($x$$SECRET$x$)",
    "(SELECT '') UNION ALL (SELECT file('$SECRET'))",
    "SELECT 1 LIMIT length(file('$SECRET'))",
    "SELECT number FROM numbers(3) ORDER BY number WITH FILL TO length(file('$SECRET'))",
    "SELECT sum(number) OVER (ROWS BETWEEN length(file('$SECRET')) PRECEDING AND CURRENT ROW) FROM numbers(3)",
    "SELECT number FROM numbers(length(file('$SECRET')))",
    "DESCRIBE TABLE file('$SECRET', 'CSV')",
    "DESCRIBE (SELECT file('$SECRET'))",
    "EXPLAIN QUERY TREE SELECT file('$SECRET')",
    "EXPLAIN PIPELINE SELECT * FROM file('$SECRET', 'CSV', 'x String')",
    "EXPLAIN AST DROP TABLE costs",
    "SELECT * FROM merge('system', 'processes')",
    "SELECT * FROM loop(system.processes)",
    "SELECT * FROM cluster('default', system.one)",
    "SELECT * FROM dictionary('x')",
    "SELECT * FROM sqlite('$SECRET', 't')",
    "SELECT joinGet('system.users', 'name', 'x')",
    "SELECT getServerSetting('max_connections')",
    "SELECT sleep(1)",
    "SELECT 1 FROM (SELECT 1 SETTINGS max_memory_usage = 0)",
    "/* SELECT */ DROP TABLE costs",
    "# SELECT 1\nDROP TABLE costs",
    "SHOW PROCESSLIST",
    "USE system",
    "EXECUTE AS default SELECT 1",
    "DELETE FROM costs WHERE 1",
    "CREATE FUNCTION f AS x -> x",
  ])("may not, however it is dressed: %s", async (query) => {
    const error = await ask(query.replaceAll("$SECRET", secret)).then(
      String,
      (reason: Error) => reason.message,
    );
    expect(error).toMatch(/readonly mode|Not enough privileges/);
    expect(error).not.toContain("hunter2");
    await expectNothingChanged();
  });

  it.each([
    ["SELECT count() FROM {t:Identifier}", { t: "costs" }],
    ["SELECT count() FROM {d:Identifier}.users", { d: "system" }],
  ])("may not fill names in by parameters: %s", async (query, params) => {
    await expect(ask(query, params)).rejects.toThrow("Identifier");
  });

  it("reads no table that is the services' alone, by no way of naming it", async () => {
    const comment = "Services only: every name";
    await test.client.command({
      query: `CREATE TABLE named (id UInt32) ENGINE = MergeTree ORDER BY id COMMENT '${comment}'`,
    });
    await test.client.command({ query: "CREATE VIEW shown AS SELECT id + 1 AS id FROM named" });
    await test.client.command({ query: "INSERT INTO named VALUES (6)" });
    try {
      for (const query of [
        "SELECT * FROM named",
        `SELECT * FROM \`${test.engine.database}\`.named`,
        "SELECT * FROM `named` AS costs",
        "SELECT * FROM named AS `a.b`",
        "SELECT 1 FROM costs JOIN named USING id",
        "WITH n AS (SELECT * FROM named) SELECT * FROM n",
        "SELECT (SELECT max(id) FROM named)",
        "SELECT 6 IN named",
        "SELECT 6 NOT IN (named)",
        "SELECT in(6, named)",
        "SELECT nullIn(6, named), 1",
        `SELECT globalIn(6, ${test.engine.database}.named)`,
        "SELECT 1 FROM costs WHERE id IN (SELECT id FROM named)",
        "SELECT * FROM view(SELECT * FROM named)",
        "EXPLAIN ESTIMATE SELECT * FROM named",
        "DESCRIBE (SELECT CAST(1, concat('Enum8(\\'', toString((SELECT any(id) FROM named)), '\\' = 1)')) AS x)",
        "DESCRIBE (SELECT toDateTime(0, toString((SELECT any(id) FROM named))))",
        "DESCRIBE (SELECT * FROM named)",
        "DESCRIBE view(SELECT * FROM named)",
        "WITH named AS x SELECT 6 IN x",
        "SELECT named AS x, 6 IN x",
        "SELECT 1 UNION ALL SELECT id FROM named",
        "SELECT 1 INTERSECT SELECT id FROM named",
      ])
        await expect(ask(query)).rejects.toThrow(/may not use table named\. Services only: every name; docs/);
      expect(await ask("SELECT id FROM shown")).toBe("7\n"); // what a view makes of it
      expect(await ask("SELECT 1 AS named, named IN (1)")).toBe("1\t1\n");
      expect(await ask("SHOW CREATE TABLE named")).toContain(comment); // what it is, not what is in it
      expect(await ask("DESCRIBE TABLE named")).toContain("UInt32");
    } finally {
      await test.client.command({ query: "DROP VIEW shown" });
      await test.client.command({ query: "DROP TABLE named" });
    }
  });

  it("keeps its limits whatever settings it sends", async () => {
    const query = "SELECT getSetting('readonly') AS readonly, getSetting('max_memory_usage') > 0 AS limited";
    const answer = await ask(query, {}, { readonly: "0", max_memory_usage: "0" });
    expect(answer).toBe("2\t1\n");
  });

  it("sees in system.settings which settings it may send, as clients ask that send what they may", async () => {
    const query =
      "SELECT name, readonly FROM \"system\".settings AS s WHERE s.name != 'readonly' FORMAT JSONEachRow";
    const rows = (await ask(query))
      .trimEnd()
      .split("\n")
      .map((line) => seenSetting.parse(JSON.parse(line)));
    expect(rows.length).toBeGreaterThan(1_000);
    expect(rows.filter(({ name, readonly }) => readonly !== (isRefused(name) ? 1 : 0))).toEqual([]);
    const may = rows.filter(({ readonly }) => readonly === 0).map(({ name }) => name);
    expect(may).toContain("cast_string_to_dynamic_use_inference");
    for (const name of ["cast_string_to_dynamic_use_inference", "join_use_nulls", "enable_http_compression"])
      expect(await ask("SELECT 1", {}, { [name]: 1 })).toBe("1\n");
  });

  it.each([
    { output_format_schema: "/tmp/apportion-schema.proto" },
    { format_schema: "/etc/passwd" },
    { allow_introspection_functions: 1 },
    { dialect: "prql" },
  ] as ClickHouseSettings[])("may not set %j", async (settings) => {
    await expect(ask("SELECT 1", {}, settings)).rejects.toThrow("setting in readonly mode");
  });
});
