import { lazy, Suspense, useId, useRef, useState } from "react";
import type { Chart } from "@apportion/reports/document/document";
import { groupedCents } from "@apportion/reports/format";
import { ScrollTable } from "../parts/scroll-table.js";
import { savePicture } from "./picture.js";

const Drawing = lazy(() => import("./drawing.js"));

/** A picture of amounts with its title, what it says in words, and the same as a table, one key away. */
export function ChartFigure({
  chart,
  currency,
  onPick,
}: {
  readonly chart: Chart;
  readonly currency: string;
  readonly onPick?: (at: number, series: string) => void;
}) {
  const [asTable, setAsTable] = useState(false);
  const title = useId();
  const figure = useRef<HTMLElement>(null);
  return (
    <figure className="chart" aria-labelledby={title} ref={figure}>
      <figcaption>
        <span id={title}>{chart.title}</span>
        <span className="figure-buttons">
          {!asTable && (
            <button
              type="button"
              className="quiet-button"
              aria-label={`PNG of ${chart.title}`}
              onClick={() => figure.current && savePicture(figure.current, `${chart.title}, ${currency}`)}
            >
              PNG
            </button>
          )}
          <button
            type="button"
            className="quiet-button"
            aria-pressed={asTable}
            onClick={() => setAsTable(!asTable)}
          >
            As a table
          </button>
        </span>
      </figcaption>
      {asTable ? (
        <ChartTable chart={chart} currency={currency} />
      ) : (
        <>
          <div aria-hidden="true">
            <Suspense fallback={<div className="drawing" style={{ height: 220 }} />}>
              <Drawing chart={chart} currency={currency} {...(onPick && { onPick })} />
            </Suspense>
          </div>
          <p className="unseen">{chart.says}</p>
        </>
      )}
    </figure>
  );
}

function ChartTable({ chart, currency }: { readonly chart: Chart; readonly currency: string }) {
  const { labels, series, mark, title } = chart;
  return (
    <ScrollTable label={title}>
      <thead>
        <tr>
          <th scope="col">&nbsp;</th>
          {series.map(({ name }) => (
            <th key={name} scope="col" className="number">
              {name}, {currency}
            </th>
          ))}
          {mark && (
            <th scope="col" className="number">
              {mark.label}, {currency}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {labels.map((label, at) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            {series.map(({ name, cents, provisional }) => (
              <td key={name} className={provisional?.includes(at) ? "number provisional" : "number"}>
                {cents[at] === undefined ? "not known" : groupedCents(cents[at])}
              </td>
            ))}
            {mark && <td className="number">{groupedCents(mark.cents)}</td>}
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}
