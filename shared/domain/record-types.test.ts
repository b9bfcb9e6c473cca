import { describe, expect, it } from "vitest";
import { isCommitment, isUsage } from "./record-types.js";

const RECORD_TYPES = [
  "Usage",
  "DiscountedUsage",
  "SavingsPlanCoveredUsage",
  "RIFee",
  "SavingsPlanRecurringFee",
  "SavingsPlanUpfrontFee",
  "SavingsPlanNegation",
  "Tax",
  "Credit",
  "Refund",
  "Support",
  "Fee",
  "",
];

describe("a record type of the bill", () => {
  it("is use, on demand or covered by a commitment", () => {
    expect(RECORD_TYPES.filter(isUsage)).toEqual(["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"]);
  });

  it("is what a commitment costs, used or not", () => {
    expect(RECORD_TYPES.filter(isCommitment)).toEqual([
      "RIFee",
      "SavingsPlanRecurringFee",
      "SavingsPlanUpfrontFee",
      "SavingsPlanNegation",
    ]);
  });
});
