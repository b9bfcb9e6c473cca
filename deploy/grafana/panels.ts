import { PanelBuilder as BarChart } from "@grafana/grafana-foundation-sdk/barchart";
import { PanelBuilder as BarGauge } from "@grafana/grafana-foundation-sdk/bargauge";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type DynamicConfigValue,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as Stat } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as Table } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeSeries } from "@grafana/grafana-foundation-sdk/timeseries";
import { PanelBuilder as Trend } from "@grafana/grafana-foundation-sdk/trend";
import { colour, type Colours } from "./colours.js";
import { clickHouseQuery, DATASOURCE, type Shape } from "./query.js";

/** What every panel says of itself. */
export interface PanelSpec {
  /** What it shows, with its unit. */
  readonly title: string;
  /** From which view the number comes, and how far it can be relied on. */
  readonly description: string;
  readonly sql: string;
  /** Columns of 24, and rows. */
  readonly size: readonly [width: number, height: number];
  /** What it says where there is nothing to show. */
  readonly nothing?: string;
}

/** Thousands apart and at most two decimals: amounts are read to the cent, never as 196 K. The currency stands in names. */
const AMOUNT = "locale";
const DECIMALS = 2;
/** Grafana says it in empty cells too. */
const NOTHING = "–";

/** Columns of a table that are no amounts of money or hours. */
const COLUMNS = {
  percent: { unit: "percent", decimals: 2 },
  count: { unit: "none", decimals: 0 },
  hours: { unit: "h", decimals: 0 },
  "cost of one": { unit: AMOUNT, decimals: 6 },
} as const;
type Column = keyof typeof COLUMNS;

type AnyBuilder = Table | Stat | BarChart | BarGauge | TimeSeries | Trend;

function described<B extends AnyBuilder>(
  builder: B,
  shape: Shape,
  { title, description, sql, size: [width, height], nothing = NOTHING }: PanelSpec,
): B {
  builder
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .withTarget(clickHouseQuery(shape, sql))
    .span(width)
    .height(height)
    .noValue(nothing)
    .unit(AMOUNT)
    .decimals(DECIMALS);
  return builder;
}

/** A panel of rows. */
export function table(
  spec: PanelSpec & { readonly columns?: Readonly<Record<string, Column>> },
): Builder<Panel> {
  const panel = described(new Table(), "table", spec).filterable(true);
  for (const [name, column] of Object.entries(spec.columns ?? {})) {
    const { unit, decimals } = COLUMNS[column];
    panel.overrideByName(name, [
      { id: "unit", value: unit },
      { id: "decimals", value: decimals },
    ]);
  }
  return panel;
}

/** One number. */
export function stat(spec: PanelSpec): Stat {
  return described(new Stat(), "table", spec)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("/.*/"))
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Value)
    .thresholds(thresholds([]));
}

/** One percentage. */
export function percent(spec: PanelSpec): Builder<Panel> {
  return stat(spec).unit("percent");
}

/** How much there is of what should not be: red from one on. */
export function alarm(spec: PanelSpec): Builder<Panel> {
  return stat(spec)
    .unit("none")
    .decimals(0)
    .thresholds(thresholds([[1, colour("up")]]));
}

/** A bar for each row, by percent of something: yellow from 80, red from 100 on. */
export function percentBars(spec: PanelSpec): Builder<Panel> {
  return described(new BarGauge(), "table", spec)
    .unit("percent")
    .min(0)
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .reduceOptions(new ReduceDataOptionsBuilder().values(true).calcs(["lastNotNull"]))
    .thresholds(
      thresholds([
        [80, colour("persistent-volume")],
        [100, colour("up")],
      ]),
    );
}

interface ChartSpec extends PanelSpec {
  /** Of the axis, the only one. */
  readonly unitOfAxis: string;
  readonly colours: Colours;
}

/** Bars of a whole by row, e.g. day: the query gives `row`, `series` and `value`. */
export function stackedBars(
  spec: ChartSpec & { readonly row: string; readonly series: string; readonly value: string },
): Builder<Panel> {
  const { row, series, value } = spec;
  return inColours(described(new BarChart(), "table", spec), spec)
    .withTransformation({
      id: "groupingToMatrix",
      options: { rowField: row, columnField: series, valueField: value, emptyValue: "null" },
    })
    .stacking(StackingMode.Normal)
    .showValue(VisibilityMode.Never)
    .xTickLabelSpacing(50)
    .legend(legend())
    .tooltip(tooltip());
}

/** Bars over the chosen time: the query gives `time` and a column for each series, or `time`, `series` and `value`. */
export function stackedTime(spec: ChartSpec & { readonly isLong?: boolean }): Builder<Panel> {
  const panel = inColours(described(new TimeSeries(), "timeseries", spec), spec)
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(90)
    .lineWidth(0)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"))
    .legend(legend())
    .tooltip(tooltip());
  return spec.isLong === true ? panel.displayName("${__field.labels.series}") : panel;
}

/** Lines over the days of a month, 1 to 31. */
export function monthLines(spec: ChartSpec & { readonly xField: string }): Builder<Panel> {
  return inColours(described(new Trend(), "table", spec), spec)
    .xField(spec.xField)
    .min(0)
    .lineWidth(2)
    .legend(legend())
    .tooltip(tooltip());
}

function inColours<B extends BarChart | TimeSeries | Trend>(panel: B, { colours, unitOfAxis }: ChartSpec): B {
  panel.axisLabel(unitOfAxis);
  for (const [series, fixedColor] of colours)
    panel.overrideByRegexp(`/(^|\\s)${series.replaceAll(/[().]/g, "\\$&")}$/`, [fixed(fixedColor)]);
  return panel;
}

function fixed(fixedColor: string): DynamicConfigValue {
  return { id: "color", value: { mode: "fixed", fixedColor } };
}

function thresholds(steps: readonly (readonly [number, string])[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([
      { value: null, color: colour("spent") },
      ...steps.map(([value, stepColour]) => ({ value, color: stepColour })),
    ]);
}

function legend(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.Table)
    .placement(LegendPlacement.Right)
    .calcs(["sum"])
    .showLegend(true);
}

function tooltip(): VizTooltipOptionsBuilder {
  return new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi);
}
