import { decimalOfCents } from "@apportion/domain/cents";
import { csvRows } from "@apportion/runtime/csv";
import { centsOf } from "../data/amounts.js";
import type { Costs } from "../data/shapes.js";
import type { Scope } from "../why/asked.js";

/** A group of the table: what it comes to, and came to. */
export interface GroupRow {
  readonly key: string;
  readonly values: readonly string[];
  readonly cents: bigint;
  /** Undefined where nothing is compared. */
  readonly before: bigint | undefined;
}

/** A group as it is shown. */
export interface ExploredRow extends GroupRow {
  readonly names: readonly string[];
  /** What it is the sum of, and what of before it is compared with. */
  readonly scope: Scope;
  readonly scopeBefore: Scope | undefined;
  /** Whether it is a part of a row that is open. */
  readonly isPart: boolean;
  /** false: it holds the place of parts that are not known yet. */
  readonly isComputed: boolean;
}

/** A row as the address names it: `search/cpu`; what is of nothing is `%`, which no value is. */
export function keyOf(values: readonly string[]): string {
  return values.map((value) => (value === "" ? "%" : encodeURIComponent(value))).join("/");
}

/** Groups of both periods: one that is in either is there. */
export function groupRows(now: Costs, before: Costs | undefined): GroupRow[] {
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

/** A row as it stands on the screen. */
export interface FileRow extends Pick<GroupRow, "cents" | "before"> {
  readonly names: readonly string[];
  /** Of what the row above that is none is made. */
  readonly isPart: boolean;
}

/**
 * What the screen shows as a file: what it is first, then the table in its order, with its sum. Parts of rows that are open stand in two columns of
 * their own, so that who adds up a column counts nothing twice.
 */
export function fileOf(
  said: readonly (readonly [string, string])[],
  {
    heads,
    partHeads,
    rows,
    isCompared,
    separator,
  }: {
    readonly heads: readonly string[];
    readonly partHeads: readonly [string, string];
    readonly rows: readonly FileRow[];
    readonly isCompared: boolean;
    readonly separator: string;
  },
): string {
  const numbers = (cents: bigint, before: bigint | undefined): string[] => [
    decimalOfCents(cents),
    ...(isCompared ? [decimalOfCents(before ?? 0n), decimalOfCents(cents - (before ?? 0n))] : []),
  ];
  const whole = rows.filter(({ isPart }) => !isPart);
  const hasParts = whole.length < rows.length;
  const sum = whole.reduce((all, { cents }) => all + cents, 0n);
  const sumBefore = whole.reduce((all, { before = 0n }) => all + before, 0n);
  const empty = isCompared ? ["", "", ""] : [""];
  let of: readonly string[] = [];
  const cells = ({ names, cents, before, isPart }: FileRow): readonly string[] => {
    if (isPart) return [...of, ...empty, names[0] ?? "", decimalOfCents(cents)];
    of = names;
    return [...names, ...numbers(cents, before), ...(hasParts ? ["", ""] : [])];
  };
  return csvRows(
    [
      ...said,
      [],
      [...heads, ...(hasParts ? partHeads : [])],
      ...rows.map(cells),
      [
        ...heads.slice(0, heads.length - empty.length).map((_, at) => (at === 0 ? "Sum" : "")),
        ...numbers(sum, sumBefore),
        ...(hasParts ? ["", ""] : []),
      ],
    ],
    separator,
  );
}
