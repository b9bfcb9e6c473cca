import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import path from "node:path";
import { EngineError } from "./engine-error.js";

/** A file that holds the rows of one insert until the engine has read them. */
export interface Spooled {
  readonly path: string;
  readonly bytes: number;
  remove(): Promise<void>;
}

/**
 * Insert bodies on their way to the engine, in a folder of this server alone, on a memory file system when there is one. A
 * body that breaks off halfway never reaches the engine: it is read to its end first.
 */
export class Spool {
  readonly #folder: string;
  readonly #bytesMax: number;
  #bytes = 0;

  /** @param folder emptied now; its path must hold no characters that mean something in a file glob */
  constructor(folder: string, bytesMax: number) {
    if (!/^[\w./-]+$/.test(folder)) throw new Error(`Spool folder with glob characters: ${folder}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
    this.#bytesMax = bytesMax;
  }

  /** @throws EngineError 202 when all bodies together are too large; what the stream throws */
  async write(chunks: AsyncIterable<Uint8Array>): Promise<Spooled> {
    const file = path.join(this.#folder, randomUUID());
    let bytes = 0;
    const remove = async (): Promise<void> => {
      await rm(file, { force: true });
      this.#bytes -= bytes;
      bytes = 0;
    };
    const handle = await open(file, "wx", 0o600);
    try {
      for await (const chunk of chunks) {
        bytes += chunk.byteLength;
        this.#bytes += chunk.byteLength;
        if (this.#bytes > this.#bytesMax) {
          throw new EngineError(202, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many insert bodies wait at once");
        }
        await handle.writeFile(chunk);
      }
    } catch (error) {
      await handle.close();
      await remove();
      throw error;
    }
    await handle.close();
    return { path: file, bytes, remove };
  }

  removeAll(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
