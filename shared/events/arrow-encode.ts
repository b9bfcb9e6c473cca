import {
  type Data,
  DateDay,
  Decimal,
  Dictionary,
  Field,
  Int16,
  Int32,
  Int8,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampSecond,
  Uint32,
  Utf8,
  Vector,
} from "apache-arrow";
import { readingName, type Dataset, type FactRows, type ReadingKey } from "@apportion/domain/facts";
import { MoneyError, parseExactPicos } from "@apportion/domain/money";
import { DAY_MS, parseDay, PeriodError } from "@apportion/domain/period";
import { FACT_COLUMNS, type FactKind, type SNAPSHOT_COLUMNS } from "./fact-columns.js";
import { MisfitError } from "./misfit.js";

type Row = FactRows[Dataset];
/** Where the rows of a chunk belong. */
export type ChunkOf = ReadingKey & { readonly snapshotId: string; readonly chunk: number };

/** Cells of one column: undefined where a row has none. */
interface Cells {
  readonly dataset: Dataset;
  readonly column: string;
  /** Of the chunk's first row in the snapshot. */
  readonly firstRow: number;
  readonly texts: readonly (string | undefined)[];
}

/**
 * Rows as an Arrow IPC stream of one record batch: the columns of their snapshot, and those that any row fills. Others are left to the
 * table's defaults. Columns are built as they lie in the stream; going through objects takes several times as long.
 *
 * @param firstRow place of the first of them in the snapshot, for errors
 * @throws MisfitError for a row that its table cannot hold
 */
export function toArrow(of: ChunkOf, rows: readonly Row[], firstRow: number): Uint8Array {
  const columns = snapshotColumns(of, rows.length);
  const filled = cellsOf(of.dataset, rows, firstRow);
  for (const [column, kind] of Object.entries(FACT_COLUMNS[of.dataset])) {
    const cells = filled.get(column);
    if (cells) columns.push([column, dataOf(kind, cells, columns.length)]);
  }
  const schema = new Schema(
    columns.map(([name, { type, nullCount }]) => new Field(name, type, nullCount > 0)),
  );
  const children = columns.map(([, data]) => data);
  const struct = makeData({ type: new Struct(schema.fields), length: rows.length, nullCount: 0, children });
  return RecordBatchStreamWriter.writeAll([new RecordBatch(schema, struct)]).toUint8Array(true);
}

/**
 * Columns that any row fills. Empty and zero cells are as good as absent: the canonical form leaves them out. It goes row by row: the
 * same row once for each column takes three times as long.
 */
function cellsOf(dataset: Dataset, rows: readonly Row[], firstRow: number): ReadonlyMap<string, Cells> {
  const filled = new Map<string, Cells & { readonly texts: (string | undefined)[] }>();
  for (const [index, row] of (rows as readonly Readonly<Record<string, unknown>>[]).entries()) {
    for (const column in row) {
      const value = row[column];
      if (value === undefined || value === "" || value === "0") continue;
      let cells = filled.get(column);
      if (!cells) {
        if (!Object.hasOwn(FACT_COLUMNS[dataset], column))
          throw new MisfitError(dataset, firstRow + index, column, value, "there is no such column");
        cells = { dataset, column, firstRow, texts: [] };
        cells.texts.length = rows.length;
        filled.set(column, cells);
      }
      if (typeof value !== "string")
        throw new MisfitError(dataset, firstRow + index, column, value, "it has to be a text");
      cells.texts[index] = value;
    }
  }
  return filled;
}

/** @param id of the dictionary, if it has one: no other of the stream may have it */
function dataOf(kind: FactKind, cells: Cells, id: number): Data {
  switch (kind) {
    case "name":
      return names(cells, id);
    case "text":
      return utf8(wellFormed(cells));
    case "amount":
      return amounts(cells);
    case "known-amount":
      return amounts(cells, known(cells));
    case "known-day":
      return days(cells, known(cells));
  }
}

function snapshotColumns(of: ChunkOf, length: number): [string, Data][] {
  const { start, end } = of.chargePeriod;
  const name = (text: string, id: number): Data => indexed(new Int8Array(length), [text], id);
  const instant = (text: string): Data =>
    makeData({
      type: new TimestampSecond("UTC"),
      length,
      nullCount: 0,
      data: new BigInt64Array(length).fill(secondsOf(of, text)),
    });
  const values = {
    snapshot_id: name(of.snapshotId, 0),
    chunk: makeData({
      type: new Uint32(),
      length,
      nullCount: 0,
      data: new Uint32Array(length).fill(of.chunk),
    }),
    source: name(of.source, 2),
    scope: name(of.scope, 3),
    charge_period_start: instant(start),
    charge_period_end: instant(end),
  } satisfies Record<keyof typeof SNAPSHOT_COLUMNS, Data>;
  return Object.entries(values);
}

/** ClickHouse's DateTime. */
const INSTANT_MAX = 2 ** 32 - 1;

function secondsOf(of: ChunkOf, instant: string): bigint {
  const seconds = Date.parse(instant) / 1000;
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= INSTANT_MAX) return BigInt(seconds);
  throw new RangeError(`${readingName(of)}: no table holds ${instant} as a bound of its charge period`);
}

function names(cells: Cells, id: number): Data {
  const numbers = new Map<string, number>();
  const indices = new Int32Array(cells.texts.length);
  for (let row = 0; row < indices.length; row += 1) {
    const text = cells.texts[row] ?? "";
    let index = numbers.get(text);
    if (index === undefined) numbers.set(text, (index = numbers.size));
    indices[row] = index;
  }
  const values = [...numbers.keys()];
  if (values.some((text) => HALF.test(text))) wellFormed(cells);
  if (values.length <= 2 ** 7) return indexed(Int8Array.from(indices), values, id);
  return indexed(values.length <= 2 ** 15 ? Int16Array.from(indices) : indices, values, id);
}

function indexed(data: Int8Array | Int16Array | Int32Array, values: readonly string[], id: number): Data {
  const index =
    data instanceof Int8Array ? new Int8() : data instanceof Int16Array ? new Int16() : new Int32();
  const type = new Dictionary(new Utf8(), index, id);
  return makeData({ type, length: data.length, nullCount: 0, data, dictionary: new Vector([utf8(values)]) });
}

/** Half of a character of two, which a JSON text may hold, is no UTF-8. */
const HALF = /\p{Surrogate}/u;

function wellFormed(cells: Cells): readonly (string | undefined)[] {
  const { dataset, column, firstRow, texts: values } = cells;
  const at = values.findIndex((text = "") => HALF.test(text));
  if (at < 0) return values;
  throw new MisfitError(dataset, firstRow + at, column, values[at], "half a character of two is no text");
}

function utf8(values: readonly (string | undefined)[]): Data<Utf8> {
  const joined = values.join("");
  const data = Buffer.from(joined);
  const isAscii = data.byteLength === joined.length;
  const valueOffsets = new Int32Array(values.length + 1);
  let end = 0;
  for (const [row, text = ""] of values.entries()) {
    end += isAscii ? text.length : Buffer.byteLength(text);
    valueOffsets[row + 1] = end;
  }
  return makeData({ type: new Utf8(), length: values.length, nullCount: 0, valueOffsets, data });
}

const AMOUNT = new Decimal(12, 38, 128);

/** Two words for each: the lower 64 bits, then the upper ones with the sign. */
function amounts(cells: Cells, nulls: Nulls = NO_NULLS): Data<Decimal> {
  const words = new BigInt64Array(cells.texts.length * 2);
  for (let row = 0; row < cells.texts.length; row += 1) {
    const text = cells.texts[row];
    if (text === undefined) continue;
    const picos = fitting(cells, row, text, parseExactPicos);
    words[row * 2] = picos;
    words[row * 2 + 1] = picos >> 64n;
  }
  const data = new Uint32Array(words.buffer);
  return makeData({ type: AMOUNT, length: cells.texts.length, data, ...nulls });
}

/** ClickHouse's Date counts days in 16 bits. */
const DAY_NUMBER_MAX = 2 ** 16 - 1;

function days(cells: Cells, nulls: Nulls): Data<DateDay> {
  const data = new Int32Array(cells.texts.length);
  for (const [row, text] of cells.texts.entries()) {
    if (text !== undefined) data[row] = fitting(cells, row, text, dayNumber);
  }
  return makeData({ type: new DateDay(), length: cells.texts.length, data, ...nulls });
}

function dayNumber(text: string): number {
  const day = Date.parse(parseDay(text)) / DAY_MS;
  if (day < 0 || day > DAY_NUMBER_MAX)
    throw new PeriodError("no table holds a day before 1970 or after 2149");
  return day;
}

function fitting<T>(
  { dataset, column, firstRow }: Cells,
  row: number,
  text: string,
  parse: (text: string) => T,
): T {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof MoneyError || error instanceof PeriodError)) throw error;
    throw new MisfitError(dataset, firstRow + row, column, text, error.message);
  }
}

interface Nulls {
  readonly nullCount: number;
  readonly nullBitmap?: Uint8Array;
}
const NO_NULLS: Nulls = { nullCount: 0 };

/** A bit for each row, set where it has a value. */
function known({ texts }: Cells): Nulls {
  const nullBitmap = new Uint8Array(Math.ceil(texts.length / 8));
  let nullCount = 0;
  for (const [row, text] of texts.entries()) {
    if (text === undefined) nullCount += 1;
    else nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7));
  }
  return { nullCount, nullBitmap };
}
