import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BillDay } from "@apportion/aws/parse";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { attributeNetwork } from "./attribute.js";
import type { BytesByClass, NamespaceBytes } from "./bytes.js";

const ACCOUNT = "111122223333";
const GB = 10n ** 9n;
const line = (
  usageType: string,
  amount: string,
  gigabytes: string,
  service = "EC2 - Other",
): BillDay["lines"][number] => ({
  keys: [service, usageType],
  effectiveCost: amount,
  unblendedCost: amount,
  amortizedCost: amount,
  netAmortizedCost: amount,
  usageQuantity: gigabytes,
});
const bill = (...lines: BillDay["lines"]): BillDay => ({ lines, finality: "final" });
const bytes = (internet: readonly NamespaceBytes[]): BytesByClass => ({
  internet,
  "inter-region": [],
  "inter-zone": [],
  nat: internet,
});
const of = (namespace: string, gigabytes: bigint, region = "eu-west-1"): NamespaceBytes => ({
  cluster: "one",
  region,
  namespace,
  bytes: gigabytes * GB,
});
const shares = (rows: ReturnType<typeof attributeNetwork>): [string, string][] =>
  rows.map(({ namespace = "", effective_cost }) => [namespace, effective_cost]);

describe("network dollars", () => {
  it("go to namespaces by their bytes in the class", () => {
    const rows = attributeNetwork(
      bill(line("EU-DataTransfer-Out-Bytes", "9", "90")),
      bytes([of("team-a", 60n), of("team-b", 30n)]),
      ACCOUNT,
    );
    expect(shares(rows)).toEqual([
      ["team-a", "6"],
      ["team-b", "3"],
    ]);
    expect(rows[0]).toMatchObject({
      kind: "network",
      network_class: "internet",
      cluster: "one",
      account: ACCOUNT,
    });
  });

  it("stay with nobody as far as the measured bytes do not explain them", () => {
    const rows = attributeNetwork(
      bill(line("EU-NatGateway-Bytes", "10", "100")),
      bytes([of("team-a", 40n)]),
      ACCOUNT,
    );
    expect(shares(rows)).toEqual([
      ["team-a", "4"],
      ["", "6"],
    ]);
  });

  it("are explained by bytes of their own region only", () => {
    const measured = bytes([of("team-eu", 100n, "eu-west-1"), of("team-us", 10n, "us-east-1")]);
    const rows = attributeNetwork(
      bill(line("EU-NatGateway-Bytes", "4.8", "100"), line("USE1-NatGateway-Bytes", "4.5", "100")),
      measured,
      ACCOUNT,
    );
    expect(shares(rows)).toEqual([
      ["team-eu", "4.8"],
      ["team-us", "0.45"],
      ["", "4.05"],
    ]);
    expect(shares(attributeNetwork(bill(line("NatGateway-Bytes", "4.5", "10")), measured, ACCOUNT))).toEqual([
      ["team-us", "4.5"], // without a prefix it is us-east-1's
    ]);
    expect(
      shares(attributeNetwork(bill(line("XXX9-NatGateway-Bytes", "1", "1")), measured, ACCOUNT)),
    ).toEqual([["", "1"]]);
  });

  it("spend each byte once, however many lines of a class and region there are", () => {
    const rows = attributeNetwork(
      bill(
        line("EU-DataTransfer-Out-Bytes", "9", "100"),
        line("EU-DataTransfer-Out-Bytes", "27", "300", "AWS Data Transfer"),
        line("EU-DataTransfer-In-Bytes", "0", "5000"), // free: it uses no bytes up
      ),
      bytes([of("team-a", 100n)]),
      ACCOUNT,
    );
    expect(shares(rows)).toEqual([
      ["team-a", "2.25"],
      ["", "6.75"],
      ["team-a", "6.75"],
      ["", "20.25"],
    ]);
  });

  it("are never more than the bill's, however much was measured", () => {
    const rows = attributeNetwork(
      bill(line("EU-NatGateway-Bytes", "10", "100")),
      bytes([of("team-a", 500n)]),
      ACCOUNT,
    );
    expect(shares(rows)).toEqual([["team-a", "10"]]);
  });

  it("are nothing for zero bytes, and nobody's where there are no bytes at all", () => {
    const rows = attributeNetwork(
      bill(line("EU-DataTransfer-Regional-Bytes", "5", "500")),
      bytes([of("team-a", 0n)]),
      ACCOUNT,
    );
    expect(shares(rows)).toEqual([["", "5"]]);
  });

  it("are those of the network only: S3's own transfer and machines are left to others", () => {
    const rows = attributeNetwork(
      bill(
        line("EU-DataTransfer-Out-Bytes", "3", "30", "Amazon Simple Storage Service"),
        line("EU-BoxUsage:m5.large", "100", "24", "Amazon Elastic Compute Cloud - Compute"),
      ),
      bytes([of("team-a", 1n)]),
      ACCOUNT,
    );
    expect(rows).toEqual([]);
  });

  it("of a gateway's hours follow its bytes: what they do not explain of those, they do not explain of these", () => {
    const hours = line("EU-NatGateway-Hours", "3", "24");
    const through = line("EU-NatGateway-Bytes", "10", "100");
    expect(shares(attributeNetwork(bill(hours, through), bytes([of("team-a", 40n)]), ACCOUNT))).toEqual([
      ["team-a", "1.2"],
      ["", "1.8"],
      ["team-a", "4"],
      ["", "6"],
    ]);
    // Nothing went through the gateway, so what was measured went elsewhere.
    expect(shares(attributeNetwork(bill(hours), bytes([of("team-a", 40n)]), ACCOUNT))).toEqual([["", "3"]]);
  });

  it("add up to the bill exactly, whatever was measured", () => {
    const anyBytes = fc.array(
      fc.record({
        cluster: fc.constant("one"),
        region: fc.constantFrom("eu-west-1", "us-east-1"),
        namespace: fc.constantFrom("a", "b", "c"),
        bytes: fc.bigInt({ min: 0n, max: 10n ** 15n }),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 18n }),
        fc.bigInt({ min: 0n, max: 10n ** 18n }),
        anyBytes,
        (amount, quantity, measured) => {
          const rows = attributeNetwork(
            bill(line("EU-NatGateway-Bytes", formatPicos(amount), formatPicos(quantity))),
            bytes(measured),
            ACCOUNT,
          );
          expect(rows.reduce((sum, row) => sum + parsePicos(row.effective_cost), 0n)).toBe(amount);
        },
      ),
    );
  });
});
