import type { PassThrough } from "node:stream";

/** All that was written to it since it was last asked; one `read()` gives no more than the first piece on newer Node.js. */
export function written(stream: PassThrough): string {
  const pieces: unknown[] = [];
  for (let piece: unknown = stream.read(); piece !== null; piece = stream.read()) pieces.push(piece);
  return pieces.join("");
}
