import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, type EChartsType, init, use as register } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { heightOf, namesBeside, optionOf } from "@apportion/reports/charts/option";
import { DARK, LIGHT, type Theme } from "@apportion/reports/charts/palette";
import type { Chart } from "@apportion/reports/document/document";
import { groupedCents } from "@apportion/reports/format";

/** Loaded when a chart is shown: ECharts is most of what there is to load. Canvas and text in it, because the page allows no styles in HTML. */
register([
  BarChart,
  LineChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
  CanvasRenderer,
]);

const darkness = globalThis.matchMedia("(prefers-color-scheme: dark)");

function useTheme(): Theme {
  const isDark = useSyncExternalStore(
    (changed) => {
      darkness.addEventListener("change", changed);
      return () => darkness.removeEventListener("change", changed);
    },
    () => darkness.matches,
  );
  return isDark ? DARK : LIGHT;
}

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
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<EChartsType>(undefined);
  const theme = useTheme();
  useEffect(() => {
    if (!place.current) return;
    const its = init(place.current);
    drawn.current = its;
    const watching = new ResizeObserver(() => its.resize());
    watching.observe(place.current);
    return () => {
      watching.disconnect();
      its.dispose();
    };
  }, []);
  useEffect(() => {
    const its = drawn.current;
    if (!its) return;
    const option = withNames(optionOf(chart, currency, theme), chart, theme);
    its.setOption({ ...option, tooltip: tooltipOf(chart, currency, theme) }, true);
    its.resize();
  }, [chart, currency, theme]);
  useEffect(() => {
    const its = drawn.current;
    if (!its || !onPick) return;
    const picked = ({ dataIndex, seriesName }: { dataIndex: number; seriesName?: string }): void =>
      onPick(dataIndex, seriesName ?? "");
    its.on("click", picked);
    return () => {
      its.off("click", picked);
    };
  }, [onPick]);
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
    trigger: "axis",
    renderMode: "richText",
    confine: true,
    axisPointer: { type: chart.shape === "course" ? "line" : "shadow" },
    backgroundColor: theme.paper,
    borderColor: theme.line,
    textStyle: { color: theme.ink, fontSize: 12, fontFamily: "system-ui, sans-serif" },
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
