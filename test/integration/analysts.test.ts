import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startTestEngine, type TestEngine } from "@apportion/clickhouse/testing/engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { analystsPython, hasMaven, hasPython, jdbcDriver } from "./installed.js";

const TIMEOUT_MS = 120_000;
const INSTALL_TIMEOUT_MS = 10 * 60_000;

let test: TestEngine;
beforeAll(async () => {
  test = await startTestEngine();
  await test.client.command({
    query:
      "CREATE TABLE costs (day Date, team_id LowCardinality(String), amount Decimal(38, 12)) ENGINE = MergeTree ORDER BY (day, team_id)",
  });
  await test.client.command({
    query:
      "INSERT INTO costs VALUES ('2026-10-01', 'ads', '0.000000000001'), ('2026-10-02', 'web', '12345678901234567890.123456789012')",
  });
});
afterAll(() => test.stop());

/** As Python and Java write the exact decimals. */
const AMOUNTS = ["1E-12", "12345678901234567890.123456789012"];
const SUM = (199_999 * 200_000) / 2;

/** A program that others wrote, as it comes, as the read-only user of the embedded endpoint. What it prints. */
function run(program: string, args: readonly string[], ...more: string[]): string {
  const given = [...args, new URL(test.engine.url).port, test.engine.readonly.password.reveal(), ...more];
  const { status, stdout, stderr } = spawnSync(program, given, { encoding: "utf8", timeout: TIMEOUT_MS });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stdout}${stderr}`);
  return stdout;
}

const script = (name: string): string => fileURLToPath(new URL(`./analysts/${name}`, import.meta.url));

const fromPython = z.object({
  rows: z.array(z.array(z.string())),
  bound: z.array(z.array(z.string())),
  frame: z.array(z.string()),
  large: z.int(),
  refused: z.string(),
  dialects: z.record(
    z.string(),
    z.object({
      tables: z.array(z.string()),
      columns: z.array(z.string()),
      rows: z.array(z.array(z.string())),
      pandas: z.array(z.string()).optional(),
    }),
  ),
});

describe.skipIf(!hasPython)("Python's clients at the embedded endpoint", { timeout: TIMEOUT_MS }, () => {
  it.each([
    ["oldest", ["clickhousedb"]],
    ["newest", ["clickhousedb", "clickhouse+http"]],
  ] as const)(
    "clickhouse-connect, the %s, reads to the last digit, SQLAlchemy by %j too",
    (which, dialects) => {
      const python = analystsPython(which);
      const found = fromPython.parse(JSON.parse(run(python, [script("connect.py")], ...dialects)));
      expect(found.rows).toEqual([
        ["2026-10-01", "ads", AMOUNTS[0]],
        ["2026-10-02", "web", AMOUNTS[1]],
      ]);
      expect(found.bound).toEqual([["ads"]]);
      expect(found.frame).toEqual(AMOUNTS);
      expect(found.large).toBe(SUM);
      // It reads in system.settings that it may not send this, and does not.
      expect(found.refused).toBe("ProgrammingError");
      expect(Object.keys(found.dialects)).toEqual(dialects);
      for (const { tables, columns, rows, pandas } of Object.values(found.dialects)) {
        expect(tables).toContain("costs");
        expect(columns).toEqual(["day", "team_id", "amount"]);
        expect(rows).toEqual(found.rows);
        expect(pandas).toEqual(which === "newest" ? found.frame : undefined);
      }
    },
    INSTALL_TIMEOUT_MS,
  );
});

describe.skipIf(!hasMaven)("Java's driver at the embedded endpoint", () => {
  it(
    "reads, binds and describes with nothing configured, as DBeaver does, and cannot write",
    () => {
      const lines = run("java", ["-cp", jdbcDriver(), script("Jdbc.java")])
        .trim()
        .split("\n");
      const answers = lines.filter((line) => !line.startsWith("SLF4J"));
      expect(answers).toEqual([
        `costs 2026-10-01 ads ${AMOUNTS[0]}`,
        `costs 2026-10-02 web ${AMOUNTS[1]}`,
        `large ${SUM} 200000`,
        `streamed ${SUM}`,
        `prepared ${AMOUNTS[0]}`,
        expect.stringMatching(/^schemas \d+$/),
        "tables 1",
        "columns 3",
        "keys 2",
        expect.stringMatching(/^types \d\d+$/),
        expect.stringMatching(/^client properties \d+$/),
        expect.stringMatching(/^functions \d{3,}$/),
        "refused true",
      ]);
    },
    INSTALL_TIMEOUT_MS,
  );
});
