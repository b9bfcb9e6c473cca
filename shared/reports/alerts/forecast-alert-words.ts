import { budgetPercentText } from "@apportion/domain/percent";
import { COVERAGE_PERCENT } from "@apportion/books/forecast/interval";
import { methodText, noteText, whenPassed } from "../forecast-words.js";
import { amountText, countText, dayText, monthName, monthText, wholeAmountText } from "../format.js";
import { type AlertWords, priceFooter, unsettledText } from "./alert-words.js";
import type { Alert, ExpectedPassing } from "./compose.js";

/** Remarks on the forecast in a mail; the command has all of them. */
const NOTES_MAX = 2;

/** Of a threshold that is expected to be passed: what comes, when, and how sure that is. */
export function forecastWords(alert: Alert, { forecast, passing }: ExpectedPassing): AlertWords {
  const { teamName, period, currency, budget, spent, asOf, thresholdPercent, thresholdsPercent } = alert;
  const [expected, low, high] = [forecast.picos, forecast.low, forecast.high].map((each) =>
    wholeAmountText(each, currency),
  );
  const on = passing.on ? ` about ${dayText(passing.on)}` : "";
  const what = thresholdPercent === 100 ? "its budget" : `${thresholdPercent} % of its budget`;
  const over = forecast.picos - budget;
  const strong =
    over > 0n
      ? `${wholeAmountText(over, currency)} over budget at the end of ${monthName(period)}, as it goes now`
      : `${wholeAmountText(-over, currency)} of the budget left at the end of ${monthName(period)}, as it goes now`;
  return {
    subject: `${teamName}: about to pass ${what} of ${monthText(period)}${on}`,
    preheader: `About ${expected} expected, of ${amountText(budget, currency)}. ${strong}.`,
    kicker: `Forecast · ${monthText(period)}`,
    heading: `${teamName} is expected to pass ${what} of ${monthName(period)}${on}`,
    tone: "warning",
    amount: `about ${expected}`,
    beside: `expected, of ${amountText(budget, currency)} · ${budgetPercentText(forecast.picos, budget, thresholdsPercent)}`,
    strong,
    sentence: [
      `It passes ${thresholdPercent} % ${whenPassed(passing)}.`,
      `In ${COVERAGE_PERCENT} of 100 such months the end is between ${low} and ${high}.`,
      `So far ${amountText(spent, currency)} is spent (costs up to ${dayText(asOf)}, ${countText(alert.daysLeft, "day")} to go).`,
    ].join(" "),
    remarks: [
      ...unsettledText(alert),
      ...(alert.withoutContacts
        ? [`No contacts are configured for ${teamName} (${alert.teamId}), so this mail goes to finance. Please pass it on, and add contacts to the team.`]
        : []),
      [
        `Made by ${methodText(forecast)}.`,
        ...forecast.notes.slice(0, NOTES_MAX).map((note) => noteText(note, currency)),
      ].join(" "),
    ],
    footer: [
      ...priceFooter(alert),
      `Sent once for a budget and month: this is a forecast, nothing has been passed yet. A mail follows if it turns out not to come, and others when spending passes a threshold indeed. Days are in UTC.`,
    ],
  };
}
