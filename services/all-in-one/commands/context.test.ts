import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { parseDay } from "@apportion/domain/period";
import {
  bar,
  type CommandContext,
  counted,
  parseFlag,
  print,
  printJson,
  progressLine,
  say,
  UsageError,
} from "./context.js";
import { written } from "./testing/written.js";

function terminal(isTTY: boolean, columns = 40) {
  const stdout = Object.assign(new PassThrough(), { isTTY, columns });
  const stderr = Object.assign(new PassThrough(), { isTTY, columns });
  const context: CommandContext = { env: {}, stdout, stderr, now: () => new Date(0) };
  return {
    context,
    out: () => written(stdout),
    err: () => written(stderr),
  };
}

const HOSTILE = "team\u001b]0;owned\u0007\u001b[2K\u202eA";
const SHOWN = "team\\u001b]0;owned\\u0007\\u001b[2K\\u202eA";

it("prints answers to standard output and says the rest on standard error; names move no cursor in either", () => {
  const { context, out, err } = terminal(true);
  print(context, HOSTILE);
  say(context, HOSTILE);
  expect([out(), err()]).toEqual([`${SHOWN}\n`, `${SHOWN}\n`]);
});

it("prints JSON that means what it was, without a character that does something to a terminal", () => {
  const { context, out } = terminal(true);
  printJson(context, { name: HOSTILE });
  const text = out();
  for (const sign of ["\u001b", "\u0007", "\u202e"]) expect(text).not.toContain(sign);
  expect(JSON.parse(text)).toEqual({ name: HOSTILE });
});

describe("the line of progress", () => {
  it("is written over on a terminal, within its width, and leaves nothing behind", () => {
    const { context, err } = terminal(true, 20);
    const line = progressLine(context);
    line.update(`Reading ${HOSTILE}${"x".repeat(40)}`, false);
    const [, shown = ""] = err().split("\u001b[2K");
    expect(stripVTControlCharacters(shown)).toBe("Reading team\\u001b]");
    line.end();
    expect(err()).toBe("\r\u001b[2K");
    line.end();
    expect(err()).toBe(""); // what was printed since is not taken away
  });

  it("is a line for what is complete where it goes to a log", () => {
    const { context, err } = terminal(false);
    const line = progressLine(context);
    line.update("Reading: 1 of 2 days", false);
    line.update("Reading: 2 of 2 days", true);
    line.end();
    expect(err()).toBe("Reading: 2 of 2 days\n");
  });
});

it("names the flag, what was given and what is expected", () => {
  expect(parseFlag("--from", "2026-11-22", parseDay)).toBe("2026-11-22");
  const wrong = (): unknown => parseFlag("--from", "22.11.2026", parseDay);
  expect(wrong).toThrow(UsageError);
  expect(wrong).toThrow('--from: "22.11.2026" is not a day such as 2026-11-22');
});

it("counts in words, and draws a share within its width", () => {
  expect([0, 1, 2].map((count) => counted(count, "team"))).toEqual(["0 teams", "1 team", "2 teams"]);
  expect([-0.5, 0, 0.5, 1, 7].map((ratio) => bar(ratio, 4))).toEqual([
    "░░░░",
    "░░░░",
    "██░░",
    "████",
    "████",
  ]);
});
