import { afterEach, beforeEach, expect, it } from "vitest";
import { parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { monthLines } from "./allocate.js";
import { commandLine, type CommandLine } from "./testing/command-line.js";

let line: CommandLine;
beforeEach(() => void (line = commandLine()));
afterEach(() => line.remove());

it.each([
  [["--from", "2026-10-01"], "allocate needs --from and --to"],
  [
    ["--from", "2026-10-02", "--to", "2026-10-02"],
    "--from 2026-10-02 must lie before --to 2026-10-02, which is exclusive",
  ],
  [
    ["--from", "2026-11-01", "--to", "2026-11-24"],
    "--to 2026-11-24 lies in the future; at most 2026-11-23 (exclusive) can be read today",
  ],
  [["--from", "yesterday", "--to", "2026-11-02"], '--from: "yesterday" is not a day such as 2026-11-22'],
  [["--compare-methods"], "--compare-methods needs --month"],
])("refuses %j", async (flags, words) => {
  expect(await line.run("allocate", ...flags)).toEqual({ code: 2, out: "", err: `${words}\n` });
});

const month = {
  month: parseBillingPeriod("2026-10"),
  days: 31,
  currency: "EUR",
  allocated: "1234.5678",
  collected: "1240.004",
};

it("says what a month came to, to the cent and with its currency", () => {
  expect(monthLines(month, undefined)).toEqual([
    "2026-10: 31 days sealed, allocated 1,234.57 EUR of 1,240.00 EUR collected",
  ]);
});

it("does not let somebody who just corrected an owner take a closed month for done", () => {
  const [, follows] = monthLines(month, { closed: true, frozenDays: [] });
  expect(follows).toBe(
    "  2026-10 is closed: what its sources said later is posted as corrections of the open month.",
  );
  const [, stays] = monthLines(month, { closed: true, frozenDays: [parseDay("2026-10-03")] });
  expect(stays).toContain("the owners and policies of today differ for 1 day, which stayed as they were");
  expect(stays).toContain("`apportion adjust decide --month 2026-10 --check`");
});
