import { expect, it } from "vitest";
import type { ExploredRow } from "./rows.js";
import { tilesOf } from "./tiles-of.js";

const row = (values: readonly string[], cents: bigint): ExploredRow => ({
  key: values.join("/"),
  values,
  names: values,
  cents,
  before: undefined,
  scope: { from: "2026-11-01", to: "2026-12-01", filters: [] } as unknown as ExploredRow["scope"],
  scopeBefore: undefined,
  isPart: false,
  isComputed: true,
});

it("puts what has the same first value together, the largest first, in the colours of categories", () => {
  const groups = tilesOf(
    [row(["a", "cpu"], 100n), row(["b", "cpu"], 300n), row(["a", "memory"], 500n), row(["a", "gpu"], -20n)],
    ["team", "category"],
  );
  expect(
    groups.map(({ name, tiles }) => [name, tiles.map((tile) => [tile.name, tile.cents, tile.colour])]),
  ).toEqual([
    [
      "a",
      [
        ["memory", 500n, "memory"],
        ["cpu", 100n, "cpu"],
      ],
    ],
    ["b", [["cpu", 300n, "cpu"]]],
  ]);
});

it("draws the largest by themselves and the others as one, which leads nowhere", () => {
  const rows = Array.from({ length: 500 }, (_, at) => row([`t${at}`], BigInt(at)));
  const groups = tilesOf(rows, ["team"]);
  const all = groups.flatMap(({ tiles }) => tiles);
  expect(all).toHaveLength(301);
  expect(all.reduce((sum, { cents }) => sum + cents, 0n)).toBe(
    rows.reduce((sum, { cents }) => sum + cents, 0n),
  );
  expect([all.at(-1)?.name, all.at(-1)?.key]).toEqual(["199 others", undefined]);
});
