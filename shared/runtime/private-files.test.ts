import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { closeToOthers, privateFolder } from "./private-files.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "apportion-private-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

it("makes folders of ours, and closes those that were open", () => {
  const made = join(folder, "a", "b");
  privateFolder(made);
  expect([modeOf(join(folder, "a")), modeOf(made)]).toEqual(["700", "700"]);
  chmodSync(made, 0o755);
  privateFolder(made);
  expect(modeOf(made)).toBe("700");
});

it("takes a file from others, and leaves what is shared by design and what is not there", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  chmodSync(file, 0o664);
  closeToOthers(file);
  expect(modeOf(file)).toBe("600");
  const shared = join(folder, "shared");
  mkdirSync(shared);
  chmodSync(shared, 0o1777);
  closeToOthers(shared);
  expect(modeOf(shared)).toBe("1777");
  closeToOthers(join(folder, "nothing"));
  expect(existsSync(join(folder, "nothing"))).toBe(false);
});
