import { expect, it } from "vitest";
import type { Costs } from "../data/shapes.js";
import { partsOf } from "./parts.js";
import { scopeOf } from "./reason.js";
import { viewOf } from "./view.js";

const known = (month: string) => ({
  month,
  state: "open" as const,
  days: 30,
  lastDay: `${month}-30`,
  incompleteDays: 0,
  preparedBy: "",
  approvedBy: "",
});
const view = (address: string) =>
  viewOf(new URLSearchParams(address), { month: known("2026-11"), before: known("2026-09") });
const costs = (
  rows: readonly (readonly [from: string, value: string, amount: string, exact: string])[],
): Costs => ({
  currency: "USD",
  from: "2026-11-01",
  to: "2026-12-01",
  step: "total",
  groupBy: [],
  rows: rows.map(([from, value, amount, exact]) => ({ from, values: [value], amount, exact })),
  total: { amount: "0", exact: "0" },
  completeness: { days: 30, incomplete: [], missing: [], provisional: true },
});
const rowOf = (of: ReturnType<typeof view>, cents: bigint, before?: bigint) => ({
  key: "a",
  values: ["a"],
  names: ["A"],
  cents,
  before,
  scope: scopeOf(of, [["team", "a"]]),
  scopeBefore: of.compared && scopeOf({ ...of.compared, filters: of.filters }, [["team", "a"]]),
  isPart: false,
  isComputed: true,
});
const sum = (parts: readonly { readonly cents: bigint }[]): bigint =>
  parts.reduce((all, { cents }) => all + cents, 0n);

it("adds parts up to their row, also where that was rounded together with others", () => {
  const of = view("into=category&open=a");
  const now = costs([
    ["2026-11-01", "cpu", "0.33", "0.333333333333"],
    ["2026-11-01", "memory", "0.33", "0.333333333333"],
  ]);
  expect(sum(partsOf(of, rowOf(of, 67n), now, undefined, String))).toBe(67n);
  // As they were answered where they add up already: cents of statements are not distributed anew.
  expect(partsOf(of, rowOf(of, 66n), now, undefined, String).map(({ cents }) => cents)).toEqual([33n, 33n]);
});

it("stands the first day beside the first day of before", () => {
  const of = view("into=day&open=a&compare=1");
  const [first, second] = partsOf(
    of,
    rowOf(of, 300n, 500n),
    costs([
      ["2026-11-01", "", "1.00", "1"],
      ["2026-11-02", "", "2.00", "2"],
    ]),
    costs([["2026-09-01", "", "5.00", "5"]]),
    String,
  );
  expect([first?.names, first?.cents, first?.before]).toEqual([["1 Nov 2026"], 100n, 500n]);
  expect([second?.names, second?.cents, second?.before]).toEqual([["2 Nov 2026"], 200n, 0n]);
  expect([first?.scope.to, first?.scopeBefore?.from]).toEqual(["2026-11-02", "2026-09-01"]);
});
