/**
 * Blocks of `FORMAT Native`, column by column: the engine takes them several times as fast as rows of text, and a column in which few
 * values come again and again is a byte or two a row. For tables into which a million rows go at once.
 */

/** A column that is being filled row by row; at most as many rows as it was made for. */
interface NativeColumn {
  /** As ClickHouse names it; it converts what the table has otherwise, `String` for example. */
  readonly type: string;
  /** The rows so far. */
  bytes(rows: number): readonly Uint8Array[];
}

/** Text of which few values come again and again. */
export class TextColumn implements NativeColumn {
  readonly type = "LowCardinality(String)";
  readonly #keys = new Map<string, number>();
  readonly #indexes: Uint32Array;

  constructor(rowsMax: number) {
    this.#indexes = new Uint32Array(rowsMax);
  }

  /** The same text in the rows from `start` to before `end`. */
  fill(text: string, start: number, end: number): void {
    let key = this.#keys.get(text);
    if (key === undefined) this.#keys.set(text, (key = this.#keys.size));
    if (end === start + 1) this.#indexes[start] = key;
    else this.#indexes.fill(key, start, end);
  }

  bytes(rows: number): readonly Uint8Array[] {
    const indexes = this.#indexes.subarray(0, rows);
    const { size } = this.#keys;
    const [width, narrow] =
      size <= 0x100
        ? [0n, Uint8Array.from(indexes)]
        : size <= 0x1_0000
          ? [1n, Uint16Array.from(indexes)]
          : [2n, Uint32Array.from(indexes)];
    const head = BigUint64Array.of(VERSION, width | HAS_KEYS, BigInt(size));
    return [
      bytesOf(head),
      Buffer.concat([...this.#keys.keys()].map(textBytes)),
      bytesOf(BigUint64Array.of(BigInt(rows))),
      bytesOf(narrow),
    ];
  }
}

/** Of how `LowCardinality` is written. */
const VERSION = 1n;
/** Of its index: the texts that it points to come with it, and are no part of what came before. */
const HAS_KEYS = (1n << 9n) | (1n << 10n);

export class NumberColumn implements NativeColumn {
  readonly type = "UInt32";
  readonly #numbers: Uint32Array;

  constructor(rowsMax: number) {
    this.#numbers = new Uint32Array(rowsMax);
  }

  set(row: number, value: number): void {
    this.#numbers[row] = value;
  }

  bytes(rows: number): readonly Uint8Array[] {
    return [bytesOf(this.#numbers.subarray(0, rows))];
  }
}

/** `Decimal(38, 12)`, given as counts of its last place. */
export class DecimalColumn implements NativeColumn {
  readonly type = "Decimal(38, 12)";
  /** The low and the high half of each. */
  readonly #halves: BigUint64Array;

  constructor(rowsMax: number) {
    this.#halves = new BigUint64Array(rowsMax * 2);
  }

  set(row: number, value: bigint): void {
    this.#halves[row * 2] = value; // what is above 64 bits falls off
    this.#halves[row * 2 + 1] = value >> 64n;
  }

  bytes(rows: number): readonly Uint8Array[] {
    return [bytesOf(this.#halves.subarray(0, rows * 2))];
  }
}

/** A list of texts in each row, as a rule the same in many. */
export class TextsColumn implements NativeColumn {
  readonly type = "Array(String)";
  readonly #ends: BigUint64Array;
  readonly #texts: Uint8Array[] = [];
  #count = 0;

  constructor(rowsMax: number) {
    this.#ends = new BigUint64Array(rowsMax);
  }

  /** The same list in the rows from `start` to before `end`, which follow those of before. */
  fill(texts: readonly string[], start: number, end: number): void {
    const bytes = Buffer.concat(texts.map(textBytes));
    for (let row = start; row < end; row += 1) {
      this.#count += texts.length;
      this.#ends[row] = BigInt(this.#count);
      if (texts.length > 0) this.#texts.push(bytes);
    }
  }

  bytes(rows: number): readonly Uint8Array[] {
    return [bytesOf(this.#ends.subarray(0, rows)), Buffer.concat(this.#texts)];
  }
}

export interface NativeBlock {
  readonly columns: readonly string[];
  readonly bytes: Uint8Array;
}

/** The rows of some columns, by name, as one block. */
export function nativeBlock(columns: Readonly<Record<string, NativeColumn>>, rows: number): NativeBlock {
  const all = Object.entries(columns);
  const parts = all.flatMap(([name, column]) => [
    textBytes(name),
    textBytes(column.type),
    ...column.bytes(rows),
  ]);
  return {
    columns: Object.keys(columns),
    bytes: Buffer.concat([lengthBytes(all.length), lengthBytes(rows), ...parts]),
  };
}

function bytesOf(values: {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
}): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function textBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  return Buffer.concat([lengthBytes(bytes.byteLength), bytes]);
}

/** Seven bits a byte, the lowest first; the eighth says that another follows. */
function lengthBytes(length: number): Uint8Array {
  const bytes: number[] = [];
  let rest = length;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
