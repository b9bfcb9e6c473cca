import { describe, expect, it } from "vitest";
import { decimalOfCents } from "@apportion/domain/cents";
import { formatAmount } from "./format.js";

describe("amounts in cents", () => {
  it("have two places, for programs and for people", () => {
    expect([743_110n, 5n, 0n, -1_200n].map(decimalOfCents)).toEqual(["7431.10", "0.05", "0.00", "-12.00"]);
    expect(formatAmount("1234567.5", "USD")).toBe("1,234,567.50 USD");
    expect(formatAmount("-999.999", "USD")).toBe("-1,000.00 USD");
  });
});
