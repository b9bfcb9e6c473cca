import { describe, expect, it } from "vitest";
import { lineOf } from "../testing/months.js";
import { chargingBasisOf } from "./charging-basis.js";

describe("the charging basis of a report", () => {
  const lines = [lineOf("2026-11-22", "1", { category: "rate-variance" })];

  it("names the clusters that are on no bill, and therefore at list price", () => {
    const named = [
      { cluster: "cellar-1", account: "none" },
      { cluster: "two", account: "444455556666" },
    ];
    const says = chargingBasisOf({ lines }, "net", { accounts: { byDefault: "111122223333", named } });
    expect(says).toContain("at the bill's price");
    expect(says).toContain(", except cellar-1 at list price;");
    expect(chargingBasisOf({ lines }, "net", {})).not.toContain("except");
  });
});
