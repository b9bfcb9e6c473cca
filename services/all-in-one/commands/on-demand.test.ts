import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandLine, type CommandLine } from "./testing/command-line.js";

let line: CommandLine;
beforeEach(() => void (line = commandLine()));
afterEach(() => line.remove());

const names = ["--prepared-by", "a", "--approved-by", "b", "--reason", "c"];

describe("every command that takes a month refuses what is none before it opens anything", () => {
  it.each([
    ["report"],
    ["completeness"],
    ["forecast"],
    ["explain", "--team", "ads"],
    ["simulate", "--policy", "p.yaml"],
    ["export", "focus", "--out", "f.csv"],
    ["export", "gl", "--out", "f.csv"],
    ["reconcile"],
    ["close", "--check"],
    ["adjust", "decide", "--check"],
    [
      "adjust",
      "propose",
      "--from",
      "idle",
      "--to",
      "team:ads",
      "--amount",
      "1",
      "--reason",
      "r",
      "--prepared-by",
      "a",
    ],
    ["verify"],
    ["allocate", "--compare-methods"],
  ])("%s", async (...command) => {
    expect(await line.run(...command, "--month", "2026-13")).toEqual({
      code: 2,
      out: "",
      err: '--month: "2026-13" is not a month such as 2026-11\n',
    });
    expect(existsSync(line.data)).toBe(false);
  });
});

describe("every command that only asks refuses a folder that is not there", () => {
  const month = ["--month", "2026-10"];
  it.each([
    ["report", ...month],
    ["completeness", ...month],
    ["forecast", ...month],
    ["forecast"],
    ["explain", "--team", "ads", ...month],
    ["compare", "--months", "2026-09", "2026-10"],
    ["simulate", "--policy", "p.yaml", ...month],
    ["reconcile", ...month],
    ["close", "--check", ...month],
    ["adjust", "decide", "--check", ...month],
    ["verify", ...month],
    ["allocate", "--compare-methods", ...month],
    ["adjust", "list"],
    ["adjust", "show", "1"],
    ["adjust", "approve", "1", "--approved-by", "b"],
    ["adjust", "withdraw", "1", "--by", "a"],
    ["quarantine", "list"],
    ["quarantine", "show", "1"],
    ["quarantine", "drop", "1", ...names],
    ["dead-letters", "list"],
    ["dead-letters", "show", "1"],
    ["sql", "SELECT 1"],
  ])("%s %s %s", async (...command) => {
    const { code, out, err } = await line.run(...command);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toBe(`--data: there is no folder ${line.data}; \`collect\`, \`up\` and \`demo\` make one\n`);
    expect(existsSync(line.data)).toBe(false);
  });
});
