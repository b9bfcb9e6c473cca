import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { ClickHouseSettings } from "@clickhouse/client";
import type { ClickHouse } from "./client.js";
import { clickHouseCode } from "./errors.js";
import { plainName, tableName } from "./identifier.js";
import type { NativeBlock } from "./native.js";

export interface InsertOptions {
  /**
   * Names this insert for good: ClickHouse stores nothing when it remembers the token (the table's
   * `non_replicated_deduplication_window` or `replicated_deduplication_window` says for how many inserts it does), so a
   * repeat after a lost answer is harmless. The same token must always carry the same rows in the same order.
   */
  readonly token: string;
  readonly abortSignal?: AbortSignal;
}

/**
 * Inserts objects whose keys are the table's columns; absent ones get the column's default. Amounts are strings.
 *
 * @throws ClickHouseError when ClickHouse refuses (see `isRefusal`); other errors mean that it is not known whether the rows
 *   were stored, and that the same call may be repeated
 */
export async function insertRows(
  client: ClickHouse,
  table: string,
  rows: readonly Readonly<Record<string, unknown>>[],
  options: InsertOptions,
): Promise<void> {
  const checked = tableName(table);
  if (rows.length === 0) return;
  await inTurn(options, async () => {
    await client.insert({
      table: checked,
      values: [...rows],
      format: "JSONEachRow",
      clickhouse_settings: insertSettings(options),
      ...(options.abortSignal ? { abort_signal: options.abortSignal } : {}),
    });
  });
}

/**
 * As {@link insertRows}, for rows in a format of ClickHouse that pass through unparsed. A row of JSON that does not fit is refused. Of an
 * Arrow stream ClickHouse skips columns that the table does not have, and converts other types, whatever the settings say: whoever inserts
 * one has looked at its columns before.
 */
export async function insertEncoded(
  client: ClickHouse,
  table: string,
  format: "JSONEachRow" | "ArrowStream",
  bytes: Uint8Array,
  options: InsertOptions,
): Promise<void> {
  await insertBytes(client, `INSERT INTO ${tableName(table)} FORMAT ${format}`, bytes, options);
}

/** As {@link insertRows}, for a block of `FORMAT Native`; see `native.ts`. */
export async function insertNative(
  client: ClickHouse,
  table: string,
  block: NativeBlock,
  options: InsertOptions,
): Promise<void> {
  const target = `${tableName(table)} (${block.columns.map(plainName).join(", ")})`;
  await insertBytes(client, `INSERT INTO ${target} FORMAT Native`, block.bytes, options);
}

/**
 * Inserts what a query gives. It has no token: whoever repeats it has to write under another name, as an attempt does.
 * @param query `INSERT INTO … SELECT …`
 */
export async function insertSelect(
  client: ClickHouse,
  query: string,
  params: Readonly<Record<string, unknown>>,
  settings: ClickHouseSettings = {},
): Promise<void> {
  await inTurn({}, async () => {
    await client.command({
      query,
      query_params: { ...params },
      // What ClickHouse remembers of rows that are gone must not hold these back.
      clickhouse_settings: { ...settings, insert_deduplicate: 0 },
    });
  });
}

/** No bytes, no request. */
async function insertBytes(
  client: ClickHouse,
  query: string,
  bytes: Uint8Array,
  options: InsertOptions,
): Promise<void> {
  if (bytes.byteLength === 0) return;
  await inTurn(options, async () => {
    const answer = await client.exec({
      query,
      values: Readable.from([bytes], { objectMode: false }),
      clickhouse_settings: insertSettings(options),
      ...(options.abortSignal ? { abort_signal: options.abortSignal } : {}),
    });
    await finished(answer.stream.resume()); // the socket goes back to the pool once the empty answer is read
  });
}

/** UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE: replicas do not have the insert before yet. */
const NOT_ITS_TURN = 286;
const TURN_MS = 100;
/** A dozen seconds; then whoever asked for the insert repeats it later. */
const TURNS_MAX = 120;

/** On a cluster a table takes one insert after the other (`client.ts`), and refuses one that comes meanwhile. */
async function inTurn(
  { abortSignal }: Pick<InsertOptions, "abortSignal">,
  insert: () => Promise<void>,
): Promise<void> {
  for (let turn = 1; ; turn += 1) {
    try {
      return await insert();
    } catch (error) {
      if (clickHouseCode(error) !== NOT_ITS_TURN || turn === TURNS_MAX) throw error;
    }
    await pause(TURN_MS * (0.5 + Math.random()), undefined, abortSignal && { signal: abortSignal });
  }
}

function insertSettings({ token }: InsertOptions): ClickHouseSettings {
  if (token === "") throw new TypeError("An insert needs a deduplication token"); // "" would switch deduplication to content hashes
  return {
    insert_deduplication_token: token,
    insert_deduplicate: 1,
    // A retry must also mend a materialized view that missed the first attempt, and not feed it twice.
    deduplicate_blocks_in_dependent_materialized_views: 1,
    // An asynchronous insert is acknowledged before it is stored.
    async_insert: 0,
    // A row that does not fit is refused, not bent until it does.
    input_format_skip_unknown_fields: 0,
    input_format_null_as_default: 0,
    input_format_allow_errors_num: "0",
    input_format_allow_errors_ratio: 0,
    date_time_input_format: "best_effort",
    // Absent columns get their defaults, as in JSON.
    input_format_arrow_allow_missing_columns: 1,
    input_format_arrow_case_insensitive_column_matching: 0,
  };
}
