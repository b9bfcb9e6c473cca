import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandLine, CONFIG, type CommandLine } from "./testing/command-line.js";

let line: CommandLine;
beforeEach(() => void (line = commandLine()));
afterEach(() => line.remove());

const WITH_FILE = `${CONFIG}budgetsFile: budgets.csv\nnotifier:
  smtp: { host: mail, auth: { user: u, password: { env: NOT_SET } } }
  from: a@example.com
  finance: [f@example.com]
`;
const RIGHT = "owner,id,span,from,amount\nteam,ads,quarter,2026-10,9000.00\ncost-center,cc-2,,2026-11,5.00\n";
const given = (text: string): string => {
  const file = join(line.folder, "given.csv");
  writeFileSync(file, text);
  return file;
};
const there = (): string => join(line.folder, "budgets.csv");

describe("budgets import", () => {
  it("puts a file that is right in the place that the configuration names, without the secrets of other sections", async () => {
    line.write(WITH_FILE);
    const file = given(RIGHT);
    const check = await line.run("budgets", "import", file, "--check");
    expect(check).toEqual({
      code: 0,
      err: "",
      out: `${file} is right: with it 2 budgets.\nNothing is changed.\n`,
    });
    expect(existsSync(there())).toBe(false);
    const done = await line.run("budgets", "import", file);
    expect(done.out).toContain(`Written to ${there()}: it holds from the next start`);
    expect(readFileSync(there(), "utf8")).toBe(RIGHT);
    const again = await line.run("budgets", "import", file, "--json");
    expect(JSON.parse(again.out)).toEqual({ file, budgets: 2, before: 2, written: there() });
  });

  it("leaves what is there when a line is wrong, and says which", async () => {
    line.write(WITH_FILE);
    writeFileSync(there(), RIGHT);
    const file = given(
      "owner,id,from,amount\nteam,ads,2026-10,1.00\nteam,sales,2026-10,1.00\nteam,fraud,2026-10,=A1\n",
    );
    const { code, err } = await line.run("budgets", "import", file);
    expect(code).toBe(2);
    expect(err).toContain(`The file has 2 mistakes:\n  ${file}:3  id: there is no team "sales"\n`);
    expect(err).toContain(`  ${file}:4  amount: begins with =, as a formula does: write the value itself`);
    expect(readFileSync(there(), "utf8")).toBe(RIGHT);
    const unknown = given("owner,id,from,amount\nteam,ads,2026-10,1.00\nteam,sales,2026-10,1.00\n");
    expect((await line.run("budgets", "import", unknown)).err).toContain(`:3  id: there is no team "sales"`);
    expect(readFileSync(there(), "utf8")).toBe(RIGHT);
  });

  it("says where a file would go, and what is no file", async () => {
    const { code, err } = await line.run("budgets", "import", given(RIGHT));
    expect([code, err]).toEqual([
      2,
      expect.stringContaining("names no budgetsFile: add `budgetsFile: budgets.csv`"),
    ]);
    expect((await line.run("budgets", "import", given(RIGHT), "--check")).code).toBe(0);
    const none = await line.run("budgets", "import", join(line.folder, "none.csv"));
    expect([none.code, none.err]).toEqual([2, expect.stringContaining("none.csv cannot be read (ENOENT)")]);
  });
});

it("a configuration with a budgets file is as right as the file", async () => {
  line.write(`${CONFIG}budgetsFile: budgets.csv\n`);
  const missing = await line.run("config", "check");
  expect([missing.code, missing.err]).toEqual([
    2,
    expect.stringContaining("budgets.csv cannot be read (ENOENT)"),
  ]);
  writeFileSync(there(), "owner,id,from,amount\nteam,ads,2026-13,1.00\n");
  expect((await line.run("config", "check")).err).toContain("budgets.csv:2  from: a month such as 2026-11");
  writeFileSync(there(), RIGHT);
  expect((await line.run("config", "check")).code).toBe(0);
});
