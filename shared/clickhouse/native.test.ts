import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insertNative } from "./insert.js";
import { DecimalColumn, nativeBlock, NumberColumn, TextColumn, TextsColumn } from "./native.js";
import { startTestEngine, type TestEngine } from "./testing/engine.js";

let test: TestEngine;
beforeAll(async () => {
  test = await startTestEngine();
  await test.client.command({
    query: `CREATE TABLE shares (id UInt32, day Date, run String, team LowCardinality(String), amount Decimal(38, 12),
      meters Array(LowCardinality(String)), percents Array(Decimal(9, 6))) ENGINE = MergeTree ORDER BY id
      SETTINGS non_replicated_deduplication_window = 100`,
  });
});
afterAll(() => test.stop());

describe("a block of columns", () => {
  const AMOUNTS = [
    0n,
    1n,
    -1n,
    2n ** 63n,
    -(2n ** 64n),
    99_999_999_999_999_999_999_999_999_999_999_999_999n,
    -99_999_999_999_999_999_999_999_999_999_999_999_999n,
  ];
  const blockOf = (teams: readonly string[]) => {
    const rows = teams.length;
    const columns = {
      team: new TextColumn(rows + 5),
      id: new NumberColumn(rows + 5),
      day: new TextColumn(rows + 5),
      run: new TextColumn(rows + 5),
      amount: new DecimalColumn(rows + 5),
      meters: new TextsColumn(rows + 5),
      percents: new TextsColumn(rows + 5),
    };
    columns.day.fill("2026-10-05", 0, rows);
    columns.run.fill("r\u001f ü\n'\\", 0, rows);
    for (const [row, team] of teams.entries()) {
      columns.team.fill(team, row, row + 1);
      columns.id.set(row, row);
      columns.amount.set(row, AMOUNTS[row % AMOUNTS.length] ?? 0n);
      columns.meters.fill(row % 2 === 0 ? [] : ["runs", "rows, read"], row, row + 1);
      columns.percents.fill(row % 2 === 0 ? [] : ["33.3", "66.7"], row, row + 1);
    }
    return nativeBlock(columns, rows);
  };

  it("brings every text, list and digit into the table, and once", async () => {
    const teams = ["a", "", "équipe", "a", "b", "b", "a"];
    for (let time = 0; time < 2; time += 1)
      await insertNative(test.client, "shares", blockOf(teams), { token: "some" });
    const rows = await test.rows(
      "SELECT id, toString(day) AS day, run, team, amount, meters, percents FROM shares ORDER BY id",
    );
    expect(rows).toEqual(
      teams.map((team, id) => ({
        id,
        day: "2026-10-05",
        run: "r\u001f ü\n'\\",
        team,
        amount: [
          "0",
          "0.000000000001",
          "-0.000000000001",
          "9223372.036854775808",
          "-18446744.073709551616",
          "99999999999999999999999999.999999999999",
          "-99999999999999999999999999.999999999999",
        ][id],
        meters: id % 2 === 0 ? [] : ["runs", "rows, read"],
        percents: id % 2 === 0 ? [] : ["33.3", "66.7"],
      })),
    );
  });

  it.each([
    [256, "one byte points to a text"],
    [257, "two bytes do"],
    [65_536, "two bytes still do"],
    [65_537, "four bytes do"],
  ])("of %i different texts is read as it was written: %s", async (count) => {
    await test.client.command({ query: "TRUNCATE TABLE shares" });
    const teams = Array.from({ length: count }, (_, index) => `${"long ".repeat(index % 40)}${index}`);
    await insertNative(test.client, "shares", blockOf(teams), { token: `texts/${count}` });
    const [found] = await test.rows(
      `SELECT count() AS rows, countIf(team != concat(repeat('long ', id % 40), toString(id))) AS wrong FROM shares`,
    );
    expect(found).toEqual({ rows: String(count), wrong: "0" });
  });
});
