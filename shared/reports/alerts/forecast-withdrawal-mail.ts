import { COVERAGE_PERCENT } from "@apportion/books/forecast/interval";
import { methodText } from "../forecast-words.js";
import { amountText, dayText, monthName, monthText, wholeAmountText } from "../format.js";
import { figure, note, paragraph, section, strong } from "../mail/blocks.js";
import { html } from "../mail/html.js";
import type { RenderedMail } from "../mail/mail.js";
import { page } from "../mail/page.js";
import type { ForecastWithdrawal } from "./compose.js";

/** Takes back a forecast alert: what was expected then, what is now, and that nothing is to be done. */
export function renderForecastWithdrawal(withdrawal: ForecastWithdrawal): RenderedMail {
  const { teamName, period, thresholdPercent, currency, budget, forecast, spent } = withdrawal;
  const threshold = thresholdPercent === 100 ? "its budget" : `${thresholdPercent} % of its budget`;
  const subject = forecast
    ? `${teamName}: no longer expected to pass ${threshold} of ${monthText(period)}`
    : `${teamName}: did not pass ${threshold} of ${monthText(period)}`;
  const heading = forecast
    ? `${teamName} is not expected to pass ${threshold} of ${monthName(period)} any more`
    : `${teamName} has not passed ${threshold} of ${monthName(period)}`;
  const amount = forecast ? `about ${wholeAmountText(forecast.picos, currency)}` : amountText(spent, currency);
  const beside = `${forecast ? "expected" : "spent"}, of ${amountText(budget, currency)}`;
  const again = forecast
    ? "If that changes, a new forecast says so; what is really spent has alerts of its own."
    : "What is restated later can still change it, and has alerts of its own.";
  const footer = "Sent once for each forecast alert that does not hold. Days are in UTC.";
  const [said, now] = [saidSentence(withdrawal), nowSentence(withdrawal)];
  return {
    subject,
    html: page({
      title: subject,
      preheader: `${now} ${NOTHING_TO_DO}`,
      kicker: `Correction of a forecast · ${monthText(period)}`,
      heading,
      body: html`${figure(amount, beside)} ${note("calm", html`${strong(NOTHING_TO_DO)} ${again}`)}
      ${section("What was said", paragraph(said))} ${section(forecast ? "What is expected now" : "What it came to", paragraph(now))}`,
      footer: [footer],
    }),
    text: [
      heading,
      "",
      `${amount} ${beside}`,
      `${NOTHING_TO_DO} ${again}`,
      "",
      "WHAT WAS SAID",
      said,
      "",
      forecast ? "WHAT IS EXPECTED NOW" : "WHAT IT CAME TO",
      now,
      "",
      footer,
      "",
    ].join("\n"),
  };
}

const NOTHING_TO_DO = "Nothing is to be done.";

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
