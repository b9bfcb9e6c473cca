import { expect, it } from "vitest";
import type { Costs } from "../data/shapes.js";
import { fileOf, groupRows } from "./rows.js";

const costs = (rows: readonly (readonly [string, string])[]): Costs => ({
  currency: "USD",
  from: "2026-11-01",
  to: "2026-12-01",
  step: "total",
  groupBy: ["team"],
  rows: rows.map(([team, amount]) => ({ from: "2026-11-01", values: [team], amount, exact: amount })),
  total: { amount: "0", exact: "0" },
  completeness: { days: 30, incomplete: [], missing: [], provisional: false },
});

it("compares groups by their values, and shows those that are in one period alone", () => {
  const rows = groupRows(
    costs([
      ["a", "10.10"],
      ["new", "0.05"],
    ]),
    costs([
      ["a", "9.00"],
      ["gone", "-3.30"],
    ]),
  );
  expect(rows.map(({ values, cents, before }) => [values[0], cents, before])).toEqual([
    ["a", 1010n, 900n],
    ["new", 5n, 0n],
    ["gone", 0n, -330n],
  ]);
});

it("writes what the screen shows, says first what it is, and lets no name become a formula", () => {
  const rows = groupRows(
    costs([
      ["x", "90071992547409.93"],
      ["y", "-0.02"],
    ]),
    undefined,
  ).map((row) => ({
    ...row,
    names: [row.values[0] === "x" ? '=HYPERLINK("evil"),1' : "Plain"],
    isPart: false,
  }));
  const text = fileOf([["Unit", "USD"]], {
    heads: ["Team", "Amount, USD"],
    partHeads: ["Of it, by days", "Of it, USD"],
    rows,
    isCompared: false,
    separator: ",",
  });
  expect(text.split("\r\n")).toEqual([
    "Unit,USD",
    "",
    'Team,"Amount, USD"',
    `"'=HYPERLINK(""evil""),1",90071992547409.93`,
    "Plain,-0.02",
    "Sum,90071992547409.91",
    "",
  ]);
});

it("keeps parts of open rows out of the sums of a file", () => {
  const row = (name: string, cents: bigint, isPart: boolean) => ({
    names: [name],
    cents,
    before: undefined,
    isPart,
  });
  const text = fileOf([], {
    heads: ["Team", "Amount, USD"],
    partHeads: ["Of it, by category", "Of it, USD"],
    rows: [row("a", 300n, false), row("CPU", 100n, true), row("Memory", 200n, true), row("b", 1n, false)],
    isCompared: false,
    separator: ",",
  });
  expect(text.trim().split("\r\n")).toEqual([
    'Team,"Amount, USD","Of it, by category","Of it, USD"',
    "a,3.00,,",
    "a,,CPU,1.00",
    "a,,Memory,2.00",
    "b,0.01,,",
    "Sum,3.01,,",
  ]);
});
