import { describe, expect, it } from "vitest";
import type { BillDay } from "@apportion/aws/parse";
import { toStorageFacts } from "./parse.js";

const OPTIONS = { account: "111122223333", teamTag: "team", costPerDayMax: "1000000" };
const bill = (...amounts: readonly string[]): BillDay => ({
  finality: "final",
  lines: amounts.map((amount, index) => ({
    keys: [index === 0 ? "team$fraud" : "team$", "EU-TimedStorage-ByteHrs"],
    effectiveCost: amount,
    unblendedCost: "2.5",
    amortizedCost: "2.4",
    netAmortizedCost: amount,
    usageQuantity: "7",
  })),
});

describe("S3's part of the bill", () => {
  it("is kept by tag and usage type, with what identifies the line on the bill", () => {
    const { rows, finality } = toStorageFacts(bill("2.35", "1"), OPTIONS);
    expect(finality).toBe("final");
    expect(rows).toEqual([
      {
        kind: "object-storage",
        account: "111122223333",
        service: "Amazon Simple Storage Service",
        record_type: "Usage",
        team_label: "fraud",
        usage_type: "EU-TimedStorage-ByteHrs",
        effective_cost: "2.35",
        billed_cost: "2.5",
        amortized_cost: "2.4",
        net_amortized_cost: "2.35",
      },
      expect.objectContaining({ team_label: "" }),
    ]);
  });

  it("is refused when it is negative, or beyond the ceiling", () => {
    expect(() => toStorageFacts(bill("-1"), OPTIONS)).toThrow("usage for a negative amount");
    expect(() => toStorageFacts(bill("21"), { ...OPTIONS, costPerDayMax: "20" })).toThrow(
      "more than costPerDayMax 20",
    );
  });
});
