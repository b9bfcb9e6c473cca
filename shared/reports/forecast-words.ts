import { type Passing, passingOf } from "@apportion/books/forecast/budget-day";
import type { Forecast, NoForecast } from "@apportion/books/forecast/forecast";
import type { ForecastNote } from "@apportion/books/forecast/notes";
import { COVERAGE_PERCENT } from "@apportion/books/forecast/interval";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { amountText, countText, dayText, wholeAmountText } from "./format.js";

/** What is said of how a month ends: `undefined` where there is nothing to say. */
export type Expectation = Forecast | NoForecast | undefined;

const METHODS: Readonly<Record<Forecast["method"], string>> = {
  same: "what each day so far cost alike",
  "run-rate": "the mean of each weekday over the last four weeks",
  "seasonal-naive": "the last week, day by day",
  "holt-winters": "level, trend and weekdays, smoothed (damped Holt-Winters)",
  mean: "the mean of three methods: the last four weeks, the last week, and damped Holt-Winters",
};
/** Remarks beside a forecast in a mail; the command has all of them. */
const MAIL_NOTES_MAX = 2;

/** `about USD 4,350 (80 %: USD 4,100 to USD 4,600)` */
export function rangeText({ picos, low, high }: Forecast, currency: string): string {
  const about = `about ${wholeAmountText(picos, currency)}`;
  const [from, to] = [low, high].map((end) => wholeAmountText(end, currency));
  return from === to ? about : `${about} (${COVERAGE_PERCENT} %: ${from} to ${to})`;
}

/** `the mean of each weekday over the last four weeks, from 62 settled days` */
export function methodText({ method, days }: Forecast): string {
  return `${METHODS[method]}, from ${countText(days, "settled day")}`;
}

/** `passes 100 % about 24 Nov 2026, between 21 Nov 2026 and 28 Nov 2026`; undefined where that is not expected within the month. */
export function passingText(forecast: Forecast, budget: bigint): string | undefined {
  const passing = passingOf(forecast, budget);
  if (!passing?.earliest) return undefined;
  return passing.on
    ? `passes 100 % ${whenPassed(passing)}`
    : `may pass 100 % from ${dayText(passing.earliest)} on`;
}

/** `about 24 Nov 2026, between 21 Nov 2026 and 28 Nov 2026` */
export function whenPassed({ on, earliest, latest }: Passing): string {
  if (!on || !earliest) return "within the month";
  const about = `about ${dayText(on)}`;
  if (!latest) return `${about}, on ${dayText(earliest)} at the earliest, perhaps not this month`;
  return earliest === latest ? about : `${about}, between ${dayText(earliest)} and ${dayText(latest)}`;
}

/** `No forecast: there are 3 settled days, and it takes 7.` */
export function noForecastText({ reason }: NoForecast): string {
  if (reason.kind === "too-few-days")
    return `No forecast: there ${reason.days === 1 ? "is" : "are"} ${countText(reason.days, "settled day")}, and it takes ${reason.daysMin}.`;
  const { errorPercent, errorPercentMax } = reason;
  const wrong = Number.isFinite(errorPercent) ? `by ${errorPercent} % of the month` : "by more than the month";
  return `No forecast: of late it would have been wrong ${wrong}, and more than ${errorPercentMax} % helps nobody.`;
}

export function noteText(note: ForecastNote, currency: string): string {
  switch (note.kind) {
    case "no-cost":
      return "No settled day has cost.";
    case "credits":
      return "Some days are below zero: credits can take away what is spent.";
    case "gaps":
      return `${daysText(note.days)} ${note.days.length === 1 ? "is not settled, and estimated by its weekday" : "are not settled, and estimated by their weekdays"}.`;
    case "restated":
      return `${daysText(note.days)} ${note.days.length === 1 ? "was" : "were"} restated: the latest figures count.`;
    case "new-team":
      return `There is no cost before ${dayText(note.since)}.`;
    case "step":
      return `From ${dayText(note.day)} on a day costs ${wholeAmountText(note.to, currency)} instead of ${wholeAmountText(note.from, currency)}: that level is expected to stay.`;
    case "fee":
      return `A monthly fee is due on ${dayText(note.day)} and in it: ${amountText(note.picos, currency)} (${note.line}).`;
    case "few-errors":
      return note.tried === 0
        ? "The interval is a rough one, of single days: there are too few to know how wrong forecasts are."
        : `The interval is that of ${countText(note.tried, "day")}, widened to ${note.ahead}: of more there is too little experience.`;
  }
}

/**
 * For mails: `Forecast: about USD 1,350 (80 %: USD 1,280 to USD 1,400) at month end, USD 150 over budget; passes 100 % about 24 Nov 2026,
 * between 21 Nov 2026 and 28 Nov 2026. Made by …`. Amounts in picos; undefined where there is nothing to say.
 */
export function forecastSentence({
  forecast,
  budget,
  spent,
  currency,
}: {
  readonly forecast: Expectation;
  readonly budget: bigint | undefined;
  readonly spent: bigint;
  readonly currency: string;
}): string | undefined {
  if (!forecast) return undefined;
  if (forecast.kind === "none") return noForecastText(forecast);
  const passing = budget !== undefined && budget > spent ? passingText(forecast, budget) : undefined;
  const notes = forecast.notes.slice(0, MAIL_NOTES_MAX).map((note) => noteText(note, currency));
  return [
    `Forecast: ${rangeText(forecast, currency)} at month end${againstBudget(forecast, budget, currency)}${passing === undefined ? "" : `; ${passing}`}.`,
    `Made by ${methodText(forecast)}.`,
    ...notes,
  ].join(" ");
}

function againstBudget({ picos }: Forecast, budget: bigint | undefined, currency: string): string {
  if (budget === undefined || budget === 0n) return "";
  return picos > budget ? `, ${wholeAmountText(picos - budget, currency)} over budget` : ", within budget";
}

/** `3 Nov 2026, 4 Nov 2026`, or how many where they are many. */
function daysText(days: readonly Parameters<typeof dayText>[0][]): string {
  return days.length <= 3 ? days.map(dayText).join(", ") : countText(days.length, "day");
}

/** What the month is expected to come to, at least what is spent. */
export function expectedPicos(expectation: Expectation, spent: bigint): bigint {
  return expectation?.kind === "forecast" && expectation.picos > spent ? expectation.picos : spent;
}

/** The same in cents, as every report, mail and page prints it. */
export function expectedCents(expectation: Expectation, spentCents: bigint): bigint {
  return roundedDivision(expectedPicos(expectation, spentCents * PICOS_PER_CENT), PICOS_PER_CENT);
}
