import type { IncomingMessage } from "node:http";
import { type Readable, pipeline } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { EngineError } from "./engine-error.js";

/** A request body of which the beginning is known. */
export interface Body {
  /** The first bytes; the whole body when `complete`. */
  readonly head: Buffer;
  readonly complete: boolean;
  /** The bytes from this offset on, the head's included. Once. */
  from(offset: number): AsyncIterable<Uint8Array>;
}

/**
 * Reads as much of the body as a statement may be long, decompressed and bounded.
 *
 * @throws EngineError 229 when the body is too large, 779 for an unknown encoding, 354 for broken compression
 */
export async function readBody(request: IncomingMessage, headBytes: number, bytesMax: number): Promise<Body> {
  const chunks = bounded(decoded(request), bytesMax);
  const parts: Buffer[] = [];
  let length = 0;
  let complete = false;
  while (length <= headBytes) {
    const next = await chunks.next();
    if (next.done) {
      complete = true;
      break;
    }
    parts.push(next.value);
    length += next.value.byteLength;
  }
  const head = Buffer.concat(parts);
  return {
    head,
    complete,
    async *from(offset: number) {
      if (offset < head.byteLength) yield head.subarray(offset);
      if (!complete) yield* chunks;
    },
  };
}

async function* bounded(source: Readable, bytesMax: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) {
        throw new EngineError(229, "QUERY_IS_TOO_LARGE", `Request body is larger than ${bytesMax} bytes`);
      }
      yield chunk;
    }
  } catch (error) {
    if (isZlibError(error)) {
      throw new EngineError(354, "ZLIB_INFLATE_FAILED", "The request body does not decompress", {
        cause: error,
      });
    }
    throw error;
  }
}

function isZlibError(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code.startsWith("Z_") || code.startsWith("ERR__ERROR_") || code.startsWith("ERR_PADDING");
}

function decoded(request: IncomingMessage): Readable {
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  const decoder = DECODERS.get(encoding);
  if (encoding === "identity" || encoding === "") return request;
  if (!decoder) throw new EngineError(779, "UNSUPPORTED_MEDIA_TYPE", `Unknown Content-Encoding ${encoding}`);
  // The reader of the decoder sees every failure of the request too; the callback only keeps it from being unhandled.
  return pipeline(request, decoder(), () => undefined);
}

/** A map, not an object: the name comes from outside, and every object has a `constructor`. */
const DECODERS: ReadonlyMap<string, () => ReturnType<typeof createGunzip>> = new Map([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);
