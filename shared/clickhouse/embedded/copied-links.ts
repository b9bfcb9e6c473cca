import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import path from "node:path";
import type { Logger } from "@apportion/runtime/logger";

/** Links of the engine into its own `store`, which it makes again when they are missing. */
const linksOf = (store: string, database: string): string[] => {
  const data = path.join(store, "data", database);
  const tables = existsSync(data) ? readdirSync(data).map((name) => path.join(data, name)) : [];
  return [path.join(store, "metadata", database), ...tables];
};

const isFolder = (file: string): boolean =>
  lstatSync(file, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * A copy that follows links (`cp -L`, some backup programs) has every table twice: where it lies, and where the engine expects
 * a link to it. The engine refuses the second. Both are the same, so the second is moved out of its sight.
 */
export function mendLinks(store: string, database: string, logger: Pick<Logger, "warn">): void {
  const copies = linksOf(store, database).filter(isFolder);
  if (copies.length === 0 || !isFolder(path.join(store, "store"))) return;
  const aside = path.join(path.dirname(store), "copied-links", new Date().toISOString().replaceAll(":", "-"));
  for (const copy of copies) {
    const place = path.join(aside, path.relative(store, copy));
    mkdirSync(path.dirname(place), { recursive: true });
    renameSync(copy, place);
  }
  logger.warn(
    { aside },
    "This folder was copied by a program that follows links, so every table was there twice; the second copies were moved and can be deleted. Copy with cp -a",
  );
}
