import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";

/** A process as the machine knows it: ids are used again, so its start counts too. */
const holderSchema = z.object({ pid: z.int(), startedAt: z.string() });
type Holder = z.infer<typeof holderSchema>;

export interface FolderLock {
  release(): void;
}

export class FolderInUseError extends Error {
  readonly pid: number;

  constructor(folder: string, pid: number) {
    super(`The data folder ${folder} is in use by process ${pid}; stop it, or choose another folder`);
    this.name = "FolderInUseError";
    this.pid = pid;
  }
}

/** How often the lock of a dead process is taken over before somebody else is taken to be faster. */
const TAKEOVERS_MAX = 5;

/**
 * Says that this process works on the folder. The lock of a process that is no more is taken over. It makes a second start
 * fail early and with a clear message; the engine's own lock below it is what protects the tables.
 *
 * @throws FolderInUseError
 */
export function lockFolder(folder: string, file: string): FolderLock {
  const own = `${file}.${process.pid}`;
  const content = JSON.stringify({
    pid: process.pid,
    startedAt: startOf(process.pid) ?? "",
  } satisfies Holder);
  writeFileSync(own, content, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < TAKEOVERS_MAX; attempt++) {
      if (link(own, file)) return { release: () => release(file, content) };
      const found = readText(file);
      const holder = parseHolder(found);
      if (holder && isAlive(holder)) throw new FolderInUseError(folder, holder.pid);
      if (found !== undefined) moveAway(file, found);
    }
    throw new FolderInUseError(folder, parseHolder(readText(file))?.pid ?? 0);
  } finally {
    rmSync(own, { force: true });
  }
}

/** Id of the living process that holds a lock; undefined where none does, or it is not known. */
export function lockHolder(file: string): number | undefined {
  const holder = parseHolder(readText(file));
  return holder && isAlive(holder) ? holder.pid : undefined;
}

/** `link` creates the name with its content, or fails when there is one: nobody sees half a lock. */
function link(own: string, file: string): boolean {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Of several that find the same dead lock, one moves it; who moved a living one by mistake puts it back. */
function moveAway(file: string, expected: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    if (readText(aside) !== expected) link(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function release(file: string, content: string): void {
  if (readText(file) === content) rmSync(file, { force: true });
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function parseHolder(text: string | undefined): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text ?? ""));
  } catch {
    return undefined; // the power went while it was written: nobody holds it
  }
}

function isAlive({ pid, startedAt }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const now = startOf(pid);
  return now === undefined || startedAt === "" || now === startedAt;
}

/** Start of a process in ticks since boot, with the boot it counts from; undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // The second field is the program's name in brackets, which may hold spaces; the start is the 22nd field.
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return `${boot} ${ticks}`;
  } catch {
    return undefined;
  }
}
