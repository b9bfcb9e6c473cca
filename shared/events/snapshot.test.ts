import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Reading, UsageFactRow } from "@apportion/domain/facts";
import { decodeEvent, encodeEvent } from "./catalogue.js";
import { eventTypeOf } from "./cloud-event.js";
import {
  CHUNK_BYTES_MAX,
  CHUNK_ROWS_MAX,
  decodeChunkHeaders,
  encodeChunks,
  inflateChunk,
  prepareSnapshot,
} from "./snapshot.js";

const READ_AT = new Date("2026-11-23T06:00:00Z");
const usage = (team_label: string, quantity: string): UsageFactRow => ({
  meter: "m",
  unit: "runs",
  team_label,
  namespace: "",
  quantity,
});
const reading = (
  rows: readonly UsageFactRow[],
  finality: "final" | "provisional" = "final",
): Reading<"usage"> => ({
  key: {
    dataset: "usage",
    source: "mlflow",
    scope: "one",
    chargePeriod: { start: "2026-11-22T00:00:00Z", end: "2026-11-23T00:00:00Z" },
  },
  rows,
  finality,
});
const hashOf = (rows: readonly UsageFactRow[], currency = "USD"): string =>
  prepareSnapshot(reading(rows), READ_AT, currency).seal.contentHash;

/** The rows of all chunks, as intake inserts them. */
async function storedRows(
  rows: readonly UsageFactRow[],
): Promise<{ rows: Record<string, unknown>[]; chunks: number[] }> {
  const messages = await encodeChunks(prepareSnapshot(reading(rows), READ_AT, "USD"), "/test");
  const stored: Record<string, unknown>[] = [];
  const chunks: number[] = [];
  for (const { headers, value } of messages) {
    const header = decodeChunkHeaders(headers);
    const inflated = await inflateChunk(value);
    if (!header.ok || !inflated.ok) throw new Error("A chunk can be read");
    const lines = Buffer.from(inflated.data).toString().trim().split("\n");
    expect(lines).toHaveLength(header.data.rowCount);
    chunks.push(header.data.chunk);
    stored.push(...lines.map((line) => JSON.parse(line) as Record<string, unknown>));
  }
  return { rows: stored, chunks };
}

describe("a snapshot", () => {
  it("is the same whatever the order of its rows, and leaves out what is empty or zero", async () => {
    const rows = [usage("a", "1"), usage("b", "2"), usage("", "3")];
    expect(hashOf(rows.toReversed())).toBe(hashOf(rows));
    const [row] = (await storedRows([usage("", "3")])).rows;
    expect(Object.keys(row ?? {}).toSorted()).toEqual(
      [
        "charge_period_end",
        "charge_period_start",
        "chunk",
        "meter",
        "quantity",
        "scope",
        "snapshot_id",
        "source",
        "unit",
      ].toSorted(),
    );
  });

  it("is another one when a quantity or the currency changes, and has an id of its own for each finality", () => {
    const rows = [usage("a", "1")];
    expect(hashOf([usage("a", "1.000000000001")])).not.toBe(hashOf(rows));
    expect(hashOf(rows, "EUR")).not.toBe(hashOf(rows));
    const ids = (["final", "provisional"] as const).map(
      (finality) => prepareSnapshot(reading(rows, finality), READ_AT, "USD").seal.snapshotId,
    );
    expect(ids[0]).not.toBe(ids[1]);
  });

  it("is sealed with the exact sum of its rows", () => {
    const { seal } = prepareSnapshot(
      reading([usage("a", "0.1"), usage("b", "0.000000000002")]),
      READ_AT,
      "USD",
    );
    expect(seal).toMatchObject({ amount: "0.100000000002", rowCount: 2, readAt: "2026-11-23T06:00:00.000Z" });
  });

  it("comes back from its chunks row by row", async () => {
    const rows = Array.from({ length: CHUNK_ROWS_MAX + 5 }, (_, index) => usage(`team-${index}`, "1"));
    const stored = await storedRows(rows);
    expect(stored.rows).toHaveLength(rows.length);
    expect(stored.chunks).toEqual([0, 1]);
    expect(new Set(stored.rows.map((row) => row["team_label"])).size).toBe(rows.length);
  });

  it("halves chunks that do not fit into a message, and numbers them without a gap", async () => {
    const rows = Array.from({ length: 4_000 }, () => usage(randomBytes(400).toString("base64"), "1"));
    const messages = await encodeChunks(prepareSnapshot(reading(rows), READ_AT, "USD"), "/test");
    expect(messages.length).toBeGreaterThan(1);
    expect(Math.max(...messages.map(({ value }) => value.byteLength))).toBeLessThanOrEqual(CHUNK_BYTES_MAX);
    const { chunks } = await storedRows(rows);
    expect(chunks).toEqual(chunks.map((_, index) => index));
  });

  it("says what is wrong with a damaged chunk, and does not inflate a bomb", async () => {
    const whole = gzipSync("x".repeat(1_000));
    expect(await inflateChunk(whole.subarray(0, 10))).toMatchObject({ ok: false });
    expect(await inflateChunk(Buffer.from("no gzip"))).toMatchObject({ ok: false });
    expect(await inflateChunk(gzipSync(Buffer.alloc(80 * 1024 * 1024)))).toMatchObject({ ok: false });
    expect(decodeChunkHeaders({ ce_chunk: "-1" })).toMatchObject({ ok: false });
  });
});

describe("events", () => {
  const attributes = { id: "1", source: "/test", key: "2026-11", subject: "2026-11", time: READ_AT };

  it("are CloudEvents whose data fits their schema", () => {
    const event = encodeEvent(
      "allocationRequested",
      { billingPeriod: "2026-11", days: ["2026-11-01"], reason: "test" },
      attributes,
    );
    expect(eventTypeOf(event.headers)).toBe("apportion.allocation.requested.v1");
    expect(decodeEvent("allocationRequested", event.value)).toEqual({
      ok: true,
      data: { billingPeriod: "2026-11", days: ["2026-11-01"], reason: "test" },
    });
    expect(() =>
      encodeEvent("allocationRequested", { billingPeriod: "2026-13", days: [], reason: "" }, attributes),
    ).toThrow("billingPeriod");
  });

  it("that cannot be read say what is wrong", () => {
    expect(decodeEvent("allocationRequested", Buffer.from("{"))).toMatchObject({ ok: false });
    expect(decodeEvent("allocationRequested", Buffer.from('{"days":1}'))).toMatchObject({ ok: false });
    expect(eventTypeOf({ hello: "world" })).toBeUndefined();
  });
});
