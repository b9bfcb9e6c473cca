import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT, type MonthLine } from "@apportion/domain/statement";
import { chain, chargedBy, correctionEntries, monthEntries, type Entry, type ExactMonth } from "./journal.js";

const picos = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 17n });
const anyLine = fc.record({
  ownerKind: fc.constantFrom("team" as const, "idle" as const, "unallocated" as const),
  teamId: fc.constantFrom("a", "b", "c"),
  category: fc.constantFrom("cpu", "gpu", "shared"),
  basis: fc.constant("direct"),
  pool: fc.constantFrom("", "mlflow"),
  method: fc.constant(""),
  reason: fc.constant(""),
  picos,
});

/** Lines and sources of the same month: the sources add up to the lines. */
const anyMonth = fc.tuple(fc.array(anyLine, { maxLength: 12 }), picos).map(([lines, first]): ExactMonth => {
  const owned = lines.map((line): MonthLine => ({
    ...line,
    teamId: line.ownerKind === "team" ? line.teamId : "",
  }));
  const total = owned.reduce((sum, line) => sum + line.picos, 0n);
  return {
    lines: owned,
    sources: [
      { source: "kubecost", picos: first },
      { source: "s3", picos: total - first },
    ],
  };
});

const total = ({ lines }: ExactMonth): bigint =>
  roundedDivision(
    lines.reduce((sum, line) => sum + line.picos, 0n),
    PICOS_PER_CENT,
  );
const balance = (entries: readonly Entry[]): bigint => entries.reduce((sum, { cents }) => sum + cents, 0n);

describe("journals", () => {
  it("balance, and with all corrections charge the month's rounded total, whatever was restated how often", () => {
    fc.assert(
      fc.property(fc.array(anyMonth, { minLength: 1, maxLength: 5 }), ([first, ...restated]) => {
        if (!first) return;
        const entries = [monthEntries(first, [])];
        let then = first;
        for (const now of restated) {
          const posted = entries.reduce((sum, each) => sum + chargedBy({ entries: each }), 0n);
          entries.push(correctionEntries(now, then, posted, []));
          then = now;
        }
        expect(entries.map(balance)).toEqual(entries.map(() => 0n));
        expect(entries.reduce((sum, each) => sum + chargedBy({ entries: each }), 0n)).toBe(total(then));
      }),
      { numRuns: 2000 },
    );
  });

  it("have nothing to correct of a month that is the same", () => {
    fc.assert(
      fc.property(anyMonth, (month) => {
        const posted = chargedBy({ entries: monthEntries(month, []) });
        expect(correctionEntries(month, month, posted, [])).toEqual([]);
      }),
    );
  });

  it("are refused when they do not balance", () => {
    const period = parseBillingPeriod("2026-10");
    const entry: Entry = {
      account: "team",
      teamId: "a",
      costCenter: "",
      source: "",
      category: "cpu",
      basis: "direct",
      pool: "",
      method: "",
      reason: "",
      cents: 1n,
    };
    const draft = {
      kind: "statement" as const,
      billingPeriod: period,
      correctsPeriod: "" as const,
      preparedBy: "",
      approvedBy: "",
      reason: "",
      evidence: "{}",
      entries: [entry],
    };
    expect(() => chain(draft, { seq: 0n, hash: "" }, new Date(0))).toThrow("exceed its credits by 1 cents");
  });
});
