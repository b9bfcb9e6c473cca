import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, use as register } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useMemo } from "react";
import { heightOf, namesBeside, optionOf } from "@apportion/reports/charts/option";
import type { Theme } from "@apportion/reports/charts/palette";
import type { Chart } from "@apportion/reports/document/document";
import { groupedCents } from "@apportion/domain/cents";
import { type Pressed, tooltipIn, useDrawing, useTheme } from "./use-drawing.js";

/** Loaded when a chart is shown: ECharts is most of what there is to load. */
register([
  BarChart,
  LineChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
  CanvasRenderer,
]);

export default function Drawing({
  chart,
  currency,
  onPick,
}: {
  readonly chart: Chart;
  readonly currency: string;
  /** Place of the label and name of the series that somebody pressed. */
  readonly onPick?: (at: number, series: string) => void;
}) {
  const theme = useTheme();
  const option = useMemo(
    () => ({
      ...withNames(optionOf(chart, currency, theme), chart, theme),
      tooltip: tooltipOf(chart, currency, theme),
    }),
    [chart, currency, theme],
  );
  const press = useMemo(
    () => onPick && (({ dataIndex, seriesName }: Pressed) => onPick(dataIndex, seriesName ?? "")),
    [onPick],
  );
  const place = useDrawing(option, press);
  // The size is set as a property, which the policy of the page allows.
  return (
    <div
      ref={place}
      className="drawing"
      style={{ height: heightOf(chart) + (chart.labels.length > 12 ? 30 : 0) }}
    />
  );
}

/** More lines than these have their names beside the picture, because at their ends they would lie on each other. */
const NAMED_LINES_MAX = 3;
const NAMES_WIDTH = 150;

function withNames(option: EChartsCoreOption, { shape, series }: Chart, theme: Theme): EChartsCoreOption {
  // The band of a forecast is no line.
  const lines = series.filter(({ colour }) => !/^forecast-(low|high)$/.test(colour));
  if (shape !== "course" || lines.length <= NAMED_LINES_MAX || lines.length < series.length) return option;
  const drawnSeries = option["series"] as readonly {
    readonly data?: readonly { readonly value: unknown }[];
  }[];
  return {
    ...option,
    series: drawnSeries.map((each) => ({ ...each, data: each.data?.map(({ value }) => ({ value })) })),
    grid: { ...(option["grid"] as object), right: NAMES_WIDTH },
    legend: namesBeside(theme, NAMES_WIDTH),
  };
}

/** The exact amounts of a label. */
function tooltipOf(chart: Chart, currency: string, theme: Theme): object {
  return {
    ...tooltipIn(theme),
    trigger: "axis",
    axisPointer: { type: chart.shape === "course" ? "line" : "shadow" },
    formatter: (given: readonly { readonly dataIndex: number }[]) => {
      const at = given[0]?.dataIndex ?? 0;
      const known = chart.series.filter(({ cents }) => cents[at] !== undefined && cents[at] !== 0n);
      const total = known.reduce((sum, { cents }) => sum + (cents[at] ?? 0n), 0n);
      const lines = known.map(
        ({ name, cents, provisional }) =>
          `${name}: ${currency} ${groupedCents(cents[at] ?? 0n)}${provisional?.includes(at) ? " (provisional)" : ""}`,
      );
      const all =
        chart.shape === "stack" && known.length > 1 ? [`All: ${currency} ${groupedCents(total)}`] : [];
      return [chart.labels[at] ?? "", ...lines.toReversed(), ...all].join("\n");
    },
  };
}
