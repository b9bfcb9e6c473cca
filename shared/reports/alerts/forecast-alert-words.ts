import { budgetPercentText } from "@apportion/domain/percent";
import { COVERAGE_PERCENT } from "@apportion/books/forecast/interval";
import { methodText, noteText, whenPassed } from "../forecast-words.js";
import { amountText, countText, dayText, monthName, monthText, wholeAmountText } from "../format.js";
import { type AlertWords, priceFooter, unsettledText } from "./alert-words.js";
import { withoutContactsText } from "./without-contacts.js";
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
  const strong = `${leftText(forecast.picos - budget, currency)} at the end of ${monthName(period)}, as it goes now`;
  return {
    subject: `${teamName}: forecast to pass ${what}${on === "" ? ` in ${monthText(period)}` : on}`,
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
      ...(alert.alsoPassed.length === 0
        ? []
        : [
            `It is expected to pass ${alert.alsoPassed.map((each) => `${each.thresholdPercent} % about ${dayText(each.crossedOn)}`).join(" and ")} too: this mail is for all of them.`,
          ]),
      ...unsettledText(alert),
      ...(alert.withoutContacts
        ? [withoutContactsText({ id: alert.teamId, name: teamName })]
        : []),
      [
        `Made by ${methodText(forecast)}.`,
        ...forecast.notes.slice(0, NOTES_MAX).map((note) => noteText(note, currency)),
      ].join(" "),
    ],
    footer: [
      ...priceFooter(alert),
      `Sent once for a threshold of a budget and month: this is a forecast, nothing has been passed yet. A mail follows if under this budget it turns out not to come, and others when spending passes a threshold indeed. Days are in UTC.`,
    ],
  };
}

/** `USD 120 over budget`; of less than one unit in cents. */
function leftText(over: bigint, currency: string): string {
  const size = over < 0n ? -over : over;
  const amount = size < UNIT ? amountText(size, currency) : wholeAmountText(size, currency);
  if (over === 0n) return "Nothing of the budget left";
  return over > 0n ? `${amount} over budget` : `${amount} of the budget left`;
}

const UNIT = 10n ** 12n;
