import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { arch, tmpdir } from "node:os";
import { join } from "node:path";
import { atExit } from "./at-exit.js";

/** What this machine can do beyond running programs. Nothing is installed for it: what it cannot is left out, and the table says so. */

const FAKETIME = "libfaketime.so.1";
const DEBIAN_ARCHITECTURES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** The library of Debian's package faketime, by which a process has a clock of its own; undefined where it is not installed. */
export function faketimeLibrary(): string | undefined {
  const file = `/usr/lib/${DEBIAN_ARCHITECTURES[arch()]}-linux-gnu/faketime/${FAKETIME}`;
  return existsSync(file) ? file : undefined;
}

const MOUNT_TIMEOUT_MS = 10_000;

/** A small disk of its own at the folder, which is made. @returns whether this process may do that */
export function mountSmallDisk(folder: string, megabytes: number): boolean {
  mkdirSync(folder, { recursive: true });
  const done = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder], {
    timeout: MOUNT_TIMEOUT_MS,
  });
  if (done.status !== 0) return false;
  atExit(() => unmount(folder));
  return true;
}

export function unmount(folder: string): void {
  spawnSync("umount", ["-l", folder], { timeout: MOUNT_TIMEOUT_MS });
}

/** Whether small disks can be mounted: on Linux, as root, outside of most containers. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "apportion-mount-"));
  const can = mountSmallDisk(folder, 1);
  if (can) unmount(folder);
  rmSync(folder, { recursive: true, force: true });
  return can;
}
