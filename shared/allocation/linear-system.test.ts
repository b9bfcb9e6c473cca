import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BITS, SCALE, solve } from "./linear-system.js";

/** One number after the other: what the packed solution must be to the last bit, because ratios of sealed runs were made so. */
function solvedPlainly(
  left: readonly (readonly bigint[])[],
  right: readonly (readonly bigint[])[],
): bigint[][] {
  const rows = left.map((row, index) => [...row, ...(right[index] ?? [])]);
  const size = rows.length;
  const eliminate = (pivot: number, row: number): void => {
    const source = rows[pivot] ?? [];
    const target = rows[row] ?? [];
    if ((target[pivot] ?? 0n) === 0n) return;
    const times = ((target[pivot] ?? 0n) << BITS) / (source[pivot] ?? 1n);
    for (const [column, value] of source.entries())
      target[column] = (target[column] ?? 0n) - ((times * value) >> BITS);
  };
  for (let pivot = 0; pivot < size; pivot += 1)
    for (let row = pivot + 1; row < size; row += 1) eliminate(pivot, row);
  for (let pivot = size - 1; pivot >= 0; pivot -= 1)
    for (let row = 0; row < pivot; row += 1) eliminate(pivot, row);
  return rows.map((row, index) => row.slice(size).map((value) => (value << BITS) / (row[index] ?? 1n)));
}

const weight = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0n) },
  { weight: 3, arbitrary: fc.bigInt({ min: 1n, max: 1000n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: 10n ** 38n }) },
);
const anySystem = fc
  .record({ size: fc.integer({ min: 1, max: 6 }), columns: fc.integer({ min: 1, max: 70 }) })
  .chain(({ size, columns }) =>
    fc.array(
      fc.record({
        passed: fc.array(weight, { minLength: size, maxLength: size }),
        out: fc.array(weight, { minLength: columns, maxLength: columns }),
        least: fc.bigInt({ min: 1n, max: 10n ** 6n }),
      }),
      { minLength: size, maxLength: size },
    ),
  )
  .map((services) =>
    services.map(({ passed, out, least }, row) => {
      const others = [least + (out[0] ?? 0n), ...out.slice(1)];
      const taken = passed.map((each, column) => (column === row ? 0n : each));
      const total = [...taken, ...others].reduce((sum, each) => sum + each, 0n);
      return {
        left: taken.map((each, column) => (column === row ? SCALE : 0n) - (each << BITS) / total),
        right: others.map((each) => (each << BITS) / total),
      };
    }),
  );

describe("a system of equations with many right sides", () => {
  it("is solved to the last bit as if each number stood alone", () => {
    fc.assert(
      fc.property(anySystem, (rows) => {
        const expected = solvedPlainly(
          rows.map(({ left }) => left),
          rows.map(({ right }) => right),
        );
        const solution = solve(
          rows.map(({ left }) => [...left]),
          rows[0]?.right.length ?? 0,
          rows.map(
            ({ right }) =>
              (column) =>
                right[column] ?? 0n,
          ),
        );
        expect(rows.map((_, row) => solution(row))).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("is refused where rounding leaves nothing to divide by", () => {
    const left = [
      [SCALE, -SCALE],
      [-SCALE, SCALE],
    ];
    expect(() => solve(left, 1, [() => 0n, () => 0n])).toThrow("rounding loses it");
  });
});
