import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestEngine, type TestEngine } from "../testing/engine.js";
import { LIMITS } from "./limits.js";

const POLL = { timeout: 10_000 };

let test: TestEngine;
beforeAll(async () => {
  test = await startTestEngine();
  await test.client.command({
    query: `CREATE TABLE notes (id UInt32, text String) ENGINE = MergeTree ORDER BY id
      SETTINGS non_replicated_deduplication_window = 100`,
  });
});
afterAll(() => test.stop());

const insert = async (rows: string, settings: Record<string, string> = {}): Promise<void> => {
  const answer = await test.client.exec({
    query: "INSERT INTO notes FORMAT JSONEachRow",
    values: Readable.from([Buffer.from(rows)], { objectMode: false }),
    clickhouse_settings: settings,
  });
  answer.stream.resume();
};
const count = async (): Promise<unknown> => (await test.rows("SELECT count() AS n FROM notes"))[0]?.["n"];

/** What the engine's own in-process connection gets wrong; see ADR 2. */
describe("faults of the in-process connection that must never come back", () => {
  it("rows of a failed query never get into the next answer", async () => {
    const failing =
      "SELECT number, throwIf(number = 90000) FROM numbers(100000) SETTINGS max_block_size = 1000";
    await expect(test.rows(failing)).rejects.toThrow("throwIf");
    expect(await test.rows("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("settings of a statement never reach the next: a token that leaked would make an insert vanish", async () => {
    await test.client.command({ query: "TRUNCATE TABLE notes" });
    await insert('{"id":1,"text":"a"}\n', { insert_deduplication_token: "token", max_threads: "1" });
    await insert('{"id":2,"text":"b"}\n');
    expect(await count()).toBe("2");
    await insert('{"id":1,"text":"a"}\n', { insert_deduplication_token: "token" });
    expect(await count()).toBe("2");
    const [threads] = await test.rows("SELECT getSetting('max_threads') AS n");
    expect(Number(threads?.["n"])).not.toBe(1);
  });

  it("insert data after a blank line is data, never SQL", async () => {
    await test.client.command({ query: "TRUNCATE TABLE notes" });
    await expect(insert('{"id":1,"text":"a"}\n\nDROP TABLE notes;\n')).rejects.toThrow(/parse/i);
    expect(await count()).toBe("0");
    await insert('{"id":1,"text":"a"}\n\n{"id":2,"text":"; DROP TABLE notes; --"}\n');
    expect(await count()).toBe("2");
    await insert('\n\n{"id":3,"text":"c"}\n');
    expect(await count()).toBe("3");
  });

  it.each(["a'b", "a\\'b", "\\", "'; DROP TABLE notes; --", "x\0y", "ü\n\t"])(
    "a parameter with %j is a value",
    async (value) => {
      expect(await test.rows("SELECT {value:String} AS value", { value })).toEqual([{ value }]);
      expect(await count()).toBeDefined();
    },
  );

  it("a setting's value is never SQL", async () => {
    const answer = test.client.query({
      query: "SELECT 1",
      clickhouse_settings: { max_threads: "1\\', readonly = 0; DROP TABLE notes" } as never,
    });
    await expect(answer).rejects.toThrow(/max_threads|parse|UInt64|setting/i);
    expect(await count()).toBeDefined();
  });

  it("several statements in one call are refused, and none of them runs", async () => {
    const before = await count();
    await expect(test.client.command({ query: "TRUNCATE TABLE notes; DROP TABLE notes" })).rejects.toThrow(
      "Multi-statements are not allowed",
    );
    expect(await count()).toBe(before);
  });

  it("an aborted query stops in the engine too", async () => {
    const controller = new AbortController();
    const slow = test.client.query({
      query: "SELECT sum(sleepEachRow(0.05)) FROM numbers(4000) SETTINGS max_block_size = 1",
      abort_signal: controller.signal,
    });
    const ended = slow.then(String, String);
    const running = async (): Promise<number> =>
      (await test.rows("SELECT 1 FROM system.processes WHERE query LIKE 'SELECT sum(sleepEachRow%'")).length;
    await expect.poll(running, POLL).toBe(1);
    controller.abort();
    expect(await ended).toMatch(/abort/i);
    await expect.poll(running, POLL).toBe(0);
  });

  it("aborted queries give their places back: all of them at once do not block the next", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const slow = Array.from({ length: LIMITS.servicesSlots + 2 }, () =>
      test.client.query({
        query: "SELECT sum(sleepEachRow(0.05)) FROM numbers(4000) SETTINGS max_block_size = 1",
        abort_signal: signal,
      }),
    );
    const ended = Promise.allSettled(slow);
    const busy = async (): Promise<boolean> =>
      (await Promise.race([test.rows("SELECT 1"), pause(500)])) === undefined;
    await expect.poll(busy, POLL).toBe(true);
    controller.abort();
    expect((await ended).map(({ status }) => status)).toEqual(slow.map(() => "rejected"));
    expect(await test.rows("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("many statements at once get their own answers, and every insert is stored once", async () => {
    await test.client.command({ query: "TRUNCATE TABLE notes" });
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        if (index % 3 === 0) await insert(`{"id":${1000 + index},"text":"t"}\n`);
        return test.rows("SELECT {n:UInt32} AS n, count() AS rows FROM numbers({n:UInt32})", { n: index });
      }),
    );
    answers.forEach((answer, index) => expect(answer).toEqual([{ n: index, rows: String(index) }]));
    expect(await test.rows("SELECT count() AS n, uniqExact(id) AS ids FROM notes")).toEqual([
      { n: "20", ids: "20" },
    ]);
  });
});
