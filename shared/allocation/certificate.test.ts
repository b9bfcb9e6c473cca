import { describe, expect, it } from "vitest";
import { parsePicos } from "@apportion/domain/money";
import {
  certify,
  ConservationError,
  totals,
  totalsOfCells,
  totalsOfLines,
  type OriginTotal,
} from "./certificate.js";
import { allocationOf, cell } from "./testing.js";

const origin = (source: string, amount: string, scope = "one"): OriginTotal => ({
  source,
  scope,
  amount: parsePicos(amount),
});

describe("certify", () => {
  it("refuses when one source gained what another lost, and says by how much", () => {
    const prove = () =>
      certify(
        [origin("kubecost", "5"), origin("s3", "1"), origin("network", "3")],
        [origin("kubecost", "4"), origin("s3", "2"), origin("network", "3")],
      );
    expect(prove).toThrow(ConservationError);
    expect(prove).toThrow(
      'Allocated is not what was collected: [{"source":"kubecost","scope":"one","collected":"5","allocated":"4","difference":"-1"},' +
        '{"source":"s3","scope":"one","collected":"1","allocated":"2","difference":"1"}]',
    );
    expect(new ConservationError("x").code).toBe("CONSERVATION");
  });

  it("refuses when one scope gained what another of the same source lost, or to the last of the twelve places", () => {
    expect(() =>
      certify([origin("kubecost", "5"), origin("kubecost", "5", "two")], [origin("kubecost", "10")]),
    ).toThrow("Allocated is not what was collected");
    expect(() => certify([origin("s3", "1")], [origin("s3", "1.000000000001")])).toThrow(
      '"difference":"0.000000000001"',
    );
  });

  it("refuses what was never collected, and what was never allocated", () => {
    expect(() => certify([], [origin("s3", "1")])).toThrow('"collected":"0","allocated":"1"');
    expect(() => certify([origin("s3", "1")], [])).toThrow('"collected":"1","allocated":"0"');
  });

  it("shows each source and scope that balances, in their order, and what it comes to", () => {
    const amounts = [origin("s3", "1.5"), origin("kubecost", "5", "two"), origin("kubecost", "4")];
    expect(certify(amounts, amounts.toReversed())).toEqual({
      entries: [
        { source: "kubecost", scope: "one", collected: "4", allocated: "4", difference: "0" },
        { source: "kubecost", scope: "two", collected: "5", allocated: "5", difference: "0" },
        { source: "s3", scope: "one", collected: "1.5", allocated: "1.5", difference: "0" },
      ],
      collected: parsePicos("10.5"),
      allocated: parsePicos("10.5"),
    });
  });
});

describe("what sources come to", () => {
  it("is one total for each source and scope", () => {
    expect(totals([origin("s3", "1"), origin("s3", "2", "two"), origin("s3", "4")])).toEqual([
      origin("s3", "5"),
      origin("s3", "2", "two"),
    ]);
  });

  it("is that of cells' parts, and the same of their lines", () => {
    const cells = [
      cell({
        namespace: "team-a",
        amount: "0",
        parts: [
          { category: "cpu", amount: parsePicos("3") },
          { category: "gpu", amount: parsePicos("4") },
        ],
      }),
      cell({ namespace: "team-b", amount: "1" }),
      cell({ namespace: "team-b", scope: "two", amount: "2" }),
    ];
    const expected = [origin("kubecost", "8"), origin("kubecost", "2", "two")];
    expect(totalsOfCells(cells)).toEqual(expected);
    expect(totalsOfLines(allocationOf({ cells }))).toEqual(expected);
  });
});
