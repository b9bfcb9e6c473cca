import type { ServerResponse } from "node:http";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { cityHash128 } from "./city-hash.js";

/** One block, before it is compressed. The checksum of one takes some milliseconds, in which nobody else is served. */
const BLOCK_BYTES = 64 * 1024;
const LZ4 = 0x82;
const HEADER_BYTES = 9;

/**
 * Sends the answer as `compress=1` asks for it, which Java's driver does by itself: in ClickHouse's compressed blocks. They are LZ4
 * of literals alone and so not smaller: whoever asks from this machine's loopback interface has no need of that.
 */
export async function sendBlocks(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  for (let start = 0; start < bytes.byteLength; start += BLOCK_BYTES) {
    const more = response.write(block(bytes.subarray(start, start + BLOCK_BYTES)));
    await (more || response.destroyed
      ? turn()
      : once(response, "drain", { signal: gone.signal }).catch(ignore));
    if (response.destroyed) return; // who asked has gone
  }
  response.end();
}

function ignore(): void {}

/** Checksum; method, size of this header and of what follows, size when decompressed; one sequence of LZ4 without a match. */
export function block(bytes: Uint8Array): Buffer {
  const length = literalLength(bytes.byteLength);
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt8(LZ4, 0);
  header.writeUInt32LE(HEADER_BYTES + length.byteLength + bytes.byteLength, 1);
  header.writeUInt32LE(bytes.byteLength, 5);
  const content = Buffer.concat([header, length, bytes]);
  return Buffer.concat([cityHash128(content), content]);
}

/** The upper half of a byte counts up to 14; 15 says that bytes follow of which each adds up to 254, and 255 that one more does. */
function literalLength(count: number): Buffer {
  if (count < 15) return Buffer.from([count << 4]);
  const beyond = count - 15;
  const full = Math.floor(beyond / 255);
  return Buffer.concat([Buffer.from([0xf0]), Buffer.alloc(full, 255), Buffer.from([beyond % 255])]);
}
