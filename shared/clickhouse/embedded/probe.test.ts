import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { startTestEngine } from "../testing/engine.js";
it("probe", async () => {
  const test = await startTestEngine();
  const folder = mkdtempSync(path.join(tmpdir(), "apportion-secret-"));
  const S = path.join(folder, "secret.csv");
  writeFileSync(S, "hunter2\n");
  await test.client.command({ query: "CREATE TABLE costs (id UInt32) ENGINE = MergeTree ORDER BY id" });
  const list: [string, Record<string, unknown>?, Record<string, string>?][] = [
    ["SELECT 1 AS x FORMAT Protobuf", {}, { output_format_schema: S + ".proto" }],
    ["SELECT 1 AS x FORMAT CapnProto", {}, { output_format_schema: S + ".capnp" }],
    ["SELECT sum(number) OVER (ORDER BY number ROWS BETWEEN length(file('" + S + "')) PRECEDING AND CURRENT ROW) FROM numbers(3)"],
    ["SELECT sum(number) OVER (PARTITION BY file('" + S + "')) FROM numbers(3)"],
    ["SELECT number FROM numbers(3) ORDER BY number WITH FILL FROM 0 TO length(file('" + S + "')) STEP 1"],
    ["SELECT number FROM numbers(3) ORDER BY number WITH FILL STEP 1 STALENESS length(file('" + S + "'))"],
    ["SELECT number FROM numbers(30) LIMIT 1 OFFSET length(file('" + S + "'))"],
    ["SELECT sum(number) FILTER (WHERE file('" + S + "') != '') FROM numbers(30)"],
    ["SELECT number FROM numbers(30) LIMIT length(file('" + S + "')) BY number"],
    ["SELECT number FROM numbers(30) LIMIT 1, length(file('" + S + "')) BY number"],
    ["SELECT number FROM numbers(3) ORDER BY number, file('" + S + "')"],
    ["SELECT id FROM costs SAMPLE length(file('" + S + "'))"],
    ["SELECT DISTINCT ON (length(file('" + S + "'))) number FROM numbers(3)"],
    ["SELECT number FROM numbers(3) GROUP BY number WITH ROLLUP HAVING file('" + S + "') = 'x'"],
    ["SELECT * FROM costs AS c ASOF JOIN costs AS d ON c.id = d.id AND c.id >= length(file('" + S + "'))"],
    ["SELECT id FROM costs ARRAY JOIN [file('" + S + "')] AS x"],
    ["SELECT * FROM SQLStandardValues('a String DEFAULT 1', 'x')"],
    ["SELECT * FROM values('a String DEFAULT 1', 'x')"],
    ["SELECT quantile(length(file('" + S + "')) / 10)(number) FROM numbers(3)"],
    ["SELECT [1, 2][length(file('" + S + "'))]"],
    ["SELECT CASE WHEN file('" + S + "') = '' THEN 1 END"],
    ["SELECT 1 FROM costs WHERE id BETWEEN 0 AND length(file('" + S + "'))"],
    ["WITH file('" + S + "') AS x SELECT (SELECT x)"],
    ["WITH c AS (SELECT file('" + S + "') AS x) SELECT x FROM c"],
    ["EXPLAIN header = 1 SELECT file('" + S + "')"],
    ["EXPLAIN PLAN SELECT file('" + S + "')"],
    ["EXPLAIN QUERY TREE SELECT file('" + S + "')"],
    ["EXPLAIN indexes = 1, actions = 1 SELECT id FROM costs WHERE id > 1"],
    ["SELECT * APPLY(x -> x + 1) FROM costs"],
    ["SELECT apply(file, '" + S + "')"],
    ["SELECT mapApply(file, map('" + S + "', 'x'))"],
    ["SELECT if(1, file, x)('" + S + "')"],
  ];
  const out: string[] = [];

  const allow = (await import("./function-catalog.js"));
  const fns = await test.rows(allow.FUNCTIONS_SQL) as never[];
  const combos = await test.rows(allow.COMBINATORS_SQL) as {name:string}[];
  const cat = new allow.FunctionCatalog(fns, combos.map((c) => c.name));
  out.push("FORBIDDEN " + (fns as {name:string}[]).map((f) => f.name).filter((n) => !cat.allows(n)).join(" "));
  out.push("SETTINGS " + JSON.stringify(await test.rows("SELECT name, description FROM system.settings WHERE name LIKE 'output\\_format\\_%' AND (description ILIKE '%path%' OR description ILIKE '%file %' OR name ILIKE '%schema%')")));
  out.push("EDITION " + JSON.stringify(await test.rows("SELECT name FROM system.settings WHERE description ILIKE '%function reference%' OR description ILIKE '%functions by name%'")));
  for (const [query, query_params, settings] of list) {
    try {
      const a = await test.analyst.query({ query, query_params: query_params ?? {}, format: "JSONEachRow", clickhouse_settings: (settings ?? {}) as never });
      out.push(`PASSED  ${query} => ${(await a.text()).slice(0, 200)}`);
    } catch (e) {
      const m = (e as Error).message.slice(0, 160).replaceAll("\n", " ");
      out.push(`${/Not enough privileges|readonly mode|Multi-statements|Syntax error/.test(m) ? "refused" : "ERROR  "} ${(e as Error).message.includes("hunter2") ? "LEAK " : ""}${query} => ${m}`);
    }
  }
  writeFileSync("/tmp/probe.txt", out.join("\n"));
  await test.stop();
  expect(1).toBe(1);
});
