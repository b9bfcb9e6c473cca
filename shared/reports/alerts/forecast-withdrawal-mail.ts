import { COVERAGE_PERCENT } from "@apportion/books/forecast/interval";
import { methodText } from "../forecast-words.js";
import { amountText, dayText, monthName, monthText, wholeAmountText } from "../format.js";
import type { RenderedMail } from "../mail/mail.js";
import type { ForecastWithdrawal } from "./compose.js";
import { renderCorrection } from "./correction-mail.js";

/** Takes back a forecast alert: what was expected then, what is now, and that nothing is to be done. */
export function renderForecastWithdrawal(withdrawal: ForecastWithdrawal): RenderedMail {
  const { teamName, period, thresholdPercent, currency, budget, forecast, spent } = withdrawal;
  const threshold = thresholdPercent === 100 ? "its budget" : `${thresholdPercent} % of its budget`;
  const standing = forecast
    ? {
        subject: `${teamName}: no longer expected to pass ${threshold} of ${monthText(period)}`,
        heading: `${teamName} is not expected to pass ${threshold} of ${monthName(period)} any more`,
        amount: `about ${wholeAmountText(forecast.picos, currency)}`,
        beside: `expected, of ${amountText(budget, currency)}`,
        again: "If that changes, a new forecast says so; what is really spent has alerts of its own.",
        nowTitle: "What is expected now",
      }
    : {
        subject: `${teamName}: did not pass ${threshold} of ${monthText(period)}`,
        heading: `${teamName} has not passed ${threshold} of ${monthName(period)}`,
        amount: amountText(spent, currency),
        beside: `spent, of ${amountText(budget, currency)}`,
        again: "What is restated later can still change it, and has alerts of its own.",
        nowTitle: "What it came to",
      };
  return renderCorrection({
    currency,
    ...standing,
    kicker: `Correction of a forecast · ${monthText(period)}`,
    said: saidSentence(withdrawal),
    now: nowSentence(withdrawal),
    footer: "Sent once for each forecast alert that does not hold. Days are in UTC.",
  });
}

function saidSentence({ said, period, currency }: ForecastWithdrawal): string {
  const expected = said.map(
    ({ thresholdPercent, budget, crossedOn, spent }) =>
      `${thresholdPercent} % of the ${monthText(period)} budget of ${amountText(budget, currency)} would be passed about ${dayText(crossedOn)}, with about ${wholeAmountText(spent, currency)} at month end`,
  );
  return `An earlier mail expected that ${expected.join("; ")}.`;
}

function nowSentence({ forecast, thresholdPercent, budget, spent, asOf, currency }: ForecastWithdrawal): string {
  const so = `so that ${thresholdPercent} % of ${amountText(budget, currency)} is not reached`;
  if (!forecast) return `The month is over and settled: ${amountText(spent, currency)} is spent, ${so}.`;
  const [expected, low, high] = [forecast.picos, forecast.low, forecast.high].map((each) =>
    wholeAmountText(each, currency),
  );
  return `${amountText(spent, currency)} is spent (costs up to ${dayText(asOf)}), and about ${expected} is expected at month end; in ${COVERAGE_PERCENT} of 100 such months it is between ${low} and ${high}, ${so}. Made by ${methodText(forecast)}.`;
}
