import { afterEach, beforeEach, expect, it } from "vitest";
import type { Adjustment } from "@apportion/books/ledger/adjustments";
import type { ProposedDecision } from "@apportion/books/ledger/decisions";
import { parseBillingPeriod } from "@apportion/domain/period";
import { asJson, decisionEffectLines, decisionJson, decisionLines, render } from "./adjust-decide.js";
import { commandLine, plain, type CommandLine } from "./testing/command-line.js";

let line: CommandLine;
beforeEach(() => void (line = commandLine()));
afterEach(() => line.remove());

it("puts nothing on record without a name and a reason", async () => {
  const { code, err } = await line.run("adjust", "decide", "--month", "2026-10", "--prepared-by", "ann");
  expect([code, err]).toEqual([
    2,
    "adjust decide needs --prepared-by and --reason, or --check to see what it would come to\n",
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
  before: [],
  isNothing: false,
};

it("shows who pays more or less, with what all come to together", () => {
  expect(plain(decisionEffectLines(decision, "USD"))).toEqual([
    "  to be posted into 2026-11:",
    "  who                               of it so far          difference          afterwards",
    "  ads                              10,000.00 USD         -250.50 USD        9,749.50 USD",
    "  unallocated                           0.00 USD          250.50 USD          250.50 USD",
    "  together                         10,000.00 USD            0.00 USD       10,000.00 USD",
  ]);
});

it("says that everybody pays the same where lines alone are others", () => {
  const same = { ...decision, payers: [] };
  expect(decisionEffectLines(same, "USD")).toEqual([
    "  to be posted into 2026-11:",
    "  everybody pays the same, by other lines",
  ]);
  expect(plain(decisionLines({ ...draft, payers: [] }, "USD"))[0]).toBe(
    "0123456789ab  2026-10 decided again: everybody pays the same, by other lines",
  );
});

const draft: ProposedDecision = {
  id: "0123456789ab",
  month: decision.month,
  payers: decision.payers.map(({ payer, difference }) => ({ payer, difference })),
  contentHash: "0",
  reason: "namespace x was never theirs",
  preparedBy: "ann",
  proposedAt: "2026-11-10T00:00:00.000Z",
  expiresAt: "2026-11-24T00:00:00.000Z",
  state: { kind: "waiting" },
};

it("is a draft as an adjustment is: what it moves, why, and until when it waits", () => {
  expect(plain(decisionLines(draft, "USD"))).toEqual([
    "0123456789ab  2026-10 decided again: ads -250.50 USD, unallocated 250.50 USD",
    "  namespace x was never theirs",
    "  proposed by ann on 2026-11-10; waits until 2026-11-24 for somebody else: apportion adjust approve 0123456789ab --approved-by NAME",
  ]);
  expect(decisionJson(draft, "USD", { why: "readings have changed" })).toMatchObject({
    kind: "decision",
    id: "0123456789ab",
    state: "waiting",
    payers: [
      { payer: "ads", difference: "-250.50" },
      { payer: "unallocated", difference: "250.50" },
    ],
    cannotBePosted: "readings have changed",
  });
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
  expect(plain(render({ ...decision, adjustments: [adjustment] }, "USD")).slice(4)).toEqual([
    "What people moved of the month stays moved; move back by `adjust propose` what was moved for the same cause:",
    "  0123456789ab  250.50 USD from ads to unallocated for 2026-10: namespace x was never theirs",
  ]);
});

it("says that nobody's charge changes where nobody's does", () => {
  expect(decisionEffectLines({ ...decision, payers: [], isNothing: true }, "USD")).toEqual([
    "2026-10: the owners and policies of today charge everybody what was posted. There is nothing to decide.",
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
