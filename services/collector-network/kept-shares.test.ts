import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BillDay, BillLine } from "@apportion/aws/parse";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { attributeNetwork } from "./attribute.js";
import { attributeByShares } from "./kept-shares.js";

const ACCOUNT = "111122223333";
const NONE = { internet: [], "inter-region": [], "inter-zone": [], nat: [] };

const amounts = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }).map(formatPicos);
const lines = fc.uniqueArray(
  fc.record({
    keys: fc
      .constantFrom(
        "EU-DataTransfer-Out-Bytes",
        "EU-NatGateway-Bytes",
        "EU-NatGateway-Hours",
        "DataTransfer-Regional-Bytes",
      )
      .map((usageType) => ["EC2 - Other", usageType]),
    effectiveCost: amounts,
    unblendedCost: amounts,
    amortizedCost: amounts,
    netAmortizedCost: amounts,
    usageQuantity: fc.constantFrom("0", "1", "100"),
  }),
  { selector: ({ keys }) => keys.join() },
);
const bills = lines.map((all: BillLine[]): BillDay => ({ lines: all, finality: "final" }));
const measured = fc
  .uniqueArray(
    fc.record({
      cluster: fc.constantFrom("one", "two"),
      region: fc.constantFrom("eu-west-1", "us-east-1"),
      namespace: fc.constantFrom("a", "b"),
      bytes: fc.bigInt({ min: 0n, max: 10n ** 12n }),
    }),
    { selector: ({ cluster, region, namespace }) => `${cluster}/${region}/${namespace}` },
  )
  .map((bytes) => ({ ...NONE, internet: bytes, nat: bytes, "inter-zone": bytes }));

describe("a bill by the shares of an earlier reading", () => {
  it("is what that reading was, where the bill did not change", () => {
    fc.assert(
      fc.property(bills, measured, (bill, bytes) => {
        const earlier = attributeNetwork(bill, bytes, ACCOUNT);
        const byText = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
        expect(byText(attributeByShares(bill, earlier, ACCOUNT))).toEqual(byText(earlier));
      }),
    );
  });

  it("adds up to the bill exactly, however it changed", () => {
    fc.assert(
      fc.property(bills, bills, measured, (before, now, bytes) => {
        const rows = attributeByShares(now, attributeNetwork(before, bytes, ACCOUNT), ACCOUNT);
        const sum = (all: readonly string[]): bigint => all.reduce((to, each) => to + parsePicos(each), 0n);
        expect(sum(rows.map((row) => row.effective_cost))).toBe(
          sum(now.lines.map((each) => each.effectiveCost)),
        );
        expect(sum(rows.map((row) => row.billed_cost))).toBe(
          sum(now.lines.map((each) => each.unblendedCost)),
        );
      }),
    );
  });
});
