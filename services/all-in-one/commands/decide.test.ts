import { afterEach, beforeEach, expect, it } from "vitest";
import type { Adjustment } from "@apportion/books/ledger/adjustments";
import { parseBillingPeriod } from "@apportion/domain/period";
import { asJson, render } from "./decide.js";
import { commandLine, plain, type CommandLine } from "./testing/command-line.js";

let line: CommandLine;
beforeEach(() => void (line = commandLine()));
afterEach(() => line.remove());

it("does not post without two names and a reason", async () => {
  const names = ["--prepared-by", "ann", "--approved-by", "bob"];
  const { code, err } = await line.run("decide", "--month", "2026-10", ...names);
  expect([code, err]).toEqual([
    2,
    "decide needs --prepared-by, --approved-by and --reason, or --check to see what it would come to\n",
  ]);
});

const decision = {
  month: parseBillingPeriod("2026-10"),
  into: parseBillingPeriod("2026-11"),
  payers: [
    { payer: "ads", posted: 1_000_000n, difference: -25_050n },
    { payer: "unallocated", posted: 0n, difference: 25_050n },
  ],
  adjustments: [],
};

it("shows who pays more or less, with what all come to together, and that nothing was posted", () => {
  expect(plain(render(decision, true, "USD"))).toEqual([
    "2026-10, if it were decided again: posted into 2026-11",
    "  who                              posted so far          difference          afterwards",
    "  ads                              10,000.00 USD         -250.50 USD        9,749.50 USD",
    "  unallocated                           0.00 USD          250.50 USD          250.50 USD",
    "  together                         10,000.00 USD            0.00 USD       10,000.00 USD",
    "Nothing was posted: that takes --prepared-by, --approved-by and --reason.",
  ]);
});

it("names what people moved of the month: for the same cause it would be moved twice", () => {
  const period = parseBillingPeriod("2026-10");
  const adjustment: Adjustment = {
    id: "0123456789ab",
    from: { ownerKind: "team", teamId: "ads", period },
    to: { ownerKind: "unallocated", teamId: "", period },
    cents: 25_050n,
    reason: "namespace x was never theirs",
    preparedBy: "ann",
    proposedAt: "2026-11-10T00:00:00.000Z",
    expiresAt: "2026-11-24T00:00:00.000Z",
    state: { kind: "waiting" },
  };
  expect(plain(render({ ...decision, adjustments: [adjustment] }, true, "USD")).slice(5, -1)).toEqual([
    "What people moved of the month stays moved; move back by `adjust propose` what was moved for the same cause:",
    "  0123456789ab  250.50 USD from ads to unallocated for 2026-10: namespace x was never theirs",
  ]);
});

it("says that nobody's charge changes where nobody's does", () => {
  expect(render({ ...decision, payers: [] }, false, "USD")).toEqual([
    "2026-10: the owners and policies of today charge everybody what was posted. Nothing is posted.",
  ]);
});

it("has exact decimals with their currency for programs", () => {
  expect(asJson(decision, "USD")).toEqual({
    month: "2026-10",
    postedInto: "2026-11",
    currency: "USD",
    payers: [
      { payer: "ads", posted: "10000.00", difference: "-250.50", afterwards: "9749.50" },
      { payer: "unallocated", posted: "0.00", difference: "250.50", afterwards: "250.50" },
    ],
    adjustments: [],
  });
});
