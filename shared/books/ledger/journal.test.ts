import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CATEGORIES } from "@apportion/domain/category";
import { parseBillingPeriod } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { type MonthLine, PICOS_PER_CENT } from "@apportion/domain/statement";
import { chain, chargedBy, correctionEntries, type Entry, type ExactMonth, monthEntries } from "./journal.js";

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
          entries.push(correctionEntries(now, then, entries.flat(), []));
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
        expect(correctionEntries(month, month, monthEntries(month, []), [])).toEqual([]);
      }),
    );
  });

  const month = (lines: readonly Partial<MonthLine>[]): ExactMonth => {
    const whole = lines.map((line): MonthLine => ({ ...LINE, ...line }));
    const sum = whole.reduce((all, line) => all + line.picos, 0n);
    return { lines: whole, sources: [{ source: "kubecost", picos: sum }] };
  };
  const LINE: MonthLine = {
    ownerKind: "team",
    teamId: "a",
    category: "cpu",
    basis: "direct",
    pool: "",
    method: "",
    reason: "",
    picos: 0n,
  };
  const teamCents = (entries: readonly Entry[], team: string): bigint =>
    entries.reduce((sum, { teamId, cents }) => (teamId === team ? sum + cents : sum), 0n);

  it("correct a team whose lines each moved by less than half a cent", () => {
    const tenLines = (teamId: string, picosEach: bigint): Partial<MonthLine>[] =>
      CATEGORIES.slice(0, 10).map((category) => ({ teamId, category, picos: picosEach }));
    const dollar = 100n * PICOS_PER_CENT;
    const shift = (PICOS_PER_CENT * 46n) / 100n;
    const then = month([...tenLines("a", 10n * dollar), ...tenLines("b", 10n * dollar)]);
    const now = month([...tenLines("a", 10n * dollar + shift), ...tenLines("b", 10n * dollar - shift)]);
    const correction = correctionEntries(now, then, monthEntries(then, []), []);
    expect([teamCents(correction, "a"), teamCents(correction, "b"), balance(correction)]).toEqual([
      5n,
      -5n,
      0n,
    ]);
  });

  it("lose no cent of a team that is restated in many steps", () => {
    const step = PICOS_PER_CENT / 3n;
    const at = (steps: bigint): ExactMonth =>
      month([{ picos: 10n ** 12n + steps * step }, { teamId: "b", picos: 10n ** 12n }]);
    const entries = [monthEntries(at(0n), [])];
    for (let done = 1n; done <= 30n; done += 1n)
      entries.push(correctionEntries(at(done), at(done - 1n), entries.flat(), []));
    expect([teamCents(entries.flat(), "a"), teamCents(entries.flat(), "b")]).toEqual([110n, 100n]);
  });

  it("keep the cost center of a team that has left the configuration", () => {
    const team = {
      id: "a",
      name: "A",
      costCenter: "cc-a",
      complianceLevel: "standard" as const,
      contacts: [],
      budgets: [],
    };
    const posted = monthEntries(month([{ picos: 10n ** 12n }]), [team]);
    const correction = correctionEntries(
      month([{ picos: 2n * 10n ** 12n }]),
      month([{ picos: 10n ** 12n }]),
      posted,
      [],
    );
    expect(correction.find(({ teamId }) => teamId === "a")).toMatchObject({
      costCenter: "cc-a",
      cents: 100n,
    });
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
