import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Reconciliation } from "@apportion/books/reconcile/reconcile";
import { centsThatFoot } from "@apportion/domain/cents";
import { formatPicos } from "@apportion/domain/money";
import { printedBill } from "./printed-bill.js";

type Row = Reconciliation["rows"][number];
const rowOf = (source: string, picos: bigint, missed = 0n): Row => ({
  category: source === "kubecost" ? "kubernetes" : source === "s3" ? "object-storage" : "network",
  source,
  account: "main",
  service: source,
  recordType: "Usage",
  billed: formatPicos(picos),
  attributed: formatPicos(picos),
  difference: "0",
  missed: formatPicos(missed),
});
const resultOf = (
  rows: readonly Row[],
  variance: bigint,
  missed = 0n,
): Parameters<typeof printedBill>[0] => ({
  rows,
  missed: formatPicos(missed),
  kubernetes: { clusters: [], parts: [], rateVariance: formatPicos(variance), rateVariancePercent: "0.00" },
});
const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
const CENT = 10n ** 10n;

describe("the printed bill", () => {
  it("foots, and has what the ledger credits each source", () => {
    const amount = fc.bigInt(-(10n ** 16n), 10n ** 17n);
    fc.assert(
      fc.property(amount, amount, amount, amount, (list, variance, network, s3) => {
        const { rows } = printedBill(
          resultOf(
            [rowOf("kubecost", list + variance), rowOf("network", network), rowOf("s3", s3)],
            variance,
          ),
        );
        const credits = centsThatFoot([list, network, variance, s3]); // by source, as a journal has them
        expect(rows.map(({ billed }) => billed)).toEqual([
          (credits[0] ?? 0n) + (credits[2] ?? 0n),
          credits[1],
          credits[3],
        ]);
        expect(sum(rows.map(({ billed }) => billed))).toBe(sum(credits));
      }),
    );
  });

  it("does not print a network that is a cent beside the journal's", () => {
    // 0.996 + 0.005 + 0.005 come to 1.01 together, of which each alone would round to 1.00 + 0.00 + 0.00 or + 0.01 + 0.01.
    const parts = [996n, 5n, 5n].map((mills) => (mills * CENT) / 10n);
    const rows = ["kubecost", "network", "s3"].map((source, at) => rowOf(source, parts[at] ?? 0n));
    const printed = printedBill(resultOf(rows, 0n)).rows.map(({ attributed }) => attributed);
    expect(sum(printed)).toBe(101n);
  });

  it("prints what is missed so that differences and what has no rule add up to it", () => {
    const third = CENT / 3n;
    const rows = [rowOf("network", CENT, third), rowOf("s3", CENT, third)];
    const { rows: printed, withoutRule } = printedBill(resultOf(rows, 0n, 4n * third));
    expect(sum(printed.map(({ missed }) => missed)) + withoutRule).toBe(1n);
  });
});
