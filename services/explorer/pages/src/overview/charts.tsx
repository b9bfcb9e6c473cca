import { useCallback, useMemo } from "react";
import type { BillingPeriod } from "@apportion/domain/period";
import type { Chart } from "@apportion/reports/document/document";
import { monthName, monthText } from "@apportion/reports/format";
import { centsOf } from "../data/amounts.js";
import { useFrame } from "../data/frame.js";
import { changed, go, toPage, usePlace } from "../data/place.js";
import type { Overview } from "../data/shapes.js";
import { ChartFigure } from "../charts/chart.js";

/** The days of a month; those that can still change are paler. */
export function DaysChart({ of: { daily, month, currency } }: { readonly of: Overview }) {
  const chart = useMemo((): Chart => {
    const open = daily.flatMap(({ isComplete }, at) => (isComplete ? [] : [at]));
    const name = monthText(month as BillingPeriod);
    return {
      kind: "chart",
      shape: "columns",
      title: `What teams caused each day of ${name}`,
      says: `${daily.length} days of ${name}, ${open.length} of them incomplete.`,
      labels: daily.map(({ day }) => String(Number(day.slice(8)))),
      series: [
        {
          name: "Teams",
          colour: "spent",
          cents: daily.map(({ amount }) => (amount === undefined ? undefined : centsOf(amount))),
          provisional: open,
        },
      ],
    };
  }, [daily, month]);
  const place = usePlace();
  const pick = useCallback(
    (at: number) => {
      const day = daily[at]?.day;
      if (day !== undefined) go(toPage(place, "/explore", { from: day, to: day }));
    },
    [daily, place],
  );
  return (
    <section className="card">
      <ChartFigure chart={chart} currency={currency} onPick={pick} />
    </section>
  );
}

/** The months before; those that are not whole or not closed are paler. */
export function TrendChart({ of: { trend, currency } }: { readonly of: Overview }) {
  const { everybody } = useFrame();
  const chart = useMemo(
    (): Chart => ({
      kind: "chart",
      shape: "columns",
      title: `Paid by ${everybody}, month by month`,
      says: `${trend.length} months.`,
      labels: trend.map(({ month }) => `${monthName(month).slice(0, 3)} ${month.slice(2, 4)}`),
      series: [
        {
          name: "All",
          colour: "spent",
          cents: trend.map(({ amount }) => centsOf(amount)),
          provisional: trend.flatMap(({ isClosed }, at) => (isClosed ? [] : [at])),
        },
      ],
    }),
    [trend, everybody],
  );
  const place = usePlace();
  const pick = useCallback(
    (at: number) => go(changed(place, { month: trend[at]?.month, before: undefined })),
    [trend, place],
  );
  return (
    <section className="card">
      <ChartFigure chart={chart} currency={currency} onPick={pick} />
    </section>
  );
}
