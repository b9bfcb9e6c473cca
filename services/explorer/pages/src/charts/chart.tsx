import { lazy } from "react";
import type { Chart } from "@apportion/reports/document/document";
import { groupedCents } from "@apportion/domain/cents";
import { ScrollTable } from "../parts/scroll-table.js";
import { Figure } from "./figure.js";

const Drawing = lazy(() => import("./drawing.js"));

/** Amounts over something, drawn. */
export function ChartFigure({
  chart,
  currency,
  onPick,
}: {
  readonly chart: Chart;
  readonly currency: string;
  readonly onPick?: (at: number, series: string) => void;
}) {
  return (
    <Figure
      title={chart.title}
      says={chart.says}
      currency={currency}
      height={220}
      table={<ChartTable chart={chart} currency={currency} />}
    >
      <Drawing chart={chart} currency={currency} {...(onPick && { onPick })} />
    </Figure>
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
