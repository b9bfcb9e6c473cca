import { groupedCents } from "@apportion/domain/cents";
import type { EChartsCoreOption } from "echarts/core";
import type { Chart, Series } from "../document/document.js";
import { colourOf, FONT_FAMILY, type Theme } from "./palette.js";

/**
 * Charts as ECharts takes them. One geometry serves every surface: 480 units are narrow enough to be read when a phone shows them in 358 px, and
 * wide enough for a page. Amounts become numbers here, and nowhere else: what is drawn is a length, what is said stays exact.
 */
export const WIDTH = 480;

const FONT = `${FONT_FAMILY},Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif`;
const FONT_SIZE = 12;
const BAR_HEIGHT = 34;
/** Beside the last column of a stack: what its parts are. */
const NAMES_WIDTH = 130;
/** A line ends at the edge, and the half of its last label beyond it. */
const LABEL_ROOM = 18;

export function heightOf({ shape, labels, series }: Chart): number {
  switch (shape) {
    case "waterfall":
      return labels.length * BAR_HEIGHT + 12;
    case "stack":
      return Math.max(220, series.length * 17 + 50);
    case "columns":
      return 180;
    case "course":
      return 220;
  }
}

export function optionOf(chart: Chart, currency: string, theme: Theme): EChartsCoreOption {
  const scale = scaleOf(chart, currency);
  const common = {
    animation: false,
    textStyle: { fontFamily: FONT, fontSize: FONT_SIZE, color: theme.ink },
  };
  if (chart.shape === "waterfall") return { ...common, ...waterfall(chart, currency, theme) };
  return {
    ...common,
    ...(chart.shape === "stack" && namesOf(chart, theme)),
    grid: {
      left: 0,
      right: chart.shape === "stack" ? NAMES_WIDTH : chart.shape === "course" ? LABEL_ROOM : 6,
      top: 30,
      bottom: 2,
      outerBoundsMode: "same",
      outerBoundsContain: "axisLabel",
    },
    xAxis: {
      type: "category",
      data: chart.labels.map(visible),
      boundaryGap: chart.shape !== "course",
      axisTick: { show: false },
      axisLine: { onZero: true, lineStyle: { color: theme.quiet } },
      axisLabel: { color: theme.quiet, fontSize: FONT_SIZE, hideOverlap: true, ...(chart.labels.length <= 13 && { interval: 0, fontSize: FONT_SIZE - 2 }) },
    },
    yAxis: {
      type: "value",
      name: scale.unit,
      nameGap: 12,
      nameTextStyle: { align: "left", color: theme.quiet, fontSize: FONT_SIZE },
      splitNumber: 3,
      axisLabel: { color: theme.quiet, fontSize: FONT_SIZE, formatter: scale.text },
      splitLine: { lineStyle: { color: theme.line } },
    },
    series: [...seriesOf(chart, theme), ...markOf(chart, currency, theme)],
  };
}

function seriesOf(chart: Chart, theme: Theme): object[] {
  switch (chart.shape) {
    case "columns":
      return chart.series.map((series) => columns(series, chart, theme));
    case "stack":
      return chart.series.map((series) => stacked(series, chart, theme));
    default:
      return course(chart, theme);
  }
}

interface Scale {
  /** `USD`, or `USD thousand` where the amounts are many. */
  readonly unit: string;
  readonly text: (value: number) => string;
}

function scaleOf({ series, mark }: Chart, currency: string): Scale {
  const largest = [...series.flatMap(({ cents }) => cents), mark?.cents]
    .map((cents) => Math.abs(numberOf(cents) ?? 0))
    .reduce((most, each) => Math.max(most, each), 0);
  const [divisor, word] =
    largest >= 10_000_000 ? [1_000_000, " million"] : largest >= 10_000 ? [1_000, " thousand"] : [1, ""];
  // Ticks are round: two places are enough for the smallest, and whole ones need none.
  const text = (value: number): string =>
    groupedCents(BigInt(Math.round((value / divisor) * 100))).replace(/\.00$/, "");
  return { unit: `${currency}${word}`, text };
}

function numberOf(cents: bigint | undefined): number | undefined {
  return cents === undefined ? undefined : Number(cents) / 100;
}

/** What ECharts takes for nothing. */
function valueOf(cents: bigint | undefined): number | "-" {
  return numberOf(cents) ?? "-";
}

/** Names come from people: without what would break a line or a picture, and no longer than one can read in it. */
function visible(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Cs}]+/gu, " ").trim();
  const characters = Array.from(plain);
  return characters.length > 60 ? `${characters.slice(0, 59).join("")}…` : plain;
}

function columns({ name, colour, cents, provisional }: Series, chart: Chart, theme: Theme): object {
  const pale = new Set(provisional);
  const ink = colourOf(theme, colour);
  return {
    type: "bar",
    name: visible(name),
    itemStyle: { color: ink },
    barCategoryGap: chart.labels.length > 14 ? "18%" : "36%",
    data: cents.map((each, at) => ({
      value: valueOf(each),
      ...(pale.has(at) && {
        itemStyle: { color: ink, opacity: 0.4, borderColor: ink, borderWidth: 1, borderType: "dashed" },
      }),
    })),
  };
}

function stacked({ name, colour, cents, provisional }: Series, chart: Chart, theme: Theme): object {
  const pale = new Set(provisional);
  return {
    type: "bar",
    stack: "all",
    name: visible(name),
    barCategoryGap: "30%",
    itemStyle: { color: colourOf(theme, colour), borderColor: theme.paper, borderWidth: 1 },
    data: chart.labels.map((_, at) => ({
      value: valueOf(cents[at]),
      ...(pale.has(at) && { itemStyle: { opacity: 0.5 } }),
    })),
  };
}

/** Names that stand beside the picture, one below the other. @param width of the room for them, in pixels */
export function namesBeside(theme: Theme, width: number): object {
  return {
    orient: "vertical",
    right: 0,
    top: 26,
    icon: "rect",
    itemWidth: 10,
    itemHeight: 10,
    itemGap: 6,
    selectedMode: false,
    textStyle: { color: theme.ink, fontSize: FONT_SIZE, width: width - 24, overflow: "truncate" },
  };
}

/** Names of parts in the order in which they lie on each other: the uppermost first, so that they are found without colours. */
function namesOf({ series }: Chart, theme: Theme): EChartsCoreOption {
  return {
    legend: {
      ...namesBeside(theme, NAMES_WIDTH),
      data: series.map(({ name }) => visible(name)).toReversed(),
    },
  };
}

function course({ series, labels }: Chart, theme: Theme): object[] {
  const low = series.find(({ colour }) => colour === "forecast-low");
  const high = series.find(({ colour }) => colour === "forecast-high");
  const lines = series.filter((each) => each !== low && each !== high);
  return [
    ...(low && high ? band(low, high, theme) : []),
    ...lines.map(({ name, colour, cents }) => {
      const end = cents.findLastIndex((each) => each !== undefined);
      const isExpected = colour === "forecast";
      return {
        type: "line",
        name: visible(name),
        showSymbol: true,
        symbol: "circle",
        symbolSize: (_: unknown, { dataIndex }: { dataIndex: number }) => (dataIndex === end ? 6 : 0),
        color: colourOf(theme, colour),
        lineStyle: { width: 2.5, ...(isExpected && { type: "dashed" }) },
        data: cents.map((each, at) => ({
          value: valueOf(each),
          ...(at === end && {
            label: {
              show: true,
              formatter: visible(name),
              color: theme.ink,
              fontSize: FONT_SIZE,
              position: at > labels.length / 2 ? "left" : "right",
            },
          }),
        })),
      };
    }),
  ];
}

/** Between where the month ends if it goes well and if it does not. */
function band(low: Series, high: Series, theme: Theme): object[] {
  const common = { type: "line", stack: "band", stackStrategy: "all", showSymbol: false, lineStyle: { opacity: 0 } };
  const width = high.cents.map((each, at) => {
    const from = low.cents[at];
    return each === undefined || from === undefined ? undefined : each - from;
  });
  return [
    { ...common, data: low.cents.map(valueOf) },
    {
      ...common,
      data: width.map(valueOf),
      areaStyle: { color: colourOf(theme, high.colour), opacity: 0.25 },
    },
  ];
}

/** A line across. The axis reaches it, because it is a series too, which is not drawn. */
function markOf({ mark, labels }: Chart, currency: string, theme: Theme): object[] {
  if (!mark) return [];
  const value = numberOf(mark.cents);
  return [
    {
      type: "line",
      data: labels.map(() => value),
      showSymbol: false,
      lineStyle: { opacity: 0 },
      markLine: {
        silent: true,
        symbol: "none",
        lineStyle: { color: theme.colours.budget, type: [6, 4], width: 1.5 },
        label: {
          position: "insideStartTop",
          formatter: `${visible(mark.label)} ${currency} ${groupedCents(mark.cents)}`,
          color: theme.ink,
          fontSize: FONT_SIZE,
        },
        data: [{ yAxis: value }],
      },
    },
  ];
}

/**
 * From one figure to another, step by step. Amounts of the colour `total` stand on the axis, the others hang from where the one before ended. It
 * lies, because steps have long names.
 */
function waterfall({ labels, series }: Chart, currency: string, theme: Theme): EChartsCoreOption {
  const steps = stepsOf(labels, series, currency);
  const ends = steps.flatMap(({ from, to }) => [from, to]).map((cents) => Number(cents) / 100);
  const span = Math.max(...ends, 0) - Math.min(...ends, 0);
  const bar = { type: "bar", stack: "all", barWidth: 16, silent: true };
  // ECharts stacks what is above the axis and below it apart; a bar across it would need both. Offsets from the lowest point never cross it.
  const base = Math.min(...ends, 0);
  return {
    grid: { left: 0, right: 104, top: 4, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: { type: "value", show: false, min: 0, max: span === 0 ? 1 : span },
    yAxis: {
      type: "category",
      inverse: true,
      data: labels.map(visible),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: theme.ink, fontSize: FONT_SIZE, width: 158, overflow: "break", lineHeight: 13 },
    },
    series: [
      {
        ...bar,
        itemStyle: { color: "transparent" },
        data: steps.map(({ from, to }) => Number(from < to ? from : to) / 100 - base),
      },
      {
        ...bar,
        barMinWidth: 1,
        data: steps.map(({ from, to, colour, text }) => ({
          value: Math.abs(Number(to - from) / 100),
          itemStyle: { color: colourOf(theme, colour) },
          label: { show: true, position: "right", formatter: text, color: theme.ink, fontSize: FONT_SIZE },
        })),
      },
    ],
  };
}

interface Step {
  readonly from: bigint;
  readonly to: bigint;
  readonly colour: string;
  readonly text: string;
}

function stepsOf(labels: readonly string[], series: readonly Series[], currency: string): Step[] {
  let at = 0n;
  return labels.map((_, index) => {
    const given = series.find(({ cents }) => cents[index] !== undefined);
    const cents = given?.cents[index] ?? 0n;
    const isTotal = given?.colour === "total";
    const from = isTotal ? 0n : at;
    at = from + cents;
    const text = groupedCents(cents);
    return {
      from,
      to: at,
      colour: isTotal ? "total" : cents < 0n ? "down" : "up",
      text: isTotal ? `${currency} ${text}` : cents < 0n ? text : `+${text}`,
    };
  });
}
