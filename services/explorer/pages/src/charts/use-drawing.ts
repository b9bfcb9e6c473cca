import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { init } from "echarts/core";
import { type RefObject, useEffect, useRef, useSyncExternalStore } from "react";
import { DARK, LIGHT, type Theme } from "@apportion/reports/charts/palette";

const darkness = globalThis.matchMedia("(prefers-color-scheme: dark)");

export function useTheme(): Theme {
  const isDark = useSyncExternalStore(
    (changed) => {
      darkness.addEventListener("change", changed);
      return () => darkness.removeEventListener("change", changed);
    },
    () => darkness.matches,
  );
  return isDark ? DARK : LIGHT;
}

/** Of what somebody pressed: place of the label, name of the series, and what the drawing knows of it. */
export interface Pressed {
  readonly dataIndex: number;
  readonly seriesName?: string;
  readonly data?: unknown;
}

/** Draws into a place of the page, again when the option or the room changes. */
export function useDrawing(
  option: EChartsCoreOption,
  onPress?: (pressed: Pressed) => void,
): RefObject<HTMLDivElement | null> {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<EChartsType>(undefined);
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
    drawn.current?.setOption(option, true);
    drawn.current?.resize();
  }, [option]);
  useEffect(() => {
    const its = drawn.current;
    if (!its || !onPress) return;
    const pressed = (event: Pressed): void => onPress(event);
    its.on("click", pressed);
    return () => {
      its.off("click", pressed);
    };
  }, [onPress]);
  return place;
}

/** Text in the canvas, because the page allows no styles in HTML. */
export function tooltipIn(theme: Theme): object {
  return {
    renderMode: "richText",
    confine: true,
    backgroundColor: theme.paper,
    borderColor: theme.line,
    textStyle: { color: theme.ink, fontSize: 12, fontFamily: "system-ui, sans-serif" },
  };
}
