import { decimalOfCents } from "@apportion/domain/cents";
import { csvRows } from "@apportion/runtime/csv";
import { centsOf } from "../data/amounts.js";
import type { Costs } from "../data/shapes.js";

/** A group of the table: what it comes to, and came to. */
export interface GroupRow {
  readonly key: string;
  readonly values: readonly string[];
  readonly cents: bigint;
  /** Undefined where nothing is compared. */
  readonly before: bigint | undefined;
}

/** Groups of both periods: one that is in either is there. */
export function groupRows(now: Costs, before: Costs | undefined): GroupRow[] {
  const keyOf = (values: readonly string[]): string => JSON.stringify(values);
  const then = new Map(before?.rows.map(({ values, amount }) => [keyOf(values), { values, amount }]));
  const rows = now.rows.map(({ values, amount }): GroupRow => {
    const key = keyOf(values);
    const was = then.get(key);
    then.delete(key);
    return { key, values, cents: centsOf(amount), before: before && (was ? centsOf(was.amount) : 0n) };
  });
  const gone = Array.from(then, ([key, { values, amount }]): GroupRow => ({
    key,
    values,
    cents: 0n,
    before: centsOf(amount),
  }));
  return [...rows, ...gone];
}

/** What the screen shows as a file: what it is first, then the table in its order, with its sum. */
export function fileOf(
  said: readonly (readonly [string, string])[],
  {
    heads,
    rows,
    isCompared,
    separator,
  }: {
    readonly heads: readonly string[];
    readonly rows: readonly (GroupRow & { readonly names: readonly string[] })[];
    readonly isCompared: boolean;
    readonly separator: string;
  },
): string {
  const numbers = (cents: bigint, before: bigint | undefined): string[] => [
    decimalOfCents(cents),
    ...(isCompared ? [decimalOfCents(before ?? 0n), decimalOfCents(cents - (before ?? 0n))] : []),
  ];
  const sum = rows.reduce((all, { cents }) => all + cents, 0n);
  const sumBefore = rows.reduce((all, { before = 0n }) => all + before, 0n);
  return csvRows(
    [
      ...said,
      [],
      heads,
      ...rows.map(({ names, cents, before }) => [...names, ...numbers(cents, before)]),
      [
        ...heads.slice(0, heads.length - (isCompared ? 3 : 1)).map((_, at) => (at === 0 ? "Sum" : "")),
        ...numbers(sum, sumBefore),
      ],
    ],
    separator,
  );
}
