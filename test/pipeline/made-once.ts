import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { inject } from "vitest";

/** How often the folder of another worker is looked for that is being made. */
const LOOK_MS = 100;

/**
 * A folder that many tests begin with a copy of: made once in a run of the tests, by whoever asks first, and gone with the run.
 * @param make fills the folder, which is there and empty
 * @throws Error for everybody when it cannot be made
 */
export async function madeOnce(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(inject("madeOnceFolder"), name);
  const ended = `${folder}.ended`;
  if (isFirst(folder)) {
    const failure = await make(folder).then(
      () => "",
      (error: unknown) => (error instanceof Error && error.stack) || String(error),
    );
    writeFileSync(`${ended}.part`, failure);
    renameSync(`${ended}.part`, ended);
  }
  while (!existsSync(ended)) await pause(LOOK_MS);
  const failure = readFileSync(ended, "utf8");
  if (failure !== "") throw new Error(`"${name}" could not be made: ${failure}`);
  return folder;
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}
