import { describe, expect, it } from "vitest";
import type { BillDay, BillLine } from "@apportion/aws/parse";
import type { PartOwner } from "@apportion/aws/bill-lines";
import { toBillFacts, toOwnCosts, type BillAccount, type WholeBill } from "./parse.js";

const EC2_OTHER = "EC2 - Other";
const S3 = "Amazon Simple Storage Service";
const line = (amount: string, ...keys: string[]): BillLine => ({
  keys,
  effectiveCost: amount,
  unblendedCost: amount,
  amortizedCost: amount,
  netAmortizedCost: amount,
  usageQuantity: "1",
});
const day = (...lines: BillLine[]): BillDay => ({ lines, finality: "final" });
const BILL: WholeBill = {
  usage: day(
    line("1", "Amazon Elastic Compute Cloud - Compute", "EU-BoxUsage:m5.large"),
    line("2", EC2_OTHER, "EU-NatGateway-Bytes"),
    line("4", S3, "EU-TimedStorage-ByteHrs"),
    line("8", EC2_OTHER, "EU-ElasticIP:IdleAddress"),
    line("16", "Amazon SageMaker", "EU-Notebk:ml.t3.xlarge"),
  ),
  others: day(line("32", "Tax", "Tax")),
  tagged: day(line("16", "team$a", "Amazon SageMaker")),
};
const account = (...partOwners: PartOwner[]): BillAccount => ({
  account: "111122223333",
  teamTag: "team",
  partOwners: new Set(partOwners),
});
const total = (rows: readonly { readonly effective_cost: string }[]): number =>
  rows.reduce((sum, row) => sum + Number(row.effective_cost), 0);

describe("an account's bill", () => {
  it("leaves to other collectors what they charge of this account", () => {
    const rows = toOwnCosts(BILL, account("kubecost", "s3", "network"));
    expect(rows.map(({ kind, effective_cost }) => [kind, effective_cost])).toEqual([
      ["bill", "16"],
      ["bill", "8"],
      ["bill", "32"],
    ]);
  });

  it("keeps lines as unowned whose collector is not there for this account", () => {
    const rows = toOwnCosts(BILL, account("s3"));
    expect(rows.filter(({ kind }) => kind === "unowned")).toEqual([
      expect.objectContaining({
        usage_type: "EU-BoxUsage:m5.large",
        record_type: "Usage",
        effective_cost: "1",
      }),
      expect.objectContaining({ usage_type: "EU-NatGateway-Bytes", service: EC2_OTHER, effective_cost: "2" }),
    ]);
    expect(total(rows)).toBe(63 - 4);
  });

  it("says of each line who charges it, so that its own costs are what it says is its own", () => {
    for (const partOwners of [[], ["network"], ["kubecost", "s3", "network"]] as const) {
      const own = toBillFacts(BILL, account(...partOwners)).filter(({ owner }) => owner === "aws-bill");
      expect(total(own)).toBe(total(toOwnCosts(BILL, account(...partOwners))));
    }
  });
});
