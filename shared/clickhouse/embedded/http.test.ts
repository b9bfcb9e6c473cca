import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestEngine, type TestEngine } from "../testing/engine.js";

let test: TestEngine;
let auth: string;
beforeAll(async () => {
  test = await startTestEngine();
  auth = `Basic ${Buffer.from(`${test.engine.username}:${test.engine.password.reveal()}`).toString("base64")}`;
});
afterAll(() => test.stop());

const ask = (query: string, init: RequestInit = {}, path = "/"): Promise<Response> =>
  fetch(`${test.engine.url}${path}`, {
    method: "POST",
    body: query,
    ...init,
    headers: { authorization: auth, ...(init.headers as Record<string, string>) },
  });

describe("ClickHouse's HTTP interface, without a client library", () => {
  it("answers a ping without a password", async () => {
    expect(await (await fetch(`${test.engine.url}/ping`)).text()).toBe("Ok.\n");
  });

  it("lets in with basic authentication or ClickHouse's headers, and nobody else", async () => {
    expect((await ask("SELECT 1")).status).toBe(200);
    const headers = {
      "x-clickhouse-user": test.engine.username,
      "x-clickhouse-key": test.engine.password.reveal(),
    };
    const named = await fetch(`${test.engine.url}/`, { method: "POST", body: "SELECT 1", headers });
    expect(named.status).toBe(200);
    const wrong = await ask("SELECT 1", { headers: { authorization: "Basic eDp5" } });
    expect(wrong.status).toBe(403);
    expect(wrong.headers.get("x-clickhouse-exception-code")).toBe("516");
    expect(await wrong.text()).not.toContain(test.engine.password.reveal());
    const nobody = await fetch(`${test.engine.url}/`, { method: "POST", body: "SELECT 1" });
    expect(nobody.status).toBe(401);
    expect(nobody.headers.get("www-authenticate")).toContain("Basic");
  });

  it("says what is wrong by status, header and text", async () => {
    const answer = await ask("SELECT no_such_column");
    expect(answer.status).toBe(404);
    expect(answer.headers.get("x-clickhouse-exception-code")).toBe("47");
    expect(await answer.text()).toContain("no_such_column");
  });

  it("gives any format, and Parquet begins as Parquet does", async () => {
    const csv = await ask("SELECT 1 AS a, 'x' AS b FORMAT CSVWithNames");
    expect(await csv.text()).toBe('"a","b"\n1,"x"\n');
    expect(csv.headers.get("content-type")).toContain("text/csv");
    const lines = await ask("SELECT number AS n FROM numbers(2)", {}, "/?default_format=JSONEachRow");
    expect(await lines.text()).toBe('{"n":0}\n{"n":1}\n');
    const parquet = Buffer.from(await (await ask("SELECT 1 AS a FORMAT Parquet")).arrayBuffer());
    expect(parquet.subarray(0, 4).toString()).toBe("PAR1");
  });

  it("binds parameters of the URL", async () => {
    const answer = await ask("SELECT {x:Decimal(38, 12)} * 2 AS y", {}, "/?param_x=0.000000000001");
    expect((await answer.text()).trim()).toBe("0.000000000002");
  });

  it("compresses an answer when asked to, and only then", async () => {
    const query = "SELECT number FROM numbers(10000)";
    const zipped = await ask(
      query,
      { headers: { "accept-encoding": "gzip" } },
      "/?enable_http_compression=1",
    );
    expect(zipped.headers.get("content-encoding")).toBe("gzip");
    const plain = await ask(query, { headers: { "accept-encoding": "gzip" } });
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(await zipped.text()).toBe(await plain.text());
  });

  it("answers in ClickHouse's compressed blocks when asked to, and errors as they are", async () => {
    const answer = await ask("SELECT number FROM numbers(100000)", {}, "/?compress=1");
    expect(Buffer.from(await answer.arrayBuffer()).readUInt8(16)).toBe(0x82);
    expect(Buffer.from(await (await ask("SELECT 1 WHERE 0", {}, "/?compress=1")).arrayBuffer())).toHaveLength(
      0,
    );
    expect(await (await ask("SELECT no_such_column", {}, "/?compress=1")).text()).toContain("no_such_column");
  });

  it("takes compressed rows", async () => {
    await ask("CREATE TABLE zipped (x UInt32) ENGINE = MergeTree ORDER BY x");
    const body = gzipSync('{"x":1}\n{"x":2}\n');
    const path = `/?query=${encodeURIComponent("INSERT INTO zipped FORMAT JSONEachRow")}`;
    expect((await ask("", { body, headers: { "content-encoding": "gzip" } }, path)).status).toBe(200);
    expect((await (await ask("SELECT sum(x) FROM zipped")).text()).trim()).toBe("3");
  });

  it("takes compressed statements, and refuses what does not decompress", async () => {
    const headers = { "content-encoding": "gzip" };
    expect((await (await ask("", { body: gzipSync("SELECT 7"), headers })).text()).trim()).toBe("7");
    const broken = await ask("", { body: gzipSync("SELECT 7").subarray(0, 10), headers });
    expect(broken.status).toBeGreaterThanOrEqual(400);
  });

  it("changes nothing on GET, and knows no other handle", async () => {
    const headers = { authorization: auth };
    const read = await fetch(`${test.engine.url}/?query=SELECT%205`, { headers });
    expect((await read.text()).trim()).toBe("5");
    const write = await fetch(
      `${test.engine.url}/?query=${encodeURIComponent("CREATE TABLE t (x UInt8) ENGINE = Memory")}`,
      { headers },
    );
    expect(write.headers.get("x-clickhouse-exception-code")).toBe("164");
    expect((await fetch(`${test.engine.url}/play`, { headers })).status).toBe(404);
  });
});
