import type { DailySpend } from "@apportion/books/budgets/evaluate";
import { type BillingPeriod, type Day, daysOf } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import type { Chart, Series } from "./document/document.js";
import { type Expectation, rangeText } from "./forecast-words.js";
import { centsText, dayText, monthText } from "./format.js";

export interface Course {
  readonly period: BillingPeriod;
  /** What counts for the budget, by day, in their order. */
  readonly counted: readonly DailySpend[];
  /** Of it the sum, as the statement has it. */
  readonly usedCents: bigint;
  /** What the statement has beside it, because it does not count yet. */
  readonly unsettledCents: bigint;
  readonly budgetCents: bigint | undefined;
  readonly forecast: Expectation;
  readonly currency: string;
}

/** A line needs two ends. */
const DAYS_MIN = 2;

/** What a month has come to by the end of each day, beside the budget and how it is expected to end. None where there is nothing to hold it against. */
export function courseChart(course: Course): Chart[] {
  const { period, counted, budgetCents, forecast } = course;
  const last = counted.at(-1)?.day;
  if (counted.length < DAYS_MIN || last === undefined) return [];
  if (budgetCents === undefined && forecast?.kind !== "forecast") return [];
  const days = daysOf(period);
  const spent = sumsOf(days, counted);
  // The line rises by less than such days cost, and nobody should take that for saving.
  const settled = forecast?.kind === "forecast" && forecast.asOf < last ? forecast.asOf : undefined;
  return [
    {
      kind: "chart",
      shape: "course",
      title: [
        `${monthText(period)}, day by day added up`,
        ...(budgetCents === undefined ? [] : ["against the budget"]),
        ...(settled ? [`after ${shortDay(settled)} only what is settled`] : []),
      ].join(", "),
      says: courseSentence(course, last),
      labels: days.map(shortDay),
      series: [
        { name: "Spent", colour: "spent", cents: days.map((day, at) => (day <= last ? centsOf(spent[at]) : undefined)) },
        ...expected(days, spent, forecast),
      ],
      ...(budgetCents !== undefined && { mark: { label: "Budget", cents: budgetCents } }),
    },
  ];
}

/** `USD 2,857.00 by 23 Nov 2026, of a budget of USD 3,200.00; expected at month end: about USD 3,830 (80 %: USD 3,700 to USD 3,960).` */
function courseSentence(course: Course, last: Day): string {
  const { usedCents, unsettledCents, budgetCents, forecast, currency } = course;
  const spent = `${centsText(usedCents, currency)}${unsettledCents === 0n ? "" : " settled"}`;
  const budget = budgetCents === undefined ? "" : `, of a budget of ${centsText(budgetCents, currency)}`;
  const end = forecast?.kind === "forecast" ? `; expected at month end: ${rangeText(forecast, currency)}` : "";
  return `${spent} by ${dayText(last)}${budget}${end}.`;
}

/** `23 Nov`: the month is in the title. */
function shortDay(day: Day): string {
  return dayText(day).slice(0, -5);
}

function sumsOf(days: readonly Day[], counted: readonly DailySpend[]): bigint[] {
  const byDay = new Map(counted.map(({ day, picos }) => [day, picos]));
  let sum = 0n;
  return days.map((day) => (sum += byDay.get(day) ?? 0n));
}

/** From the last settled day on, with the range in which four of five months end. */
function expected(days: readonly Day[], spent: readonly bigint[], forecast: Expectation): Series[] {
  if (forecast?.kind !== "forecast") return [];
  const ahead = new Map(forecast.ahead.map((each) => [each.day, each]));
  const line = (of: "picos" | "low" | "high"): Series["cents"] =>
    days.map((day, at) => centsOf(day === forecast.asOf ? spent[at] : ahead.get(day)?.[of]));
  return [
    { name: "Expected", colour: "forecast", cents: line("picos") },
    { name: "Low", colour: "forecast-low", cents: line("low") },
    { name: "High", colour: "forecast-high", cents: line("high") },
  ];
}

function centsOf(picos: bigint | undefined): bigint | undefined {
  return picos === undefined ? undefined : roundedDivision(picos, PICOS_PER_CENT);
}
