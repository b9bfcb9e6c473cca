/**
 * kafkajs copies all headers that it has read for each further one: a message with 10,000 of them stops the process for 46 seconds,
 * longer than a session lasts, and so would come again for ever. Here its decoder of records is given headers in one step. It is
 * loaded before the first message is fetched, since kafkajs loads its decoders when it first needs them.
 */
import { createRequire } from "node:module";

interface Header {
  readonly key: string;
  readonly value: Buffer | null;
}
/** kafkajs's cursor over the bytes of one record. */
interface RecordBytes {
  readVarIntArray(readOne: (bytes: RecordBytes) => Header): readonly Header[];
}
type DecodeRecord = (bytes: RecordBytes, batch: unknown) => unknown;
type HeaderValue = Header["value"] | Header["value"][];

const require = createRequire(import.meta.url);
const file = require.resolve("kafkajs/src/protocol/recordBatch/record/v0/decoder.js");
const decodeRecord = require(file) as DecodeRecord;
const loaded = require.cache[file];
if (!loaded) throw new Error(`${file} was loaded and is not in the cache of modules`);
loaded.exports = ((bytes, batch) => decodeRecord(withHeadersInOneStep(bytes), batch)) satisfies DecodeRecord;

function withHeadersInOneStep(bytes: RecordBytes): RecordBytes {
  return Object.create(bytes, {
    readVarIntArray: {
      value(this: RecordBytes, readOne: (bytes: RecordBytes) => Header) {
        const headers = bytes.readVarIntArray.call(this, readOne);
        return { reduce: () => byName(headers) };
      },
    },
  }) as RecordBytes;
}

/** As kafkajs gives them: a name that comes again has a list. */
function byName(headers: readonly Header[]): Record<string, HeaderValue> {
  const values = new Map<string, HeaderValue>();
  for (const { key, value } of headers) {
    const before = values.get(key);
    if (Array.isArray(before)) before.push(value);
    else values.set(key, before === undefined ? value : [before, value]);
  }
  return Object.fromEntries(values);
}
