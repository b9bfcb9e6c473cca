import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Secret } from "@apportion/runtime/secret";
import { createClickHouse } from "./client.js";
import { isRefusal } from "./errors.js";
import { insertEncoded, insertNative, insertRows } from "./insert.js";
import { DecimalColumn, nativeBlock, NumberColumn, TextColumn } from "./native.js";
import { startTestEngine, type TestEngine } from "./testing/engine.js";

let test: TestEngine;
beforeAll(async () => {
  test = await startTestEngine();
  await test.client.command({
    query: `CREATE TABLE money (id UInt64, amount Decimal(38, 12)) ENGINE = MergeTree ORDER BY id
      SETTINGS non_replicated_deduplication_window = 100`,
  });
  await test.client.command({
    query: "CREATE TABLE notes (note String) ENGINE = MergeTree ORDER BY note",
  });
});
afterAll(() => test.stop());

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

/** One row as an Arrow stream that ClickHouse itself wrote. */
async function arrow(columns: string): Promise<Buffer> {
  const { stream } = await test.client.exec({ query: `SELECT ${columns} FORMAT ArrowStream` });
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

describe("money through ClickHouse", () => {
  it("keeps every digit, in and out", async () => {
    const amount = "12345678901234567890123456.123456789012";
    await insertRows(test.client, "money", [{ id: 18446744073709551615n, amount }], { token: "digits" });
    expect(await test.rows("SELECT id, amount FROM money")).toEqual([{ id: "18446744073709551615", amount }]);
  });

  it("takes columns as a block, whatever stands in a text", async () => {
    const amount = new DecimalColumn(2);
    const id = new NumberColumn(2);
    for (const [row, picos] of [1n, -1_000_000_000_000n].entries()) {
      amount.set(row, picos);
      id.set(row, 11 + row);
    }
    await insertNative(test.client, "money", nativeBlock({ amount, id }, 2), { token: "block" });
    expect(await test.rows("SELECT id, amount FROM money WHERE id IN (11, 12) ORDER BY id")).toEqual([
      { id: "11", amount: "0.000000000001" },
      { id: "12", amount: "-1" },
    ]);
    const text = 'a "quoted"\\ line\nand another\tone';
    const blockOf = (column: string, value: string) => {
      const texts = new TextColumn(1);
      texts.fill(value, 0, 1);
      return nativeBlock({ [column]: texts }, 1);
    };
    await insertNative(test.client, "notes", blockOf("note", text), { token: "note" });
    expect(await test.rows("SELECT note FROM notes")).toEqual([{ note: text }]);
    const strange = insertNative(test.client, "notes", blockOf("note) VALUES ('x') --", "y"), {
      token: "strange",
    });
    await expect(strange).rejects.toThrow(TypeError);
  });

  it("stores an insert once, however often it is repeated", async () => {
    for (let attempt = 0; attempt < 3; attempt++)
      await insertEncoded(test.client, "money", "JSONEachRow", Buffer.from('{"id":5,"amount":"0.5"}\n'), {
        token: "once",
      });
    expect(await test.rows("SELECT count() AS n FROM money WHERE id = 5")).toEqual([{ n: "1" }]);
  });

  it("refuses rows that do not fit, for good and whole", async () => {
    const rows = '{"id":6,"amount":"1"}\n{"id":7,"no_such_column":1}\n';
    const error = await failure(
      insertEncoded(test.client, "money", "JSONEachRow", Buffer.from(rows), { token: "bad" }),
    );
    expect(isRefusal(error)).toBe(true);
    expect(await test.rows("SELECT count() AS n FROM money WHERE id IN (6, 7)")).toEqual([{ n: "0" }]);
  });

  it("does not take a server that is away for a refusal", async () => {
    const away = createClickHouse({
      url: "http://127.0.0.1:1",
      username: "u",
      password: new Secret("p"),
      database: "d",
    });
    const error = await failure(insertRows(away, "money", [{ id: 1 }], { token: "away" }));
    await away.close();
    expect(error).toBeInstanceOf(Error);
    expect(isRefusal(error)).toBe(false);
  });

  it.each([
    ["a text that is no amount", '{"id":8,"amount":"much"}'],
    ["an amount of too many digits", `{"id":8,"amount":"${"9".repeat(40)}"}`],
    ["null where there must be a value", '{"id":8,"amount":null}'],
    ["half a row", '{"id":8,"amount":"1"}\n{"id":8,"am'],
  ])("refuses %s for good", async (_what, rows) => {
    const error = await failure(
      insertEncoded(test.client, "money", "JSONEachRow", Buffer.from(rows), { token: rows }),
    );
    expect(isRefusal(error)).toBe(true);
    expect(await test.rows("SELECT count() AS n FROM money WHERE id = 8")).toEqual([{ n: "0" }]);
  });

  it("takes the columns of an Arrow stream, the others by their defaults, and refuses what is none", async () => {
    const stream = await arrow("toUInt64(20) AS id");
    for (let attempt = 0; attempt < 2; attempt++)
      await insertEncoded(test.client, "money", "ArrowStream", stream, { token: "arrow" });
    expect(await test.rows("SELECT amount FROM money WHERE id = 20")).toEqual([{ amount: "0" }]);
    const nulls = await arrow("toUInt64(21) AS id, CAST(NULL AS Nullable(Decimal(38, 12))) AS amount");
    for (const bytes of [nulls, Buffer.from("no Arrow stream at all")]) {
      const error = await failure(
        insertEncoded(test.client, "money", "ArrowStream", bytes, { token: "bad" }),
      );
      expect(isRefusal(error)).toBe(true);
    }
    expect(await test.rows("SELECT count() AS n FROM money WHERE id = 21")).toEqual([{ n: "0" }]);
  });

  it("takes a repeat under another token for new rows", async () => {
    for (const token of ["one", "two"]) await insertRows(test.client, "money", [{ id: 9 }], { token });
    expect(await test.rows("SELECT count() AS n FROM money WHERE id = 9")).toEqual([{ n: "2" }]);
  });

  it("asks nothing of ClickHouse when there is nothing to insert", async () => {
    const rows = failure(insertRows(test.client, "no_such_table", [], { token: "none" }));
    const bytes = failure(
      insertEncoded(test.client, "no_such_table", "JSONEachRow", Buffer.alloc(0), { token: "none" }),
    );
    expect(await Promise.all([rows, bytes])).toEqual([undefined, undefined]);
  });

  it("takes plain table names only, and wants a token", async () => {
    await expect(
      insertRows(test.client, "money; DROP TABLE money", [{ id: 1 }], { token: "t" }),
    ).rejects.toThrow("Not a table name");
    await expect(
      insertEncoded(test.client, "money FORMAT CSV 1 --", "JSONEachRow", Buffer.from("{}"), { token: "t" }),
    ).rejects.toThrow("Not a table name");
    await expect(insertRows(test.client, "money", [{ id: 1 }], { token: "" })).rejects.toThrow(
      "deduplication token",
    );
  });
});

describe("an insert on a cluster", () => {
  it("waits while another one of the table is on its way to the replicas, and for nothing else", async () => {
    const answers = [286, 286, 0, 252];
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      request.resume().on("end", () => {
        const code = answers.shift() ?? 0;
        response.writeHead(code === 0 ? 200 : 500);
        response.end(code === 0 ? "" : `Code: ${code}. DB::Exception: not now. (NAME)`);
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const access = { url, username: "u", password: new Secret("p"), database: "d", cluster: "eu" };
    const cluster = createClickHouse(access);
    const insert = (): Promise<void> => insertRows(cluster, "money", [{ id: 1 }], { token: "t" });
    await insert();
    expect(asked).toHaveLength(3);
    await expect(insert()).rejects.toThrow("not now");
    expect(asked).toHaveLength(4);
    await cluster.close();
    await new Promise((done) => server.close(done));
    expect(asked[0]).toMatch(/insert_quorum=auto&insert_quorum_parallel=0&select_sequential_consistency=1/);
  });
});
