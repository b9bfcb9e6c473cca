import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { closeToOthers } from "@apportion/runtime/private-files";
import { UsageError } from "./context.js";

/**
 * Makes the folder of `--out`; the one above it must be there: a mistyped path must not become a tree of folders.
 * @throws UsageError naming what is in the way
 */
export function makeFolder(folder: string): void {
  requireParent(folder);
  if (isFolder(folder)) return;
  if (statSync(folder, { throwIfNoEntry: false }))
    throw new UsageError(`--out: ${folder} is a file; name a folder`);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    throw cannotWrite(folder, error);
  }
}

/** @throws UsageError when `--out` cannot be a file, or is named as if it were of another format */
export function requireFile(file: string, format: string): void {
  requireParent(file);
  if (isFolder(file)) throw new UsageError(`--out: ${file} is a folder; name a file in it`);
  const extension = extname(file).toLowerCase();
  if (extension !== "" && extension !== `.${format}`)
    throw new UsageError(`--out: ${file} would hold ${format}; name it .${format}`);
}

/** The file is its owner's alone; a folder that was there stays as it is. @throws UsageError when it cannot be written there */
export function writeOut(file: string, content: string | Uint8Array): void {
  try {
    closeToOthers(file);
    writeFileSync(file, content, { mode: 0o600 });
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/** What the file system refused is a mistake in `--out`; any other error is given back as it is. */
export function cannotWrite(path: string, error: unknown): unknown {
  const { code, path: refused } = error as NodeJS.ErrnoException;
  if (refused === undefined) return error;
  return new UsageError(`--out: ${path} cannot be written (${code}); name another place`, { cause: error });
}

function requireParent(path: string): void {
  const parent = dirname(resolve(path));
  if (!isFolder(parent)) throw new UsageError(`--out: there is no folder ${parent}; make it first`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
