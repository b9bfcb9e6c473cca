import { createHash } from "node:crypto";
import { createWriteStream, existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { BillingPeriod } from "@apportion/domain/period";
import {
  type Listed,
  listed,
  type Manifest,
  MANIFEST_FILE,
  manifestText,
  SUMS_FILE,
  sumsText,
} from "@apportion/reports/pack/manifest";
import { z } from "zod";
import { UsageError } from "./context.js";
import { cannotWrite, makeFolder, writeOut } from "./destination.js";

/** A month's folder of reports while it is written. */
export interface ReportFolder {
  write(name: string, content: string | Buffer): void;
  /** What is too long for memory. */
  stream(name: string, content: Readable): Promise<void>;
  /** Puts a manifest of what was written beside it. */
  describe(about: Omit<Manifest, "files">): void;
  /** Gives the folder its name. Paths of what was written. */
  finish(): readonly string[];
  /** Leaves what was there as it was. */
  abandon(): void;
}

/**
 * Begins the folder of a month in `out`. A whole one is written beside the one that is there and takes its place when all of it is written;
 * one team's files are written into it, and whoever was given the others' manifest finds it wrong, so that is taken away.
 * @throws UsageError when what is there holds files that are none of a report
 */
export function beginFolder(out: string, period: BillingPeriod, isWhole: boolean): ReportFolder {
  const folder = join(out, period);
  const place = isWhole ? join(out, `.${period}.part`) : folder;
  if (isWhole) rmSync(place, { recursive: true, force: true });
  makeFolder(place);
  const files: Listed[] = [];
  const write = (name: string, content: string | Buffer): void => {
    writeOut(join(place, name), content);
    files.push(listed(name, content));
  };
  return {
    write,
    async stream(name, content) {
      const hash = createHash("sha256");
      let bytes = 0;
      const path = join(place, name);
      try {
        await pipeline(
          content,
          async function* (chunks: AsyncIterable<Buffer>) {
            for await (const chunk of chunks) {
              hash.update(chunk);
              bytes += chunk.length;
              yield chunk;
            }
          },
          createWriteStream(path, { mode: 0o600 }),
        );
      } catch (error) {
        throw cannotWrite(path, error);
      }
      files.push({ name, bytes, sha256: hash.digest("hex") });
    },
    describe(about) {
      const manifest = { ...about, files };
      const [text, sums] = [manifestText(manifest), sumsText(manifest)];
      write(MANIFEST_FILE, text);
      write(SUMS_FILE, sums);
    },
    finish() {
      const names = files.map(({ name }) => name);
      if (isWhole) replace(folder, place, names);
      else for (const name of [MANIFEST_FILE, SUMS_FILE]) rmSync(join(folder, name), { force: true });
      return names.map((name) => join(folder, name));
    },
    abandon() {
      if (isWhole) rmSync(place, { recursive: true, force: true });
    },
  };
}

function replace(folder: string, place: string, names: readonly string[]): void {
  const ours = new Set([...names, ...listedIn(folder), MANIFEST_FILE, SUMS_FILE]);
  const others = existsSync(folder) ? readdirSync(folder).filter((name) => !ours.has(name)) : [];
  if (others.length > 0) {
    rmSync(place, { recursive: true, force: true });
    throw new UsageError(
      `--out: ${folder} holds ${others.slice(0, 3).join(", ")}${others.length > 3 ? " and more" : ""}, which would be lost; move that away, or name another folder`,
    );
  }
  const before = `${place}.before`;
  rmSync(before, { recursive: true, force: true });
  if (existsSync(folder)) renameSync(folder, before);
  renameSync(place, folder);
  rmSync(before, { recursive: true, force: true });
}

const manifestOnDisk = z.object({ files: z.array(z.object({ name: z.string() })) });

/** What an earlier report wrote there; nothing where its manifest cannot be read. */
function listedIn(folder: string): string[] {
  const file = join(folder, MANIFEST_FILE);
  if (!existsSync(file)) return [];
  try {
    return manifestOnDisk.parse(JSON.parse(readFileSync(file, "utf8"))).files.map(({ name }) => name);
  } catch {
    return [];
  }
}
