import { z } from "zod";
import { notWholeJson } from "@apportion/readings/upstream";
import { ReadingError } from "@apportion/readings/source";
import { foreignText } from "@apportion/runtime/foreign-text";

const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** `{` of the answer, `[` of data, `{` of a set, `{` of an allocation. */
const ALLOCATION_DEPTH = 4;
/** What stands for an allocation in the envelope. */
const PLACEHOLDER = Buffer.from("0");

const envelopeSchema = z.object({
  code: z.number(),
  message: z.string().optional(),
  data: z.array(z.record(z.string(), z.unknown()).nullable()).nullable(),
});

/**
 * The allocations of an answer `{ code, data: [{ name: allocation, … }] }`, one at a time: 60,000 containers are more than
 * 100 MB of JSON, which are never held as a whole. What lies around the allocations is kept and checked at the end.
 *
 * @throws ReadingError unavailable when the answer is cut off, malformed when it is an error or has several sets
 */
export async function* allocationsOf(body: AsyncIterable<Uint8Array>, what: string): AsyncGenerator {
  const envelope: Buffer[] = [];
  let pending: Buffer[] = [];
  let depth = 0;
  let inString = false;
  let escaped = false;
  let count = 0;
  let bytes = 0;
  for await (const data of body) {
    const chunk = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    bytes += chunk.byteLength;
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (byte === QUOTE) inString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        depth += 1;
        if (depth === ALLOCATION_DEPTH && byte === OPEN_OBJECT) {
          envelope.push(chunk.subarray(from, at), PLACEHOLDER);
          from = at;
        }
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        if (depth === ALLOCATION_DEPTH && byte === CLOSE_OBJECT) {
          pending.push(chunk.subarray(from, at + 1));
          count += 1;
          yield parse(Buffer.concat(pending), what, bytes);
          pending = [];
          from = at + 1;
        }
        depth -= 1;
      }
    }
    // The chunk's memory is used again for the next one.
    (depth >= ALLOCATION_DEPTH ? pending : envelope).push(Buffer.from(chunk.subarray(from)));
  }
  checkEnvelope(parse(Buffer.concat(envelope), what, bytes), count, what);
}

function parse(text: Buffer, what: string, bytes: number): unknown {
  try {
    return JSON.parse(text.toString("utf8"));
  } catch (error) {
    throw notWholeJson(what, bytes, error);
  }
}

function checkEnvelope(value: unknown, count: number, what: string): void {
  const parsed = envelopeSchema.safeParse(value);
  if (!parsed.success)
    throw new ReadingError(
      "malformed",
      `${what} answered in another shape than documented: ${foreignText(z.prettifyError(parsed.error))}`,
    );
  const { code, message, data } = parsed.data;
  if (code !== 200 || data === null)
    throw new ReadingError(
      "malformed",
      `${what} answered with code ${code}${message === undefined ? "" : `: ${foreignText(message)}`}`,
    );
  if (data.length > 1)
    throw new ReadingError("malformed", `${what} answered with ${data.length} sets for one day`);
  if (Object.keys(data[0] ?? {}).length !== count)
    throw new ReadingError("malformed", `${what} answered with objects that are not allocations`);
}
