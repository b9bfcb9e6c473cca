import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import {
  RecordBatchStreamWriter,
  Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import { describe, expect, it } from "vitest";
import type {
  BucketFactRow,
  CostFactRow,
  Dataset,
  FactRows,
  Reading,
  UsageFactRow,
} from "@apportion/domain/facts";
import { parseDay } from "@apportion/domain/period";
import type { EncodedEvent } from "./catalogue.js";
import {
  CHUNK_BYTES_MAX,
  CHUNK_ROWS_MAX,
  decodeChunkHeaders,
  encodeChunks,
  openChunk,
  rowsOfChunk,
} from "./chunk.js";
import { MisfitError } from "./misfit.js";
import { prepareSnapshot } from "./snapshot.js";

const READ_AT = new Date("2026-11-23T06:00:00Z");
const usage = (team_label: string, quantity: string): UsageFactRow => ({
  meter: "m",
  unit: "runs",
  team_label,
  namespace: "",
  quantity,
});

function reading<D extends Dataset>(dataset: D, rows: readonly FactRows[D][]): Reading<D> {
  const chargePeriod = { start: "2026-11-22T00:00:00Z", end: "2026-11-23T00:00:00Z" };
  return { key: { dataset, source: "test", scope: "one", chargePeriod }, rows, finality: "final" };
}

const encode = <D extends Dataset>(dataset: D, rows: readonly FactRows[D][]): Promise<EncodedEvent[]> =>
  encodeChunks(prepareSnapshot(reading(dataset, rows), READ_AT, "USD"), "/test");

async function open({ headers, value }: Pick<EncodedEvent, "headers" | "value">) {
  const opened = await openChunk(headers, value);
  if (!opened.ok) throw new Error(opened.reason);
  return opened.data;
}

/** The same rows in the canonical order, without what is empty or zero. */
function told(rows: readonly FactRows[Dataset][]): Record<string, string>[] {
  const cells = rows.map((row) =>
    Object.entries(row).filter(([, value]) => value !== "" && value !== "0" && value !== undefined),
  );
  return cells.map((each) => Object.fromEntries(each) as Record<string, string>);
}

async function comeBack<D extends Dataset>(dataset: D, rows: readonly FactRows[D][]): Promise<unknown[]> {
  const messages = await encode(dataset, rows);
  const chunks = await Promise.all(messages.map(open));
  return (await Promise.all(chunks.map(rowsOfChunk))).flat();
}

describe("a chunk", () => {
  it("has the columns of its snapshot and those that a row fills, by their types", async () => {
    const [message] = await encode("usage", [usage("a", "1.5"), usage("", "-3")]);
    if (!message) throw new Error("a reading with rows has a chunk");
    expect(message.headers).toMatchObject({
      ce_type: "apportion.snapshot.chunk.v2",
      "content-type": "application/vnd.apache.arrow.stream",
      "content-encoding": "gzip",
    });
    const { bytes, format } = await open(message);
    expect(format).toBe("ArrowStream");
    const table = tableFromIPC(bytes);
    expect(Object.fromEntries(table.schema.fields.map(({ name, type }) => [name, String(type)]))).toEqual({
      snapshot_id: "Dictionary<Int8, Utf8>",
      chunk: "Uint32",
      source: "Dictionary<Int8, Utf8>",
      scope: "Dictionary<Int8, Utf8>",
      charge_period_start: "Timestamp<SECOND, UTC>",
      charge_period_end: "Timestamp<SECOND, UTC>",
      meter: "Dictionary<Int8, Utf8>",
      unit: "Dictionary<Int8, Utf8>",
      team_label: "Dictionary<Int8, Utf8>",
      quantity: "Decimal[38e+12]",
    });
    expect(table.schema.fields.filter(({ nullable }) => nullable)).toEqual([]);
  });

  it("comes back row by row", async () => {
    const rows = Array.from({ length: CHUNK_ROWS_MAX + 5 }, (_, index) =>
      usage(`team-${String(index).padStart(5, "0")}`, `${index + 1}.000000000001`),
    );
    const messages = await encode("usage", rows);
    expect(messages.map(({ headers }) => [headers["ce_chunk"], headers["ce_rows"]])).toEqual([
      ["0", String(CHUNK_ROWS_MAX)],
      ["1", "5"],
    ]);
    const back = (await comeBack("usage", rows)) as UsageFactRow[];
    expect(back.toSorted((a, b) => (a.team_label < b.team_label ? -1 : 1))).toEqual(told(rows));
  });

  it("has fewer rows where they do not fit into a message", async () => {
    const rows = Array.from({ length: 4_000 }, () => usage(randomBytes(400).toString("base64"), "1"));
    const messages = await encode("usage", rows);
    expect(messages.length).toBeGreaterThan(1);
    const sizes = messages.map(({ value }) => value.byteLength);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(CHUNK_BYTES_MAX);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(CHUNK_BYTES_MAX / 2);
    expect(messages.map(({ headers }) => Number(headers["ce_chunk"]))).toEqual(
      messages.map((_, index) => index),
    );
    const labels = ((await comeBack("usage", rows)) as UsageFactRow[]).map(({ team_label }) => team_label);
    expect(labels.toSorted()).toEqual(rows.map(({ team_label }) => team_label).toSorted());
  });

  it.each([127, 128, 129, 40_000])("writes each of %i names once, whatever their number", async (count) => {
    const rows = Array.from({ length: count }, (_, index) => usage(`täam-${index} 🦔`, "1"));
    const labels = ((await comeBack("usage", rows)) as UsageFactRow[]).map(({ team_label }) => team_label);
    expect(labels.toSorted()).toEqual(rows.map(({ team_label }) => team_label).toSorted());
  });

  it("knows a size of zero from one that nobody knows", async () => {
    const row = (bucket: string, rest: Partial<BucketFactRow>): BucketFactRow => ({
      bucket,
      region: "",
      team_label: "",
      ...rest,
    });
    const rows = [
      row("a", { size_bytes: "12345678901234567890.5", size_day: parseDay("2026-11-21") }),
      row("b", {}),
      row("c", { size_bytes: "0.0", size_day: parseDay("1970-01-01") }),
    ];
    expect(await comeBack("bucket", rows)).toEqual([
      { bucket: "a", size_bytes: "12345678901234567890.5", size_day: "2026-11-21" },
      { bucket: "b" },
      { bucket: "c", size_bytes: "0", size_day: "1970-01-01" },
    ]);
  });

  it.each([
    "99999999999999999999999999.999999999999",
    "-99999999999999999999999999.999999999999",
    "-0.000000000001",
    "18446744.073709551616",
  ])("holds %s exactly", async (quantity) =>
    expect(await comeBack("usage", [usage("", quantity)])).toMatchObject([{ quantity }]),
  );
});

describe("a row that its table cannot hold", () => {
  const cost = (rest: object): CostFactRow => ({
    kind: "workload",
    effective_cost: "1",
    billed_cost: "1",
    ...rest,
  });

  it.each([
    [
      { cpu_cost: "0.1234567890123" },
      'cpu_cost is "0.1234567890123", and 0.1234567890123 has more than 12 decimal places',
    ],
    [{ cpu_cost: `${10n ** 26n}` }, "is beyond what 26 digits can hold"],
    [{ cpu_cost: "much" }, 'cpu_cost is "much", and "much" is not a decimal number'],
    [{ cpu_cost: 0.57 }, "cpu_cost is 0.57, and it has to be a text"],
    [{ namespace: null }, "namespace is null, and it has to be a text"],
    [{ cpu_const: "1" }, 'cpu_const is "1", and there is no such column'],
    [{ namespace: "a\ud800b" }, "half a character of two is no text"],
    [{ pod: "a\ud800b" }, "half a character of two is no text"],
  ])("is named with dataset, row, column and value: %j", async (rest, what) => {
    const rows = [cost({ cluster: "a" }), cost({ cluster: "b", ...rest })];
    const error = await encode("cost", rows).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MisfitError);
    expect((error as Error).message).toContain("row 2 of cost does not fit: ");
    expect((error as Error).message).toContain(what);
  });

  it.each(["2026-02-30", "1969-12-31", "2200-01-01", "today"])("is one of %s too", async (size_day) => {
    const row = { bucket: "a", region: "", team_label: "", size_day } as BucketFactRow;
    await expect(encode("bucket", [row])).rejects.toThrow(`size_day is "${size_day}"`);
  });

  it("shows no more than a line of what an upstream wrote", async () => {
    const said = await encode("cost", [cost({ cpu_cost: `${"x".repeat(5_000)}\nINJECTED` })]).then(
      () => "",
      (error: unknown) => String(error),
    );
    expect(said).toContain("does not fit");
    expect(said.length).toBeLessThan(400);
    expect(said).not.toContain("INJECTED");
  });
});

describe("a chunk that cannot be stored", () => {
  const whole = async (): Promise<EncodedEvent> => {
    const [message] = await encode("usage", [usage("a", "1"), usage("b", "2")]);
    if (!message) throw new Error("a reading with rows has a chunk");
    return message;
  };
  const reasonOf = async (message: EncodedEvent): Promise<string> => {
    const opened = await openChunk(message.headers, message.value);
    return opened.ok ? "none" : opened.reason;
  };
  /** The whole chunk, its Arrow table changed. */
  const changed = async (change: (table: Table) => Table): Promise<EncodedEvent> => {
    const message = await whole();
    const table = change(tableFromIPC((await open(message)).bytes));
    return { ...message, value: gzipSync(tableToIPC(table, "stream")) };
  };
  const withColumn = (table: Table, name: string, values: string[]): Table =>
    table.assign(new Table({ [name]: vectorFromArray(values, new Utf8()) }));

  it("is damaged, or inflates to a bomb", async () => {
    const message = await whole();
    for (const value of [
      message.value.subarray(0, 10),
      Buffer.from("no gzip"),
      gzipSync(Buffer.alloc(80 * 1024 * 1024)),
    ])
      expect(await reasonOf({ ...message, value })).toMatch(
        /^apportion\.snapshot\.chunk\.v2: cannot be inflated/,
      );
    expect(decodeChunkHeaders({ ce_chunk: "-1" })).toMatchObject({ ok: false });
  });

  it("has a column that its table does not have, or one of another type: a newer program may have written it", async () => {
    const unknown = await reasonOf(await changed((table) => withColumn(table, "mood", ["x", "y"])));
    expect(unknown).toContain(
      'usage has no column "mood"; if a newer program wrote it, upgrade this service',
    );
    const bent = await reasonOf(
      await changed((table) =>
        withColumn(table.select(table.schema.names.filter((name) => name !== "quantity")), "quantity", [
          "1",
          "2",
        ]),
      ),
    );
    expect(bent).toContain("quantity is not of the type that usage has it in; if a newer program wrote it");
  });

  it("lacks what says where its rows belong, or has another number of them", async () => {
    const message = await whole();
    expect(await reasonOf(await changed((table) => table.select(["quantity"])))).toContain(
      "snapshot_id is missing",
    );
    expect(await reasonOf(await changed((table) => table.slice(1)))).toContain("it has 1 rows instead of 2");
    expect(await reasonOf({ ...message, headers: { ...message.headers, ce_rows: "3" } })).toContain(
      "it has 2 rows instead of 3",
    );
    expect(await reasonOf({ ...message, headers: { ...message.headers, ce_dataset: "bill" } })).toContain(
      'bill has no column "meter"',
    );
  });

  it("breaks off anywhere, or is something else", async () => {
    const message = await whole();
    const { bytes } = await open(message);
    for (let length = 0; length < bytes.byteLength - 8; length += 1)
      expect(
        await reasonOf({ ...message, value: gzipSync(bytes.subarray(0, length)) }),
        `${length} bytes`,
      ).not.toBe("none");
    const json = gzipSync('{"meter":"m"}\n');
    expect(await reasonOf({ ...message, value: json })).toContain("not a whole Arrow stream");
    expect(
      await reasonOf({
        ...message,
        value: gzipSync(new RecordBatchStreamWriter().finish().toUint8Array(true)),
      }),
    ).not.toBe("none");
  });

  it("is never believed for how much there is to read: headers with any number in them are looked at in no time", async () => {
    const message = await whole();
    const { bytes } = await open(message);
    const start = performance.now();
    for (let at = 0; at + 4 <= bytes.byteLength; at += 4) {
      const hostile = Buffer.from(bytes);
      hostile.writeInt32LE(0x7fff_fff0, at);
      await openChunk(message.headers, gzipSync(hostile, { level: 1 }));
    }
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it("is of a type that only a newer program knows", async () => {
    const message = await whole();
    const headers = { ...message.headers, ce_type: "apportion.snapshot.chunk.v3" };
    expect(await openChunk(headers, message.value)).toEqual({
      ok: false,
      reason: "apportion.snapshot.chunk.v3: is no chunk",
    });
  });
});

describe("a chunk of before", () => {
  it("is opened as the lines that it was written as", async () => {
    const [message] = await encode("usage", [usage("a", "1")]);
    const lines = '{"snapshot_id":"0123","chunk":0,"meter":"m","quantity":"1"}\n{"meter":"n"}\n';
    const headers = {
      ...message?.headers,
      ce_type: "apportion.snapshot.chunk.v1",
      "content-type": "application/x-ndjson",
    };
    const chunk = await open({ headers, value: gzipSync(lines) });
    expect(chunk).toMatchObject({ format: "JSONEachRow", dataset: "usage", chunk: 0 });
    expect(Buffer.from(chunk.bytes).toString()).toBe(lines);
    expect(await rowsOfChunk(chunk)).toEqual([
      expect.objectContaining({ meter: "m", quantity: "1" }),
      { meter: "n" },
    ]);
  });
});
