import { lazy } from "react";
import { groupedCents } from "@apportion/domain/cents";
import { ScrollTable } from "../parts/scroll-table.js";
import { Figure } from "./figure.js";

const FlowDrawing = lazy(() => import("./flow-drawing.js"));

/** Where something flows from or to. */
export interface FlowEnd {
  readonly id: string;
  readonly name: string;
  /** A name of the palette. */
  readonly colour: string;
}

/** Amounts from sources to those who pay; each is more than nothing. */
export interface Flow {
  readonly from: readonly FlowEnd[];
  readonly to: readonly FlowEnd[];
  readonly streams: readonly {
    readonly from: string;
    readonly to: string;
    readonly cents: bigint;
    /** Colour, where it is not that of its source. */
    readonly colour?: string;
  }[];
}

const END_HEIGHT = 34;

export function FlowFigure({
  title,
  says,
  flow,
  currency,
  onPick,
}: {
  readonly title: string;
  readonly says: string;
  readonly flow: Flow;
  readonly currency: string;
  /** Ids of the ends of the stream that somebody pressed, or of the end alone. */
  readonly onPick: (from: string | undefined, to: string | undefined) => void;
}) {
  const height = Math.max(220, Math.max(flow.from.length, flow.to.length) * END_HEIGHT + 20);
  const names = new Map([...flow.from, ...flow.to].map(({ id, name }) => [id, name]));
  return (
    <Figure
      title={title}
      says={says}
      currency={currency}
      height={height}
      table={
        <ScrollTable label={title}>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">Who pays</th>
              <th scope="col" className="number">{`Amount, ${currency}`}</th>
            </tr>
          </thead>
          <tbody>
            {flow.streams.map(({ from, to, cents }) => (
              <tr key={`${from} ${to}`}>
                <th scope="row">{names.get(from)}</th>
                <td>{names.get(to)}</td>
                <td className="number">{groupedCents(cents)}</td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      }
    >
      <FlowDrawing flow={flow} currency={currency} height={height} onPick={onPick} />
    </Figure>
  );
}
