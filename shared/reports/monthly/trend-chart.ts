import type { Block } from "../document/document.js";
import { section } from "../document/blocks.js";
import { centsText, countText, monthName, monthText } from "../format.js";
import type { FinanceSummary } from "./compose.js";
import type { TrendMonth } from "./trend.js";

/** What was charged month by month, as soon as there are two. */
export function trendChart(
  { trend, currency }: Pick<FinanceSummary, "trend" | "currency">,
  whom: string,
): Block[] {
  const [first] = trend;
  if (!first || trend.length < 2) return [];
  return [
    section(`The last ${countText(trend.length, "month")}`, {
      kind: "chart",
      shape: "columns",
      title: `Charged to ${whom} each month since ${monthText(first.period)}`,
      says: trendText(trend, currency),
      labels: trend.map(({ period }) => `${monthName(period).slice(0, 3)} ${period.slice(0, 4)}`),
      series: [
        {
          name: "Charged",
          cents: trend.map(({ cents }) => cents),
          provisional: trend.flatMap(({ isClosed }, at) => (isClosed ? [] : [at])),
          colour: "cost",
        },
      ],
    }),
  ];
}

/** `Statements with corrections and adjustments: October 2026 USD 20.00, November 2026 USD 12.00 (part of a month).` */
function trendText(trend: readonly TrendMonth[], currency: string): string {
  const months = trend.map(
    ({ period, cents, isWhole }) =>
      `${monthText(period)} ${centsText(cents, currency)}${isWhole ? "" : " (part of a month)"}`,
  );
  return `Statements with corrections and adjustments: ${months.join(", ")}.`;
}
