import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderInUseError, lockFolder } from "./folder-lock.js";
import { withRetry } from "./retry.js";
import { startAll, type Service } from "./service.js";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "apportion-lock-"));
  file = path.join(folder, "lock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a folder", () => {
  it("is one process's at a time, and free again afterwards", () => {
    const lock = lockFolder(folder, file);
    expect(() => lockFolder(folder, file)).toThrow(`in use by process ${process.pid}`);
    lock.release();
    expect(existsSync(file)).toBe(false);
    lockFolder(folder, file).release();
  });

  it("is taken over from a process that is no more, also when its id was given to another", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "close");
    writeFileSync(file, JSON.stringify({ pid: child.pid, startedAt: "earlier" }));
    lockFolder(folder, file).release();
    writeFileSync(file, JSON.stringify({ pid: process.pid, startedAt: "another boot 1" }));
    const lock = lockFolder(folder, file);
    expect(readFileSync(file, "utf8")).toContain(String(process.pid));
    lock.release();
  });

  it("is taken over when the power went while it was locked", () => {
    writeFileSync(file, '{"pid":');
    expect(() => lockFolder(folder, file).release()).not.toThrow();
  });

  it("names who holds it", () => {
    const error = new FolderInUseError("/data", 7);
    expect(error.message).toBe(
      "The data folder /data is in use by process 7; stop it, or choose another folder",
    );
  });
});

describe("retry", () => {
  const options = {
    attemptsMax: 3,
    initialPauseMs: 1,
    pauseMaxMs: 2,
    isRetriable: (error: unknown) => (error as Error).message !== "fatal",
  };

  it("calls until it works, as often as allowed, and not at all after what is for good", async () => {
    let calls = 0;
    const failing =
      (until: number, message = "again") =>
      async (): Promise<string> => {
        calls += 1;
        if (calls < until) throw new Error(message);
        return "done";
      };
    expect(await withRetry(failing(3), options)).toBe("done");
    calls = 0;
    await expect(withRetry(failing(4), options)).rejects.toThrow("again");
    expect(calls).toBe(3);
    calls = 0;
    await expect(withRetry(failing(9, "fatal"), options)).rejects.toThrow("fatal");
    expect(calls).toBe(1);
  });
});

describe("services", () => {
  it("start in order and stop in reverse; when one fails to start, those before it are stopped", async () => {
    const steps: string[] = [];
    const service = (name: string, fails = false): Service => ({
      name,
      start: async () => {
        if (fails) throw new Error("no broker");
        steps.push(`start ${name}`);
      },
      stop: async () => void steps.push(`stop ${name}`),
    });
    await (await startAll([service("a"), service("b")])).stop();
    expect(steps.splice(0)).toEqual(["start a", "start b", "stop b", "stop a"]);
    await expect(startAll([service("a"), service("b", true)])).rejects.toThrow("b did not start: no broker");
    expect(steps).toEqual(["start a", "stop a"]);
  });
});
