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
const of = (namespace: string, gigabytes: bigint): NamespaceBytes => ({
  cluster: "one",
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

  it("add up to the bill exactly, whatever was measured", () => {
    const anyBytes = fc.array(
      fc.record({
        cluster: fc.constant("one"),
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
