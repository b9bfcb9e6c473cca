import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  composeStatements,
  PICOS_PER_CENT,
  roundByPool,
  type MonthLine,
  type Statement,
} from "./statement.js";
import { CATEGORIES, type Category } from "./category.js";

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

describe("a statement", () => {
  const cent = PICOS_PER_CENT;
  const ofKind = (ownerKind: MonthLine["ownerKind"], picos: bigint): MonthLine => ({
    ...owes("", picos),
    ownerKind,
  });

  it("is each team's in the order of their ids, and each named pool's; what a pool's line says of a team does not matter", () => {
    const month = composeStatements([
      owes("b", 2n * cent),
      owes("a", cent),
      ofKind("idle", 3n * cent),
      { ...ofKind("idle", cent), teamId: "a" },
      ofKind("corporate", 5n * cent),
      ofKind("unallocated", 6n * cent),
    ]);
    expect(month.teams.map(({ ownerKind, teamId, cents }) => [ownerKind, teamId, cents])).toEqual([
      ["team", "a", 1n],
      ["team", "b", 2n],
    ]);
    expect([month.idle, month.corporate, month.unallocated]).toMatchObject([
      { ownerKind: "idle", teamId: "", cents: 4n, picos: 4n * cent },
      { ownerKind: "corporate", teamId: "", cents: 5n },
      { ownerKind: "unallocated", teamId: "", cents: 6n },
    ]);
    expect([month.picos, month.cents]).toEqual([18n * cent, 18n]);
  });

  it("of each team that is asked for is there, in the order of all ids and once", () => {
    const month = composeStatements([owes("b", cent)], ["c", "a", "b"]);
    expect(month.teams.map(({ teamId, cents }) => [teamId, cents])).toEqual([
      ["a", 0n],
      ["b", 1n],
      ["c", 0n],
    ]);
  });

  it("loses the cent of equal remainders to teams first, then to idle, the company and nobody", () => {
    const half = cent / 2n;
    const kinds = ["unallocated", "corporate", "idle"] as const;
    const centsOf = (month: ReturnType<typeof composeStatements>): bigint[] =>
      [...month.teams, month.idle, month.corporate, month.unallocated].map(({ cents }) => cents);
    const all4 = [...kinds.map((kind) => ofKind(kind, half)), owes("a", half)];
    expect(centsOf(composeStatements(all4))).toEqual([1n, 1n, 0n, 0n]);
    expect(centsOf(composeStatements(kinds.map((kind) => ofKind(kind, half + 1n))))).toEqual([1n, 1n, 0n]);
  });

  it("has one line for what agrees in category, basis, pool, method and reason, and one for each that does not", () => {
    const share = { ...owes("a", cent), pool: "p", method: "usage", reason: "r" };
    const month = composeStatements([
      share,
      share,
      { ...share, reason: "s" },
      { ...share, method: "even" },
      { ...share, pool: "q" },
      { ...share, basis: "shared" },
      { ...share, category: "gpu" },
    ]);
    expect(
      month.teams[0]?.lines.map(({ category, basis, pool, method, reason, cents, picos }) =>
        [category, basis, pool, method, reason, cents, picos / cent].join(" "),
      ),
    ).toEqual([
      "cpu direct p even r 1 1",
      "cpu direct p usage r 2 2",
      "cpu direct p usage s 1 1",
      "cpu shared p usage r 1 1",
      "cpu direct q usage r 1 1",
      "gpu direct p usage r 1 1",
    ]);
  });

  it("has its categories in an order that readers know", () => {
    const month = composeStatements(CATEGORIES.toReversed().map((category) => owes("a", cent, category)));
    expect(month.teams[0]?.lines.map(({ category }) => category)).toEqual(CATEGORIES);
  });
});

describe("the cents of one statement", () => {
  const tenths = (count: number): bigint => (PICOS_PER_CENT * BigInt(count)) / 10n;
  const part = (category: string, pool: string, exact: number) => ({ category, pool, exact: tenths(exact) });

  it("are rounded by pool and then by line, so that the lines of a pool come to the pool's cents", () => {
    // The pool is 3.0 in two lines of 1.5; the lines without a pool are each rounded alone.
    expect(roundByPool([part("shared", "p", 15), part("cpu", "", 14), part("shared", "p", 15)], 4n)).toEqual([
      2n,
      1n,
      1n,
    ]);
    expect(roundByPool([part("cpu", "", 16), part("cpu", "", 14), part("cpu", "", 10)], 4n)).toEqual([
      2n,
      1n,
      1n,
    ]);
  });

  it("tell pools apart by category too: idle CPU of a cluster is rounded apart from its idle memory", () => {
    const parts = [part("idle-cpu", "idle/one", 14), part("idle-memory", "idle/one", 16)];
    expect(roundByPool(parts, 3n)).toEqual([1n, 2n]);
    const same = [
      part("shared", "p", 14),
      part("shared", "p", 16),
      part("shared", "q", 4),
      part("shared", "q", 6),
    ];
    expect(roundByPool(same, 4n)).toEqual([1n, 2n, 0n, 1n]);
  });

  it("go to the pool that comes to more, and lines without a pool are no pool", () => {
    expect(roundByPool([part("shared", "p", 4), part("shared", "p", 4), part("shared", "q", 7)], 1n)).toEqual(
      [1n, 0n, 0n],
    );
    const idle = [
      part("idle-cpu", "idle/one", 4),
      part("idle-cpu", "idle/one", 4),
      part("idle-gpu", "idle/one", 7),
    ];
    expect(roundByPool(idle, 1n)).toEqual([1n, 0n, 0n]);
    expect(roundByPool([part("cpu", "", 4), part("cpu", "", 4), part("gpu", "", 7)], 1n)).toEqual([
      0n,
      0n,
      1n,
    ]);
  });

  it("are none of no lines", () => {
    expect(roundByPool([], 0n)).toEqual([]);
  });
});
