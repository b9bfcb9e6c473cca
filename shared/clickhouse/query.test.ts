import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { Secret } from "@apportion/runtime/secret";
import { createClickHouse } from "./client.js";
import { defineQuery, QueryError, select, stream } from "./query.js";
import { startTestEngine, type TestEngine } from "./testing/engine.js";

let test: TestEngine;
beforeAll(async () => {
  test = await startTestEngine();
});
afterAll(() => test.stop());

describe("a typed query", () => {
  const query = defineQuery({
    name: "numbers",
    sql: "SELECT number AS n FROM numbers({count:UInt32})",
    params: z.object({ count: z.int() }),
    row: z.object({ n: z.string().transform(Number) }),
  });

  it("gives checked rows", async () => {
    expect(await select(test.client, query, { count: 3 })).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  });

  it("names itself, the row and the field when a row does not fit", async () => {
    const wrong = { ...query, row: z.object({ n: z.boolean() }) };
    await expect(select(test.client, wrong, { count: 1 })).rejects.toThrow(
      'Query numbers: row 1 does not fit: field "n"',
    );
  });

  it("gives amounts and 64-bit numbers with every digit", async () => {
    const exact = defineQuery({
      name: "exact",
      sql: `SELECT {amount:Decimal(38, 12)} AS amount, toUInt64('18446744073709551615') AS id,
        sum(toDecimal256({amount:Decimal(38, 12)}, 12)) AS total FROM numbers(2)`,
      params: z.object({ amount: z.string() }),
      row: z.object({ amount: z.string(), id: z.string(), total: z.string() }),
    });
    const amount = "12345678901234567890123456.123456789012";
    expect(await select(test.client, exact, { amount })).toEqual([
      { amount, id: "18446744073709551615", total: "24691357802469135780246912.246913578024" },
    ]);
  });

  it("names itself and the parameter that does not fit, and asks nothing", async () => {
    const call = select(test.client, query, { count: 0.5 });
    await expect(call).rejects.toThrow('Query numbers: parameter "count"');
  });

  it("says whether another try may help", async () => {
    const access = { username: "u", password: new Secret("p"), database: "d" };
    const away = createClickHouse({ ...access, url: "http://127.0.0.1:1" });
    const retriable = async (call: Promise<unknown>): Promise<unknown> => {
      const error: unknown = await call.catch((reason: unknown) => reason);
      return error instanceof QueryError ? error.retriable : error;
    };
    expect(await retriable(select(away, query, { count: 1 }))).toBe(true);
    expect(await retriable(select(test.client, { ...query, sql: "SELECT x" }, { count: 1 }))).toBe(false);
    await away.close();
  });

  it("gives rows one at a time, and may be left early", async () => {
    let seen = 0;
    for await (const { n } of stream(test.client, query, { count: 200_000 })) {
      expect(n).toBe(seen);
      if (++seen === 3) break;
    }
    expect(seen).toBe(3);
    expect(await select(test.client, query, { count: 1 })).toEqual([{ n: 0 }]);
  });

  it("of one who no longer waits ends nobody else's", async () => {
    const client = createClickHouse({ ...test.engine, connectionsMax: 1 });
    const slow = (seconds: number, abortSignal?: AbortSignal): Promise<unknown> => {
      const sleeping = { ...query, sql: `SELECT number AS n FROM numbers(1) WHERE sleep(${seconds}) = 0` };
      return select(client, sleeping, { count: 1 }, abortSignal && { abortSignal }).catch(String);
    };
    const gone = new AbortController();
    const first = slow(1);
    // Both wait for the only connection when one of them goes; the other is under way for longer than an idle connection is kept.
    const second = slow(0, gone.signal);
    await pause(300);
    const third = slow(2.9);
    gone.abort();
    expect(await Promise.all([first, second, third])).toEqual([
      [{ n: 0 }],
      expect.stringContaining("aborted"),
      [{ n: 0 }],
    ]);
    await client.close();
  });

  it("leaves no idle connection open until the server closes it, not after an error either", async () => {
    const { port } = new URL(test.engine.url);
    let [accepted, open] = [0, 0];
    const between = createServer((socket) => {
      accepted += 1;
      open += 1;
      const engine = connect(Number(port), "127.0.0.1");
      socket.on("error", () => engine.destroy()).on("close", () => (open -= 1));
      engine.on("error", () => socket.destroy());
      socket.pipe(engine).pipe(socket);
    });
    between.listen(0, "127.0.0.1");
    await once(between, "listening");
    const url = `http://127.0.0.1:${(between.address() as AddressInfo).port}`;
    const client = createClickHouse({ ...test.engine, url });
    try {
      const wrong = select(client, { ...query, sql: "SELECT x" }, { count: 1 });
      await Promise.all([select(client, query, { count: 1 }), expect(wrong).rejects.toThrow("error 47")]);
      expect(accepted).toBe(2);
      await vi.waitFor(() => expect(open).toBe(0), { timeout: 10_000 });
    } finally {
      await client.close();
      between.close();
    }
  });

  it("names itself when ClickHouse refuses it", async () => {
    await expect(select(test.client, { ...query, sql: "SELECT x" }, { count: 1 })).rejects.toThrow(
      "Query numbers: ClickHouse error 47",
    );
  });
});
