import { TreemapChart } from "echarts/charts";
import { TooltipComponent } from "echarts/components";
import { use as register } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useCallback, useMemo } from "react";
import { colourOf } from "@apportion/reports/charts/palette";
import { groupedCents } from "@apportion/domain/cents";
import type { Tile, TileGroup } from "./tiles.js";
import { type Pressed, tooltipIn, useDrawing, useTheme } from "./use-drawing.js";

register([TreemapChart, TooltipComponent, CanvasRenderer]);

interface Drawn {
  readonly name: string;
  readonly value: number;
  readonly says: string;
  readonly key?: string;
}

/** Areas from which on there is room for a name, and for a name and an amount, in thousandths of all. */
const NAMED_THOUSANDTHS_MIN = 8;
const WHOLE_THOUSANDTHS_MIN = 25;

function sumOf(tiles: readonly Tile[]): bigint {
  return tiles.reduce((all, { cents }) => all + cents, 0n);
}

export default function TilesDrawing({
  groups,
  isNested,
  currency,
  height,
  onPick,
}: {
  readonly groups: readonly TileGroup[];
  readonly isNested: boolean;
  readonly currency: string;
  readonly height: number;
  readonly onPick: (key: string) => void;
}) {
  const theme = useTheme();
  const option = useMemo(() => {
    const drawn = ({ name, cents, colour, key }: Tile) => {
      const ground = colourOf(theme, colour);
      return {
        name,
        value: Number(cents) / 100,
        says: `${currency} ${groupedCents(cents)}`,
        ...(key !== undefined && { key }),
        itemStyle: { color: ground },
        label: { color: inkOn(ground) },
      };
    };
    const all = groups.reduce((sum, { tiles }) => sum + sumOf(tiles), 0n);
    // Where there is no room for a name, the tooltip has it.
    const labelOf = ({ name, says, value }: Drawn): string => {
      const thousandths = (value * 100_000) / Number(all);
      return thousandths < NAMED_THOUSANDTHS_MIN
        ? ""
        : thousandths < WHOLE_THOUSANDTHS_MIN
          ? name
          : `${name}\n${says}`;
    };
    return {
      animation: false,
      tooltip: {
        ...tooltipIn(theme),
        formatter: ({ data }: { readonly data?: Partial<Drawn> }) =>
          data?.name === undefined ? "" : `${data.name}: ${data.says ?? ""}`,
      },
      series: [
        {
          type: "treemap",
          left: 0,
          right: 0,
          top: 0,
          bottom: 0,
          roam: false,
          nodeClick: false,
          breadcrumb: { show: false },
          itemStyle: { borderColor: theme.paper, borderWidth: 1, gapWidth: 1 },
          label: {
            fontSize: 12,
            overflow: "truncate",
            formatter: ({ data }: { readonly data: Drawn }) => labelOf(data),
          },
          upperLabel: { show: isNested, height: 20, color: theme.ink, fontSize: 12, fontWeight: 600 },
          levels: isNested
            ? [
                {
                  itemStyle: { borderColor: theme.paper, borderWidth: 0, gapWidth: 4 },
                  upperLabel: { show: false },
                },
                { itemStyle: { borderColor: theme.line, borderWidth: 2, gapWidth: 1 } },
              ]
            : [],
          data: groups.map(({ name, tiles }) => {
            const [only] = tiles;
            if (!isNested && only) return drawn(only);
            const says = `${currency} ${groupedCents(sumOf(tiles))}`;
            return { name, says, value: Number(sumOf(tiles)) / 100, children: tiles.map(drawn) };
          }),
        },
      ],
    };
  }, [groups, isNested, currency, theme]);
  const press = useCallback(
    ({ data }: Pressed) => {
      const { key } = (data ?? {}) as Partial<Drawn>;
      if (key !== undefined) onPick(key);
    },
    [onPick],
  );
  const place = useDrawing(option, press);
  return <div ref={place} className="drawing" style={{ height }} />;
}

/** Dark on light ground, light on dark: by the luminance that contrast is computed of. */
function inkOn(ground: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(ground.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#10161d" : "#ffffff";
}
