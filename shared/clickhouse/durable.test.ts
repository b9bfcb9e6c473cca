import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { flushInserts } from "./durable.js";
import { insertRows } from "./insert.js";
import { startTestEngine, type TestEngine } from "./testing/engine.js";

let test: TestEngine;
beforeAll(async () => {
  test = await startTestEngine();
});
afterAll(() => test.stop());

describe("inserts that a power failure must not take", () => {
  it("are flushed in every table, as are merges, also in one that came later", async () => {
    const create = (name: string): Promise<unknown> =>
      test.client.command({ query: `CREATE TABLE ${name} (x UInt8) ENGINE = MergeTree ORDER BY x` });
    await create("seals");
    await flushInserts(test.client);
    await create("journals");
    await flushInserts(test.client);
    await insertRows(test.client, "seals", [{ x: 1 }], { token: "1" });
    const flushed = await test.rows(
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND create_table_query LIKE '%fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 10,%' ORDER BY name",
    );
    expect(flushed).toEqual([{ name: "journals" }, { name: "seals" }]);
    expect(await test.rows("SELECT x FROM seals")).toEqual([{ x: 1 }]);
  });
});
