import { gunzipSync, gzipSync } from "node:zlib";
import { Decimal, makeData, makeVector, Table, tableFromIPC, tableToIPC } from "apache-arrow";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FACTS_TABLE } from "@apportion/books/readings/facts-tables";
import { insertEncoded } from "@apportion/clickhouse/insert";
import { DATASETS, type Dataset, type FactRows, type Reading } from "@apportion/domain/facts";
import { chargePeriodOf, parseDay } from "@apportion/domain/period";
import type { LogMessage } from "@apportion/event-log/log";
import { decodeEvent, TOPICS } from "@apportion/events/catalogue";
import { CHUNK_ROWS_MAX, encodeChunks, openChunk } from "@apportion/events/chunk";
import { FACT_COLUMNS, SNAPSHOT_COLUMNS } from "@apportion/events/fact-columns";
import { prepareSnapshot } from "@apportion/events/snapshot";
import { jsonLines, messagesOfBefore } from "./before.js";
import { deadLetters } from "./november.js";
import { costReading, cpu, messagesOf, openTestPlatform, READ_AT, type TestPlatform } from "./platform.js";

const STRANGE = 'ä "quoted"\\ \n\t\u0000🦔 <b>';
const LARGEST = "99999999999999999999999999.999999999999";

/** Rows in which each column is filled by some and empty in others, with all that a cell can hold. */
const ROWS: { readonly [D in Dataset]: readonly FactRows[D][] } = {
  cost: [
    { kind: "idle", effective_cost: "0", billed_cost: "0" },
    ...Array.from({ length: 300 }, (_, index): FactRows["cost"] => {
      const cells = Object.entries(FACT_COLUMNS.cost).map(([column, kind], place) => {
        if ((index + place) % 3 === 0) return [column, kind === "amount" ? "0" : ""];
        if (kind !== "amount") return [column, index % 7 === 0 ? STRANGE : `${column}-${index % 150}`];
        const sign = index % 5 === 0 ? "-" : "";
        return [
          column,
          index % 11 === 0
            ? `${sign}${LARGEST}`
            : `${sign}${index}.${String(place * 7919).padStart(12, "0")}`,
        ];
      });
      return Object.fromEntries(cells) as FactRows["cost"];
    }),
  ],
  usage: [
    { meter: "m", unit: "runs", team_label: STRANGE, namespace: "", quantity: "0.000000000001" },
    { meter: "m", unit: "runs", team_label: "", cluster: "c", namespace: "n", quantity: "-12.5" },
    { meter: "m", unit: "runs", team_label: "", namespace: "", quantity: "0" },
  ],
  bucket: [
    {
      bucket: "known",
      region: "eu",
      team_label: "a",
      storage_class: "S",
      size_bytes: "1234567890123",
      size_day: parseDay("2026-11-21"),
    },
    { bucket: "empty", region: "", team_label: "", size_bytes: "0.0", size_day: parseDay("1970-01-01") },
    { bucket: "unknown", region: "us", team_label: "", tag_status: "unknown" },
  ],
  bill: ["1.5", "-1.5", "0"].map((amount) => ({
    service: "AmazonS3",
    usage_type: STRANGE,
    record_type: "Usage",
    owner: "s3",
    billed_cost: amount,
    amortized_cost: "0.0000000001",
    effective_cost: amount,
    usage_quantity: LARGEST,
  })),
  "workload-utilisation": [
    {
      namespace: "n",
      controller_kind: "deployment",
      controller: STRANGE,
      container: "app",
      pods: "3",
      cpu_p95_cores: "0.25",
    },
    {
      namespace: "n",
      controller_kind: "pod",
      controller: "p",
      container: "",
      pods: "1",
      cpu_p95_cores: "0.0",
      restarts: "0.0",
    },
    {
      namespace: "n",
      controller_kind: "resourcequota",
      controller: "compute",
      container: "",
      pods: "0",
      quota_cpu_cores: "40",
      quota_cpu_used_cores: "0.0",
    },
  ],
};

const readingOf = <D extends Dataset>(dataset: D): Reading<D> => ({
  key: { dataset, source: "test", scope: STRANGE, chargePeriod: chargePeriodOf(parseDay("2026-11-22")) },
  rows: ROWS[dataset],
  finality: "final",
});

const TEN = costReading("2026-11-22", [cpu("10", { namespace: "team-a" })]);

describe("the rows of a chunk", () => {
  let test: TestPlatform;
  beforeAll(async () => {
    test = await openTestPlatform();
  });
  afterAll(() => test.close());

  const opened = async (dataset: Dataset) => {
    const snapshot = prepareSnapshot(readingOf(dataset), new Date(READ_AT), "USD");
    const [message] = await encodeChunks(snapshot, "/test");
    const chunk = await openChunk(message?.headers ?? {}, message?.value ?? Buffer.alloc(0));
    if (!chunk.ok) throw new Error(chunk.reason);
    return chunk.data;
  };

  it.each(DATASETS)("are in ClickHouse what they were as JSON, cell by cell: %s", async (dataset) => {
    const table = FACTS_TABLE[dataset];
    const [lines, columns] = [`lines_of_${table}`, `columns_of_${table}`];
    for (const copy of [lines, columns])
      await test.clickhouse.command({ query: `CREATE TABLE ${copy} AS ${table}` });
    const { bytes, snapshotId, chunk } = await opened(dataset);
    const text = Buffer.from(jsonLines(readingOf(dataset), snapshotId, chunk));
    await insertEncoded(test.clickhouse, lines, "JSONEachRow", text, { token: "lines" });
    await insertEncoded(test.clickhouse, columns, "ArrowStream", bytes, { token: "columns" });
    const n = { n: String(ROWS[dataset].length) };
    expect(await test.rows(`SELECT count() AS n FROM ${lines}`)).toEqual([n]);
    expect(await test.rows(`SELECT count() AS n FROM ${columns}`)).toEqual([n]);
    expect(await test.rows(`SELECT * FROM ${lines} EXCEPT ALL SELECT * FROM ${columns}`)).toEqual([]);
    expect(await test.rows(`SELECT * FROM ${columns} EXCEPT ALL SELECT * FROM ${lines}`)).toEqual([]);
  });

  it.each(DATASETS)("have the columns of their table, and no others: %s", async (dataset) => {
    const types = {
      name: /^(LowCardinality\(String\)|String)$/,
      text: /^String$/,
      amount: /^Decimal\(38, 12\)$/,
      "known-amount": /^Nullable\(Decimal\(38, 12\)\)$/,
      "known-day": /^Nullable\(Date\)$/,
      count: /^UInt32$/,
      instant: /^DateTime\('UTC'\)$/,
    };
    const stored = await test.rows(
      `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '${FACTS_TABLE[dataset]}'`,
    );
    const known = { ...SNAPSHOT_COLUMNS, ...FACT_COLUMNS[dataset] };
    expect(stored.map(({ name }) => String(name)).toSorted()).toEqual(Object.keys(known).toSorted());
    const others = stored.filter(
      ({ name, type }) => !types[known[name as keyof typeof known]].test(String(type)),
    );
    expect(others).toEqual([]);
  });
});

describe("chunks in the log", () => {
  let test: TestPlatform;
  beforeEach(async () => {
    test = await openTestPlatform();
  });
  afterEach(() => test.close());

  const amounts = (): Promise<Record<string, unknown>[]> =>
    test.rows("SELECT toString(sum(effective_cost)) AS amount, count() AS n FROM cost_facts");
  const visible = (): Promise<Record<string, unknown>[]> =>
    test.rows("SELECT toString(amount) AS amount FROM current_snapshots ORDER BY charge_period_start");

  it("are stored once, whoever wrote them and however often they are delivered", async () => {
    const before = await messagesOfBefore(TEN);
    const after = await messagesOf(
      costReading("2026-11-23", [cpu("3.000000000001", { namespace: "team-a" })]),
    );
    for (const messages of [before, after]) {
      const [chunk] = messages;
      await test.log.publish([...(chunk ? [chunk] : []), ...messages, ...messages]);
    }
    await test.settle();
    expect(await visible()).toEqual([{ amount: "10" }, { amount: "3.000000000001" }]);
    expect(await amounts()).toEqual([{ amount: "13.000000000001", n: "2" }]);
    expect(await deadLetters(test)).toEqual([]);
  });

  it("that are the same rows are the same snapshot, as lines or as columns", async () => {
    await test.log.publish(await messagesOfBefore(TEN));
    await test.settle();
    await test.log.publish(await messagesOf(TEN));
    await test.settle();
    expect(await amounts()).toEqual([{ amount: "10", n: "1" }]);
  });

  it("that cannot be stored become dead letters with their cause, and what follows is stored", async () => {
    const [chunk, seal] = await messagesOf(TEN);
    if (!chunk || !seal) throw new Error("a reading has a chunk and a seal");
    const stream = gunzipSync(chunk.value);
    const bad = (value: Uint8Array, headers: Record<string, string> = {}): LogMessage => ({
      ...chunk,
      headers: { ...chunk.headers, ...headers },
      value,
    });
    const amount = makeData({
      type: new Decimal(12, 38, 128),
      length: 1,
      nullCount: 1,
      nullBitmap: new Uint8Array(1),
      data: new Uint32Array(4),
    });
    const withoutAmount = new Table({ effective_cost: makeVector(amount) });
    await test.log.publish([
      bad(Buffer.from("no gzip")),
      bad(gzipSync(stream.subarray(0, stream.byteLength / 2))),
      bad(gzipSync('{"kind":"workload"}\n')),
      bad(gzipSync(tableToIPC(tableFromIPC(stream).assign(withoutAmount), "stream"))),
      bad(chunk.value, { ce_dataset: "usage" }),
      bad(chunk.value, { ce_type: "apportion.snapshot.chunk.v3" }),
      bad(chunk.value, { ce_type: "apportion.snapshot.chunk.v1" }),
      chunk,
      seal,
    ]);
    await test.settle();
    expect(await deadLetters(test)).toEqual([
      expect.stringContaining("cannot be inflated"),
      expect.stringContaining("not a whole Arrow stream"),
      expect.stringContaining("not a whole Arrow stream"),
      expect.stringMatching(/ClickHouse refused chunk 0 of .*Cannot convert NULL value/),
      expect.stringMatching(/usage has no column "kind"; if a newer program wrote it, upgrade this service/),
      expect.stringContaining(
        "a newer program wrote this: intake knows no event of type apportion.snapshot.chunk.v3; upgrade",
      ),
      expect.stringContaining("ClickHouse refused chunk 0 of"),
    ]);
    expect(await visible()).toEqual([{ amount: "10" }]);
    expect(await amounts()).toEqual([{ amount: "10", n: "1" }]);
  });

  it("are open data: Arrow alone reads from them to the last digit what their seal says", async () => {
    const rows = Array.from({ length: CHUNK_ROWS_MAX + 2_000 }, (_, index) =>
      cpu(`${index % 97}.${String(index).padStart(12, "0")}`, { namespace: `team-${index}` }),
    );
    await test.log.publish(await messagesOf(costReading("2026-11-22", rows)));
    let sum = 0n;
    let chunks = 0;
    let sealed = "";
    for await (const { headers, value } of test.log.replay(TOPICS.readings.name)) {
      if (headers["content-type"] === "application/vnd.apache.arrow.stream") {
        chunks += 1;
        for (const cell of tableFromIPC(gunzipSync(value)).getChild("effective_cost") ?? [])
          sum += new BigInt64Array((cell as Uint32Array).slice().buffer)[0] ?? 0n;
      } else {
        const seal = decodeEvent("snapshotSealed", value);
        sealed = seal.ok ? seal.data.amount : "";
      }
    }
    expect(chunks).toBe(2);
    const digits = sum.toString();
    expect(`${digits.slice(0, -12)}.${digits.slice(-12)}`).toBe(sealed.padEnd(digits.length + 1, "0"));
  });
});
