import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderInUseError } from "@apportion/runtime/folder-lock";
import { silentLogger } from "@apportion/runtime/logger";
import { openEmbeddedLog } from "./log.js";

const PROGRAM = fileURLToPath(new URL("../dist/testing/publish-until-killed.js", import.meta.url));

describe("the embedded log on disk", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), "apportion-log-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("is closed to other users when it is opened, also where an earlier version left it open", async () => {
    const open = (): Promise<void> => openEmbeddedLog({ dir, logger: silentLogger }).close();
    await open();
    const file = path.join(dir, "log.lmdb");
    chmodSync(dir, 0o755);
    chmodSync(file, 0o664);
    await open();
    expect([dir, file, `${file}-lock`].map((each) => statSync(each).mode & 0o777)).toEqual([
      0o700, 0o600, 0o600,
    ]);
  });

  it("has every message that was acknowledged before its process was killed", async () => {
    let acknowledged = -1;
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [PROGRAM, dir, "numbers"], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.split("\n").length > 30 + round * 7) child.kill("SIGKILL");
      });
      await once(child, "close");
      const last = output.split("\n").at(-2);
      expect(last).toBeDefined();
      acknowledged = Number(last);

      const log = openEmbeddedLog({ dir, logger: silentLogger });
      const numbers: number[] = [];
      for await (const { value } of log.replay("numbers"))
        numbers.push(Number(Buffer.from(value).toString()));
      await log.close();
      const thisRound = numbers.slice(numbers.lastIndexOf(0));
      expect(thisRound.length).toBeGreaterThanOrEqual(acknowledged + 1);
      expect(thisRound).toEqual(thisRound.map((_, index) => index));
    }
  });

  it("is used by one process at a time", async () => {
    const log = openEmbeddedLog({ dir, logger: silentLogger });
    expect(() => openEmbeddedLog({ dir, logger: silentLogger })).toThrow(FolderInUseError);
    await log.close();
    await openEmbeddedLog({ dir, logger: silentLogger }).close();
  });

  it("keeps the last message of each key of a compacted topic", async () => {
    const log = openEmbeddedLog({ dir, logger: silentLogger });
    await log.ensureTopics([{ name: "seals", partitions: 1, cleanup: "compact" }]);
    for (const [key, text] of [
      ["a", "1"],
      ["b", "1"],
      ["a", "2"],
    ] as const)
      await log.publish([{ topic: "seals", key, headers: {}, value: Buffer.from(text) }]);
    const kept: string[] = [];
    for await (const { key, value } of log.replay("seals"))
      kept.push(`${key}=${Buffer.from(value).toString()}`);
    await log.close();
    expect(kept).toEqual(["b=1", "a=2"]);
  });
});
