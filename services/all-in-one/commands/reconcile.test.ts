import { describe, expect, it } from "vitest";
import type { Reconciliation } from "@apportion/books/reconcile/reconcile";
import { parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { isAsPromised, render } from "./reconcile.js";
import { plain } from "./testing/command-line.js";

const bucket = {
  category: "object-storage",
  source: "s3",
  account: "111122223333",
  service: "AmazonS3",
  recordType: "Usage",
  billed: "1000",
  attributed: "969.5",
  difference: "-30.5",
  missed: "30.5",
} as const;
const result: Reconciliation = {
  month: parseBillingPeriod("2026-10"),
  hasBill: true,
  isClosed: false,
  corrected: "0",
  billed: "1000",
  attributed: "969.5",
  missed: "30.5",
  accuracyPercent: "96.95",
  invoice: {
    invoice: "1100",
    purchases: "200",
    amortisation: "100",
    discounts: "0",
    bill: "1000",
    unusedCommitment: "5",
  },
  kubernetes: { clusters: [], parts: [], rateVariance: "0", rateVariancePercent: "0.00" },
  categories: [
    { category: "object-storage", billed: "1000", attributed: "969.5", difference: "-30.5", missed: "30.5" },
  ],
  rows: [bucket],
  days: [
    { ...bucket, day: parseDay("2026-10-09") },
    { ...bucket, day: parseDay("2026-10-03"), billed: "40", attributed: "9.5", difference: "-30.5" },
    { ...bucket, day: parseDay("2026-10-04"), billed: "40", attributed: "40", difference: "0" },
  ],
  residuals: [],
};
const promised = { accuracyPercentMin: "97", rateVariancePercentMax: "10" };
const rendered = (of: Partial<Reconciliation> = {}, withDays = false): string[] =>
  plain(render({ ...result, ...of }, promised, "USD", withDays));

describe("what is promised", () => {
  const kubernetes = (rateVariancePercent: string | null) => ({ ...result.kubernetes, rateVariancePercent });
  it.each([
    ["97.00", "10.00", true],
    ["100.00", "0.00", true],
    ["96.99", "0.00", false],
    ["99.00", "10.01", false],
    ["99.00", null, false], // the bill has something, and the prices come to nothing
  ])("is kept by %s %% attributed at prices %s %% apart: %s", (accuracyPercent, percent, isKept) => {
    expect(isAsPromised({ accuracyPercent, kubernetes: kubernetes(percent) }, promised)).toBe(isKept);
  });
});

it("says what is attributed and promised, names the currency once, and adds up", () => {
  const lines = rendered();
  expect(lines.slice(0, 2)).toEqual([
    "2026-10: 96.95 % of the bill is attributed (97 % is promised)",
    `  ${"█".repeat(23)}░  amounts in USD`,
  ]);
  const amounts = "         1,000.00           969.50            30.50";
  expect(lines).toContain(`  ${"  AmazonS3".padEnd(46)}${amounts}`);
  expect(lines).toContain(`  ${"in all".padEnd(46)}${amounts}`);
  expect(lines.filter((line) => line.includes("USD"))).toHaveLength(1);
});

it("goes from the invoice to the bill", () => {
  const from = rendered().findIndex((line) => line.includes("From the invoice"));
  const way = rendered().slice(from + 1, from + 6);
  expect(way.map((line) => line.trim().split(/ {2,}/))).toEqual([
    ["invoice (unblended)", "1,100.00"],
    ["− purchases of commitments", "200.00"],
    ["+ amortisation of them", "100.00"],
    ["= bill, net amortised", "1,000.00"],
    ["of it unused commitment", "5.00"],
  ]);
});

it("lists only the days that differ, in their order, and only where they are asked for", () => {
  expect(rendered().join("\n")).not.toContain("2026-10-03");
  const days = rendered({}, true).filter((line) => line.includes("2026-10-"));
  expect(days.map((line) => line.trim().slice(0, 19))).toEqual([
    "2026-10-03 AmazonS3",
    "2026-10-09 AmazonS3",
  ]);
});

it("says what is left over and why, or that nothing is", () => {
  expect(rendered().at(-1)).toBe("  Nothing is left over.");
  const residual = { class: "timing", what: "days not read", amount: "-30.5", missed: "30.5" } as const;
  const residuals = [residual, { ...residual, what: "nothing", missed: "0" }] as never;
  const lines = rendered({ residuals });
  expect(lines.at(-1)).toMatch(/^ {2}timing: days not read +-30\.50 +30\.50$/);
});

it("names the accounts where there are several", () => {
  const other = { ...bucket, account: "444455556666" };
  expect(rendered({ rows: [bucket, other] }).join("\n")).toContain("444455556666, AmazonS3");
});

it("compares with nothing where there is no bill", () => {
  expect(rendered({ hasBill: false })).toEqual([
    "2026-10: there is no bill of the month, so there is nothing to compare with.",
  ]);
});
