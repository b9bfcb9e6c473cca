import type { TileGroup } from "../charts/tiles.js";
import { coloursOf } from "./chart-of.js";
import type { ExploredRow } from "./rows.js";
import type { Dimension } from "./view.js";

/** More areas than these are not told apart. */
const TILES_MAX = 300;

/** The rows of a table as areas, those of the same first value together; the smallest together, and what is nothing or less not at all. */
export function tilesOf(rows: readonly ExploredRow[], group: readonly Dimension[]): TileGroup[] {
  const seen = rows.filter(({ cents }) => cents > 0n).toSorted((a, b) => (a.cents < b.cents ? 1 : -1));
  const named = seen.length <= TILES_MAX + 1 ? seen : seen.slice(0, TILES_MAX);
  const rest = seen.slice(named.length);
  const colourOf = coloursOf(group.at(-1) === "category" ? "category" : group[0]);
  const groups = new Map<string, { name: string; tiles: TileGroup["tiles"][number][] }>();
  for (const { key, values, names, cents } of named) {
    const [first = ""] = values;
    const own = groups.get(first) ?? { name: names[0] ?? "", tiles: [] };
    groups.set(first, own);
    own.tiles.push({
      name: (names.length > 1 ? names.slice(1) : names).join(", "),
      cents,
      colour: colourOf((group.at(-1) === "category" ? values.at(-1) : first) ?? ""),
      key,
    });
  }
  const others = rest.reduce((sum, { cents }) => sum + cents, 0n);
  return [
    ...groups.values(),
    ...(rest.length > 0
      ? [
          {
            name: "Others",
            tiles: [{ name: `${rest.length} others`, cents: others, colour: "idle-variance" }],
          },
        ]
      : []),
  ];
}
