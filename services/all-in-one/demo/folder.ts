import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { parseDay } from "@apportion/domain/period";
import type { Clock } from "@apportion/runtime/service";

const FILE = "demo.json";

const folderSchema = z.strictObject({
  seed: z.int(),
  /** The simulated day on which the demo began. */
  asOf: z.string().transform(parseDay),
  /** By how many milliseconds the folder's clock is ahead of the machine's; absent until the demo has told all of its story. */
  aheadMs: z.int().optional(),
  /** The simulated day on which it read last; absent as long. */
  readOn: z.string().transform(parseDay).optional(),
});
/** What a data folder knows of the simulated platform whose numbers it holds. */
export type DemoFolder = z.output<typeof folderSchema>;

/** Undefined where the folder is none of a demo. @throws Error when the file is not what the demo wrote */
export function readDemoFolder(folder: string): DemoFolder | undefined {
  const file = join(folder, FILE);
  if (!existsSync(file)) return undefined;
  try {
    return folderSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new Error(
      `${file} is damaged, and says where the demo's clock stands: take another folder with --data`,
      {
        cause: error,
      },
    );
  }
}

export function writeDemoFolder(folder: string, demo: DemoFolder): void {
  const file = join(folder, FILE);
  writeFileSync(`${file}.part`, `${JSON.stringify(demo)}\n`);
  renameSync(`${file}.part`, file);
}

/** The present of a demo's folder, which goes on from where the demo left it. */
export function demoClock({ aheadMs = 0 }: DemoFolder, wall: Clock): Clock {
  return () => new Date(wall().getTime() + aheadMs);
}

/** Whether a configuration was written for the folder's simulated platform: by the demo, or by somebody who put it beside. */
export function isConfigOf(folder: string, configFile: string): boolean {
  return resolve(dirname(configFile)) === resolve(folder);
}
