import { DateUnit } from "apache-arrow/fb/date-unit";
import { Date as ArrowDate } from "apache-arrow/fb/date";
import { Decimal } from "apache-arrow/fb/decimal";
import { DictionaryBatch } from "apache-arrow/fb/dictionary-batch";
import type { Field } from "apache-arrow/fb/field";
import { Int } from "apache-arrow/fb/int";
import { Message } from "apache-arrow/fb/message";
import { MessageHeader } from "apache-arrow/fb/message-header";
import { RecordBatch } from "apache-arrow/fb/record-batch";
import { Schema } from "apache-arrow/fb/schema";
import { TimeUnit } from "apache-arrow/fb/time-unit";
import { Timestamp } from "apache-arrow/fb/timestamp";
import { Type } from "apache-arrow/fb/type";
import { ByteBuffer } from "flatbuffers";
import type { Dataset } from "@apportion/domain/facts";
import { foreignText } from "@apportion/runtime/foreign-text";
import { REPUBLISH } from "./catalogue.js";
import { type ColumnKind, FACT_COLUMNS, SNAPSHOT_COLUMNS } from "./fact-columns.js";

const NEWER = `; if a newer program wrote it, ${REPUBLISH}`;

/**
 * Looks at the headers of an Arrow stream before ClickHouse sees it, which skips a column that its table does not have, bends values of
 * another type until they fit, and waits for the rest of a stream that breaks off. Nothing is read as often as a header says, nor from beyond
 * the bytes: a reader that believes headers can be made to fill the memory.
 *
 * @returns what is wrong, if anything
 */
export function whatIsWrongWith(dataset: Dataset, rowCount: number, stream: Uint8Array): string | undefined {
  let fields: number | undefined;
  let rows = 0;
  for (const message of messagesOf(stream)) {
    if (message === undefined) return "not a whole Arrow stream";
    const type = message.headerType();
    if (fields === undefined) {
      const schema = type === MessageHeader.Schema ? headerOf(message, new Schema()) : undefined;
      if (!schema) return "an Arrow stream that does not begin with its columns";
      const wrong = wrongColumns(dataset, schema);
      if (wrong !== undefined) return wrong;
      fields = schema.fieldsLength();
    } else {
      const dictionary =
        type === MessageHeader.DictionaryBatch ? headerOf(message, new DictionaryBatch())?.data() : undefined;
      const batch = type === MessageHeader.RecordBatch ? headerOf(message, new RecordBatch()) : dictionary;
      if (!batch || !isBounded(batch, fields)) return "an Arrow stream with something else than rows";
      if (!dictionary) rows += Number(batch.length());
    }
  }
  if (fields === undefined) return "not a whole Arrow stream";
  return rows === rowCount ? undefined : `it has ${rows} rows instead of ${rowCount}`;
}

const CONTINUES = -1;

/** Undefined stands for one that is not whole, and is the last. */
function* messagesOf(stream: Uint8Array): Generator<Message | undefined> {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  for (let at = 0; at < stream.byteLength;) {
    if (at + 8 > stream.byteLength || view.getInt32(at, true) !== CONTINUES) return yield undefined;
    const length = view.getInt32(at + 4, true);
    at += 8;
    if (length === 0) return; // the end that a stream says
    if (length < 0 || at + length > stream.byteLength) return yield undefined;
    const message = Message.getRootAsMessage(new ByteBuffer(stream.subarray(at, at + length)));
    const bodyLength = message.bodyLength();
    at += length;
    if (bodyLength < 0n || bodyLength > BigInt(stream.byteLength - at)) return yield undefined;
    yield message;
    at += Number(bodyLength);
  }
}

/** The library's types do not say what `header` gives. */
function headerOf<T>(message: Message, header: T): T | undefined {
  return (message.header(header) as T | null) ?? undefined;
}

/** A column of ours has one node, and three buffers at most. */
function isBounded(batch: RecordBatch, fields: number): boolean {
  return batch.nodesLength() <= fields && batch.buffersLength() <= 3 * fields;
}

function wrongColumns(dataset: Dataset, schema: Schema): string | undefined {
  const kinds: Readonly<Record<string, ColumnKind>> = { ...FACT_COLUMNS[dataset], ...SNAPSHOT_COLUMNS };
  const seen = new Set<string>();
  for (let index = 0; index < schema.fieldsLength(); index += 1) {
    const field = schema.fields(index);
    const name = field?.name() ?? "";
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (!field || kind === undefined)
      return `${dataset} has no column ${JSON.stringify(foreignText(name))}${NEWER}`;
    if (seen.has(name)) return `${name} stands in it twice`;
    if (!FITS[kind](field)) return `${name} is not of the type that ${dataset} has it in${NEWER}`;
    seen.add(name);
  }
  const missing = Object.keys(SNAPSHOT_COLUMNS).find((column) => !seen.has(column));
  return missing === undefined ? undefined : `${missing} is missing`;
}

function typeOf<T>(field: Field, expected: Type, type: T): T | undefined {
  if (field.typeType() !== expected || field.childrenLength() > 0) return undefined;
  return (field.type(type) as T | null) ?? undefined;
}

/** With a dictionary or without, which the writer chooses. */
const isName = (field: Field): boolean => field.typeType() === Type.Utf8 && field.childrenLength() === 0;

function isAmount(field: Field): boolean {
  const type = typeOf(field, Type.Decimal, new Decimal());
  return !field.dictionary() && type?.precision() === 38 && type.scale() === 12 && type.bitWidth() === 128;
}

const FITS: Readonly<Record<ColumnKind, (field: Field) => boolean>> = {
  name: isName,
  text: isName,
  amount: isAmount,
  "known-amount": isAmount,
  "known-day": (field) =>
    !field.dictionary() && typeOf(field, Type.Date, new ArrowDate())?.unit() === DateUnit.DAY,
  count: (field) => {
    const type = typeOf(field, Type.Int, new Int());
    return !field.dictionary() && type?.bitWidth() === 32 && !type.isSigned();
  },
  instant: (field) => {
    const type = typeOf(field, Type.Timestamp, new Timestamp());
    return !field.dictionary() && type?.unit() === TimeUnit.SECOND && type.timezone() === "UTC";
  },
};
