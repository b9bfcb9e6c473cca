import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Category } from "./category.js";
import { composeStatements, type MonthLine, PICOS_PER_CENT, type Statement } from "./statement.js";

const text = fc.constantFrom("", "a", "b", "c");
const line: fc.Arbitrary<MonthLine> = fc.record({
  ownerKind: fc.constantFrom("team" as const, "idle" as const, "unallocated" as const),
  teamId: fc.constantFrom("alpha", "beta", "gamma", "delta"),
  category: fc.constantFrom("cpu", "gpu", "shared", "unallocated"),
  basis: fc.constantFrom("direct", "shared"),
  pool: text,
  method: text,
  reason: text,
  picos: fc.bigInt({ min: -(10n ** 14n), max: 10n ** 16n }),
});
const lines = fc.array(line, { maxLength: 40 });

function owes(teamId: string, picos: bigint, category: Category = "cpu"): MonthLine {
  return { ownerKind: "team", teamId, category, basis: "direct", pool: "", method: "", reason: "", picos };
}

function all(month: ReturnType<typeof composeStatements>): Statement[] {
  return [...month.teams, month.idle, month.unallocated];
}

function total(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

describe("composeStatements", () => {
  it("adds up: lines to the statement, statements to the month, in cents and exactly", () => {
    fc.assert(
      fc.property(lines, (given) => {
        const month = composeStatements(given);
        expect(month.picos).toBe(total(given.map(({ picos }) => picos)));
        expect(total(all(month).map(({ cents }) => cents))).toBe(month.cents);
        for (const statement of all(month)) {
          expect(total(statement.lines.map(({ cents }) => cents))).toBe(statement.cents);
          expect(total(statement.lines.map(({ picos }) => picos))).toBe(statement.picos);
        }
      }),
    );
  });

  it("moves no statement and no line by a whole cent or more", () => {
    fc.assert(
      fc.property(lines, (given) => {
        for (const statement of all(composeStatements(given))) {
          for (const { cents, picos } of [statement, ...statement.lines]) {
            const moved = cents * PICOS_PER_CENT - picos;
            expect(moved > -PICOS_PER_CENT && moved < PICOS_PER_CENT).toBe(true);
          }
        }
      }),
    );
  });

  it("does not depend on the order of the lines", () => {
    fc.assert(
      fc.property(
        lines.chain((given) =>
          fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length })),
        ),
        ([given, shuffled]) => {
          expect(composeStatements(shuffled)).toEqual(composeStatements(given));
        },
      ),
    );
  });

  it("gives teams that owe nothing a statement of zero without moving anybody's cents", () => {
    fc.assert(
      fc.property(lines, (given) => {
        const without = composeStatements(given);
        const withIdle = composeStatements(given, ["aaa-new", "zzz-new"]);
        expect(withIdle.teams.filter(({ teamId }) => !teamId.endsWith("-new"))).toEqual(without.teams);
        expect(withIdle.teams.find(({ teamId }) => teamId === "zzz-new")).toMatchObject({
          cents: 0n,
          lines: [],
        });
      }),
    );
  });

  it("gives the odd cent to the first team by id", () => {
    const third = 10n ** 12n / 3n;
    const month = composeStatements([owes("c", third), owes("b", third), owes("a", third + 1n)]);
    expect(month.cents).toBe(100n);
    expect(month.teams.map(({ teamId, cents }) => [teamId, cents])).toEqual([
      ["a", 34n],
      ["b", 33n],
      ["c", 33n],
    ]);
  });

  it("orders the lines of a statement by category and breaks their ties in that order", () => {
    const half = PICOS_PER_CENT / 2n;
    const month = composeStatements([
      owes("a", half, "shared"),
      owes("a", half, "cpu"),
      owes("a", half, "unallocated"),
    ]);
    expect(month.teams[0]?.lines.map(({ category, cents }) => [category, cents])).toEqual([
      ["cpu", 1n],
      ["shared", 1n],
      ["unallocated", 0n],
    ]);
  });

  it("charges a pool that was capped at the cap, to the cent, whatever its lines come to", () => {
    const lineOf = (method: string, picos: bigint): MonthLine => ({
      ...owes("a", picos, "shared"),
      pool: "mlflow",
      method,
    });
    const cap = 1500n * PICOS_PER_CENT;
    const share = 2233n * PICOS_PER_CENT + 6n * (PICOS_PER_CENT / 10n);
    const month = composeStatements([
      owes("a", 100n * PICOS_PER_CENT + (7n * PICOS_PER_CENT) / 10n),
      lineOf("usage", share),
      lineOf("limit", cap - share),
      owes("b", (3n * PICOS_PER_CENT) / 10n),
    ]);
    const pool = month.teams[0]?.lines.filter(({ pool: of }) => of === "mlflow") ?? [];
    expect(total(pool.map(({ cents }) => cents))).toBe(1500n);
  });

  it("keeps credits negative", () => {
    const month = composeStatements([owes("a", -15n * PICOS_PER_CENT), owes("b", 5n * PICOS_PER_CENT)]);
    expect(month.teams.map(({ cents }) => cents)).toEqual([-15n, 5n]);
    expect(month.cents).toBe(-10n);
  });
});
