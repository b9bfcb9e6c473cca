import { chmodSync, mkdirSync, statSync } from "node:fs";

/**
 * What this process writes from now on is its user's alone: 0700 and 0600. Engine, log and libraries make files of their own, so it is said
 * once, at the entry of a process.
 */
export function keepFilesPrivate(): void {
  process.umask(0o077);
}

/** Makes a folder of ours, 0700; one that earlier versions left open to others is closed. */
export function privateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  closeToOthers(folder);
}

/**
 * Takes from others the rights that they have on a file or folder of ours. Left as they are: what is not there, a folder that many share by
 * design (/tmp has the sticky bit), a device or pipe, and what belongs to another user, as the mount of a volume may.
 */
export function closeToOthers(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found || !(found.isFile() || found.isDirectory())) return;
  if ((found.mode & 0o077) === 0 || (found.mode & 0o1000) !== 0 || found.uid !== process.getuid?.()) return;
  chmodSync(path, found.mode & 0o700);
}
