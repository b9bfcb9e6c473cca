import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { UsageError } from "./context.js";
import { makeFolder, requireFile, writeOut } from "./destination.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "apportion-out-"));
  writeFileSync(join(folder, "file"), "");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("makes one folder, and says what is in the way of it", () => {
  const at = (...names: string[]): string => join(folder, ...names);
  makeFolder(at("reports"));
  makeFolder(at("reports"));
  expect(existsSync(at("reports"))).toBe(true);
  expect(() => makeFolder(at("a", "b"))).toThrow(`--out: there is no folder ${at("a")}; make it first`);
  expect(() => makeFolder(at("file", "b"))).toThrow(`--out: there is no folder ${at("file")}`);
  expect(() => makeFolder(at("file"))).toThrow(`--out: ${at("file")} is a file; name a folder`);
  expect(() => makeFolder("/proc/nowhere")).toThrow(UsageError);
});

it("takes a file name that says what will be in it", () => {
  for (const name of ["a", "a.csv", "A.CSV"])
    expect(() => requireFile(join(folder, name), "csv")).not.toThrow();
  expect(() => requireFile(folder, "csv")).toThrow(`--out: ${folder} is a folder; name a file in it`);
  for (const name of ["a.xlsx", "a.parquet"])
    expect(() => requireFile(join(folder, name), "csv")).toThrow(`${name} would hold csv; name it .csv`);
  expect(() => writeOut(folder, "")).toThrow(`--out: ${folder} cannot be written (EISDIR)`);
});

it("keeps what it writes from other users, and leaves the folder of the user as it is", () => {
  const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
  chmodSync(folder, 0o755);
  chmodSync(join(folder, "file"), 0o644);
  makeFolder(join(folder, "reports"));
  makeFolder(folder);
  for (const name of ["file", "new"]) writeOut(join(folder, name), "x");
  expect(["", "reports", "file", "new"].map((name) => modeOf(join(folder, name)))).toEqual([
    "755",
    "700",
    "600",
    "600",
  ]);
});
