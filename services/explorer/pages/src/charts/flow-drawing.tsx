import { SankeyChart } from "echarts/charts";
import { TooltipComponent } from "echarts/components";
import { use as register } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useCallback, useMemo } from "react";
import { colourOf } from "@apportion/reports/charts/palette";
import { groupedCents } from "@apportion/domain/cents";
import type { Flow, FlowEnd } from "./flow.js";
import { type Pressed, tooltipIn, useDrawing, useTheme } from "./use-drawing.js";

register([SankeyChart, TooltipComponent, CanvasRenderer]);

/** What the drawing knows of an end or of a stream; ends of both sides may have the same id. */
interface Drawn {
  readonly says: string;
  readonly from?: string;
  readonly to?: string;
}

export default function FlowDrawing({
  flow,
  currency,
  height,
  onPick,
}: {
  readonly flow: Flow;
  readonly currency: string;
  readonly height: number;
  readonly onPick: (from: string | undefined, to: string | undefined) => void;
}) {
  const theme = useTheme();
  const option = useMemo(() => {
    const names = new Map([...flow.from, ...flow.to].map(({ id, name }) => [id, name]));
    const colours = new Map(flow.from.map(({ id, colour }) => [id, colour]));
    const sumOf = (side: "from" | "to", id: string): bigint =>
      flow.streams.reduce((all, each) => (each[side] === id ? all + each.cents : all), 0n);
    const ends = (side: "from" | "to") =>
      flow[side].map(({ id, name, colour }: FlowEnd) => ({
        name: `${side} ${id}`,
        depth: side === "from" ? 0 : 1,
        [side]: id,
        says: `${name}: ${currency} ${groupedCents(sumOf(side, id))}`,
        itemStyle: { color: colourOf(theme, colour) },
        label: { position: side === "from" ? "right" : "left", formatter: name },
      }));
    return {
      animation: false,
      tooltip: {
        ...tooltipIn(theme),
        formatter: ({ data }: { readonly data: Drawn }) => data.says,
      },
      series: [
        {
          type: "sankey",
          left: 0,
          right: 1,
          top: 6,
          bottom: 6,
          nodeWidth: 12,
          nodeGap: 15,
          // In the order in which they are given: the largest first.
          layoutIterations: 0,
          draggable: false,
          emphasis: { focus: "adjacency" },
          label: { color: theme.ink, fontSize: 12, textBorderColor: theme.paper, textBorderWidth: 3 },
          data: [...ends("from"), ...ends("to")],
          links: flow.streams.map(({ from, to, cents, colour }) => ({
            source: `from ${from}`,
            target: `to ${to}`,
            value: Number(cents) / 100,
            from,
            to,
            says: `${names.get(from) ?? ""}, ${names.get(to) ?? ""}: ${currency} ${groupedCents(cents)}`,
            lineStyle: {
              color: colourOf(theme, colour ?? colours.get(from) ?? "shared"),
              opacity: 0.42,
              curveness: 0.5,
            },
          })),
        },
      ],
    };
  }, [flow, currency, theme]);
  const press = useCallback(
    ({ data }: Pressed) => {
      const { from, to } = (data ?? {}) as Partial<Drawn>;
      onPick(from, to);
    },
    [onPick],
  );
  const place = useDrawing(option, press);
  return <div ref={place} className="drawing" style={{ height }} />;
}
