import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderInUseError } from "@apportion/runtime/folder-lock";
import { silentLogger } from "@apportion/runtime/logger";
import { insertRows } from "../insert.js";
import { startTestEngine, type TestEngine } from "../testing/engine.js";
import { startEmbeddedClickHouse } from "./supervisor.js";

const DEADLINE_MS = 20_000;
/** Compiled: `npm run build` first. */
const PROGRAM = fileURLToPath(new URL("../dist/testing/hold-engine.js", import.meta.url));

let test: TestEngine;
beforeEach(async () => {
  test = await startTestEngine();
});
afterEach(() => test.stop());

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Asks until the engine answers again. */
async function eventually<T>(call: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

describe("an engine that dies", () => {
  it("is started again on the same address with every acknowledged row, and a repeated insert stores nothing twice", async () => {
    await test.client.command({
      query:
        "CREATE TABLE t (x UInt32) ENGINE = MergeTree ORDER BY x SETTINGS non_replicated_deduplication_window = 100",
    });
    await insertRows(test.client, "t", [{ x: 1 }], { token: "first" });
    const pid = test.engine.pid;
    if (pid === undefined) throw new Error("The engine has a process");
    process.kill(pid, "SIGKILL");
    await eventually(() => insertRows(test.client, "t", [{ x: 1 }], { token: "first" }));
    await eventually(() => insertRows(test.client, "t", [{ x: 2 }], { token: "second" }));
    expect(await test.rows("SELECT x FROM t ORDER BY x")).toEqual([{ x: 1 }, { x: 2 }]);
    expect(test.engine.pid).not.toBe(pid);
  });

  it("is not started twice on one folder", async () => {
    await expect(startEmbeddedClickHouse({ dataDir: test.dataDir, logger: silentLogger })).rejects.toThrow(
      FolderInUseError,
    );
  });

  it("ends with the process that started it, even when that is killed", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "apportion-orphan-"));
    const parent = spawn(process.execPath, [PROGRAM, folder], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
      const pid = Number(line);
      expect(isAlive(pid)).toBe(true);
      parent.kill("SIGKILL");
      await expect.poll(() => isAlive(pid), { timeout: DEADLINE_MS }).toBe(false);
    } finally {
      parent.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("ends with stop, and its data is there at the next start", async () => {
    await test.client.command({ query: "CREATE TABLE t (x UInt32) ENGINE = MergeTree ORDER BY x" });
    await test.client.command({ query: "INSERT INTO t VALUES (7)" });
    const pid = test.engine.pid ?? 0;
    await test.engine.stop();
    expect(isAlive(pid)).toBe(false);
    const again = await startEmbeddedClickHouse({ dataDir: test.dataDir, logger: silentLogger });
    const answer = await fetch(
      `${again.url}/?query=SELECT%20x%20FROM%20t&user=${again.username}&password=${again.password.reveal()}`,
    );
    await again.stop();
    expect((await answer.text()).trim()).toBe("7");
  });
});
