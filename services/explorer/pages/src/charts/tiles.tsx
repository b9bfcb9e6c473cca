import { lazy } from "react";
import { groupedCents } from "@apportion/domain/cents";
import { ScrollTable } from "../parts/scroll-table.js";
import { Figure } from "./figure.js";

const TilesDrawing = lazy(() => import("./tiles-drawing.js"));

/** An amount as an area. */
export interface Tile {
  readonly name: string;
  readonly cents: bigint;
  /** A name of the palette. */
  readonly colour: string;
  /** Of what can be looked at further. */
  readonly key?: string;
}

/** Tiles of one thing together, under its name where there are several; an area is nothing that is less than nothing. */
export interface TileGroup {
  readonly name: string;
  readonly tiles: readonly Tile[];
}

const HEIGHT = 380;

export function TilesFigure({
  title,
  says,
  groups,
  currency,
  onPick,
}: {
  readonly title: string;
  readonly says: string;
  readonly groups: readonly TileGroup[];
  readonly currency: string;
  readonly onPick: (key: string) => void;
}) {
  const isNested = groups.some(({ tiles }) => tiles.length > 1);
  return (
    <Figure
      title={title}
      says={says}
      currency={currency}
      height={HEIGHT}
      table={
        <ScrollTable label={title}>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col" className="number">{`Amount, ${currency}`}</th>
            </tr>
          </thead>
          <tbody>
            {groups.flatMap(({ name, tiles }) =>
              tiles.map((tile) => (
                <tr key={`${name} ${tile.name}`}>
                  <th scope="row">{isNested ? `${name}, ${tile.name}` : tile.name}</th>
                  <td className="number">{groupedCents(tile.cents)}</td>
                </tr>
              )),
            )}
          </tbody>
        </ScrollTable>
      }
    >
      <TilesDrawing groups={groups} isNested={isNested} currency={currency} height={HEIGHT} onPick={onPick} />
    </Figure>
  );
}
