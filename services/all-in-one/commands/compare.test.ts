import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MonthComparison, PayerComparison } from "@apportion/books/compare/comparison";
import { parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { daysText, renderComparison, renderPayer } from "./compare-text.js";
import { nearest } from "./nearest.js";
import { commandLine, plain, type CommandLine } from "./testing/command-line.js";
import { WORKLOAD } from "@apportion/books/compare/testing";

let line: CommandLine;
beforeEach(() => void (line = commandLine()));
afterEach(() => line.remove());

it.each([
  [["2026-13", "2026-11"], ['--months: "2026-13" is not a month such as 2026-11']],
  [["2026-10", "2026-10"], ["--months: 2026-10 is there twice; name the month before, then the one after"]],
  [["2026-10"], ["--months: two months are compared, such as 2026-10 2026-11; there are 1"]],
  [
    ["2026-9", "2027-01", "2027-01"],
    [
      '--months: "2026-9" is not a month such as 2026-11',
      "--months: 2027-01 is in the future; this month is 2026-11",
      "--months: two months are compared, such as 2026-10 2026-11; there are 3",
      "--months: 2027-01 is there twice; name the month before, then the one after",
    ],
  ],
])("refuses the months %j, with all that is wrong with them", async (months, mistakes) => {
  expect(await line.run("compare", "--months", ...months)).toEqual({
    code: 2,
    out: "",
    err: `${mistakes.join("\n")}\n`,
  });
});

it("finds the name that was probably meant", () => {
  const names = ["search", "ads", "recommendations"];
  expect(["serch", "SEARCH", "recomendation", "ad", "xyz", ""].map((given) => nearest(given, names))).toEqual(
    ["search", "search", "recommendations", "ads", undefined, undefined],
  );
});

it("says days by their number in the month", () => {
  const days = (...numbers: readonly string[]) =>
    daysText(numbers.map((number) => parseDay(`2026-11-${number}`)));
  expect([days("01"), days("01", "02", "03"), days("01", "02", "04", "06", "07")]).toEqual([
    "1",
    "1–3",
    "1–2, 4, 6–7",
  ]);
});

const naming = {
  registry: { sharedServices: [{ id: "mlflow", name: "MLflow" }] },
  currency: "USD",
} as unknown as Parameters<typeof renderPayer>[2];
const side = (month: string, count: number) => ({
  month: parseBillingPeriod(month),
  days: Array.from({ length: count }, (_, at) => parseDay(`${month}-${String(at + 1).padStart(2, "0")}`)),
  leftOut: [],
  isClosed: true,
  incompleteDays: [],
  missing: [],
  beforeTheBill: [],
});
const workload = { ...WORKLOAD, namespace: "search", controller: "api" };
const CENT = 10n ** 10n;
const owes = (charged: bigint, corrections = 0n) => ({ picos: charged * CENT, charged, corrections });
const search: PayerComparison = {
  ownerKind: "team",
  teamId: "search",
  before: owes(100_000n),
  after: owes(120_000n, 500n),
  difference: 20_500n,
  effects: [
    { effect: "usage", picos: 30_000n * CENT, cents: 30_000n },
    { effect: "pool-share", picos: -10_000n * CENT, cents: -10_000n },
    { effect: "corrections", picos: 500n * CENT, cents: 500n },
  ],
  movements: [
    {
      effect: "usage",
      subject: workload,
      category: "cpu",
      picos: 30_000n * CENT,
      cents: 30_000n,
      before: 60_000n * CENT,
      after: 90_000n * CENT,
      quantity: { before: 1_000n * 10n ** 12n, after: 1_500n * 10n ** 12n },
    },
    {
      effect: "pool-share",
      subject: { of: "pool", pool: "mlflow" },
      category: "shared",
      picos: -10_000n * CENT,
      cents: -10_000n,
      before: 40_000n * CENT,
      after: 30_000n * CENT,
      poolCost: { before: 80_000n * CENT, after: 80_000n * CENT },
    },
    {
      effect: "corrections",
      subject: { of: "correction", corrects: parseBillingPeriod("2026-09"), pool: "mlflow" },
      category: "shared",
      picos: 500n * CENT,
      cents: 500n,
      before: 0n,
      after: 500n * CENT,
    },
  ],
};
const comparison: MonthComparison = {
  isWhole: true,
  before: side("2026-10", 31),
  after: side("2026-11", 30),
  payers: [search],
  total: search,
};

describe("what changed of a team", () => {
  it("is said with both months, percent, each reason and what moved most", () => {
    expect(plain(renderPayer(comparison, search, naming))).toEqual([
      "search: 1,000.00 USD in 2026-10 → 1,205.00 USD in 2026-11, +205.00 USD (+20.5 %)",
      "  of it on statements 1,000.00 USD → 1,200.00 USD, corrections and adjustments beside them 0.00 USD → 5.00 USD",
      "  2026-10 has 31 days, 2026-11 30: what runs by the hour is told apart from that.",
      "",
      `  ${"usage".padEnd(30)}       +300.00 USD  the same workloads in another quantity, at the price of before`,
      `  ${"share of shared pools".padEnd(30)}       -100.00 USD  how much of them is the payer's, by what they cost now`,
      `  ${"corrections and adjustments".padEnd(30)}         +5.00 USD  posted beside the statement`,
      `  ${"in all".padEnd(30)}       +205.00 USD`,
      "",
      "  What moved most       what, and 2026-10 → 2026-11",
      "         +300.00 USD    usage: CPU of eu-1/search/api  600.00 → 900.00; 1,000 → 1,500 core-hours",
      "         -100.00 USD    share of shared pools: MLflow  400.00 → 300.00; 50.0 % → 37.5 % of it",
      "           +5.00 USD    corrections and adjustments: MLflow, 2026-09  0.00 → 5.00",
    ]);
  });

  it("says which days are compared, which are left out, and what can still change", () => {
    const partial: MonthComparison = {
      ...comparison,
      isWhole: false,
      before: { ...side("2026-10", 15), leftOut: [parseDay("2026-10-16"), parseDay("2026-10-17")] },
      after: {
        ...side("2026-11", 15),
        isClosed: false,
        incompleteDays: [parseDay("2026-11-15")],
        missing: ["usage/mlflow/mlflow"],
        beforeTheBill: [parseDay("2026-11-14"), parseDay("2026-11-15")],
      },
    };
    expect(plain(renderPayer(partial, search, naming)).slice(2, 7)).toEqual([
      "  Not whole months: 15 days of each, 1–15; amounts are of these days, corrections of the whole months.",
      "  Left out of 2026-10: 2 days, 16–17.",
      "  2026-11 is provisional: it is not closed, and what is posted when it is may differ.",
      "  2 days of 2026-11 with Kubernetes at list price, because the bill is not compared yet: a difference of price may be that.",
      "  1 day of 2026-11 without usage/mlflow/mlflow: what depends on that is not what it will be.",
    ]);
  });

  it("has nothing to say where nothing differs", () => {
    const same = { ...search, after: search.before, difference: 0n, effects: [], movements: [] };
    expect(plain(renderPayer(comparison, same, naming)).at(-1)).toBe("  Nothing differs.");
  });
});

it("shows everybody in a line each, with the largest reason", () => {
  const nobody: PayerComparison = {
    ...search,
    ownerKind: "unallocated",
    teamId: "",
    before: owes(0n),
    after: owes(100n),
    difference: 100n,
    effects: [{ effect: "new", picos: 100n * CENT, cents: 100n }],
  };
  const lines = plain(renderComparison({ ...comparison, payers: [search, nobody] }, naming));
  expect(lines[0]).toBe("What changed from 2026-10 to 2026-11: +205.00 USD in all");
  expect(lines[4]).toMatch(
    /^ {2}search +1,000\.00 USD +1,205\.00 USD +\+205\.00 USD +\+20\.5 % {2}usage \+300\.00 USD$/,
  );
  expect(lines[5]).toMatch(
    /^ {2}unallocated +0\.00 USD +1\.00 USD +\+1\.00 USD +– {2}new workloads \+1\.00 USD$/,
  );
  expect(lines[6]).toMatch(/^ {2}total /);
});
