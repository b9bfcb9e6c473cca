import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { beginFolder } from "./report-folder.js";

const OCTOBER = parseBillingPeriod("2026-10");
const ABOUT = { month: OCTOBER, edition: "final", asOf: "2026-10-31", currency: "USD" } as const;

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "apportion-reports-"));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const there = (): string[] => readdirSync(join(out, OCTOBER)).toSorted();
const read = (name: string): string => readFileSync(join(out, OCTOBER, name), "utf8");
async function whole(...names: readonly string[]): Promise<readonly string[]> {
  const folder = beginFolder(out, OCTOBER, true);
  for (const name of names) folder.write(name, `of ${name}`);
  await folder.stream("focus.csv", Readable.from([Buffer.from("a,b\n"), Buffer.from("1,2\n")]));
  folder.describe(ABOUT);
  return folder.finish();
}

describe("a month's folder of reports", () => {
  it("has a manifest by which each file can be checked, and is its owner's alone", async () => {
    const files = await whole("ads.html", "fraud.html");
    expect(there()).toEqual(["SHA256SUMS", "ads.html", "focus.csv", "fraud.html", "manifest.json"]);
    expect(files).toHaveLength(5);
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);
    const { status, stdout } = spawnSync("sha256sum", ["--check", "SHA256SUMS"], {
      cwd: join(out, OCTOBER),
      encoding: "utf8",
    });
    expect([status, stdout.match(/: OK/g)?.length]).toEqual([0, 4]);
    expect(JSON.parse(read("manifest.json"))).toMatchObject({
      ...ABOUT,
      files: [{ name: "ads.html", bytes: 11 }, { name: "focus.csv", bytes: 8 }, { name: "fraud.html" }],
    });
  });

  it("takes the place of the one before as a whole, and leaves nothing beside it", async () => {
    await whole("ads.html", "left.html");
    await whole("ads.html");
    expect(there()).toEqual(["SHA256SUMS", "ads.html", "focus.csv", "manifest.json"]);
    expect(readdirSync(out)).toEqual([OCTOBER]);
  });

  it("stays as it was when writing it fails", async () => {
    await whole("ads.html");
    const folder = beginFolder(out, OCTOBER, true);
    folder.write("ads.html", "half");
    folder.abandon();
    expect(read("ads.html")).toBe("of ads.html");
    expect(readdirSync(out)).toEqual([OCTOBER]);
  });

  it("is not replaced where it holds what is not of a report", async () => {
    mkdirSync(join(out, OCTOBER));
    writeFileSync(join(out, OCTOBER, "notes.txt"), "mine");
    await expect(whole("ads.html")).rejects.toThrow(/holds notes\.txt, which would be lost/);
    expect(there()).toEqual(["notes.txt"]);
    expect(readdirSync(out)).toEqual([OCTOBER]);
  });

  it("takes one team's files beside the others, and loses a manifest that does not hold any more", async () => {
    await whole("ads.html", "fraud.html");
    const folder = beginFolder(out, OCTOBER, false);
    folder.write("fraud.html", "new");
    expect(folder.finish()).toEqual([join(out, OCTOBER, "fraud.html")]);
    expect(there()).toEqual(["ads.html", "focus.csv", "fraud.html"]);
    expect(read("fraud.html")).toBe("new");
  });
});
