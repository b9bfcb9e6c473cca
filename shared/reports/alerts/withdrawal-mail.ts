import { budgetPercentText } from "@apportion/domain/percent";
import { amountText, dayText, monthName, monthText } from "../format.js";
import type { RenderedMail } from "../mail/mail.js";
import type { AlertWithdrawal } from "./compose.js";
import { renderCorrection } from "./correction-mail.js";

/** Takes back an alert: what was said, what is true now, and that nothing is to be done. */
export function renderWithdrawal(correction: AlertWithdrawal): RenderedMail {
  const { teamName, period, named, thresholdPercent, currency, spent } = correction;
  const budget = named?.budget ?? `${monthText(period)} budget`;
  return renderCorrection({
    currency,
    subject: `${teamName}: correction, ${thresholdPercent} % of the ${budget} is not reached`,
    kicker: `Correction of a budget alert · ${named?.span ?? monthText(period)}`,
    heading: `${teamName} has not reached ${thresholdPercent} % of its ${named?.budget ?? `${monthName(period)} budget`}`,
    amount: amountText(spent, currency),
    beside: budgetText(correction),
    again: againSentence(correction),
    said: saidSentence(correction),
    nowTitle: "What is true now",
    now: nowSentence(correction),
    footer: "Sent once for each alert that does not hold. Days are in UTC.",
  });
}

function budgetText({ budget, spent, currency, thresholdsPercent }: AlertWithdrawal): string {
  const of = `of ${amountText(budget, currency)}`;
  return budget === 0n ? of : `${of} · ${budgetPercentText(spent, budget, thresholdsPercent)}`;
}

function saidSentence({ said, period, named, currency }: AlertWithdrawal): string {
  const which = named?.budget ?? `${monthText(period)} budget`;
  const passed = said.map(
    ({ thresholdPercent, budget, crossedOn, spent }) =>
      `${thresholdPercent} % of the ${which} of ${amountText(budget, currency)} was passed on ${dayText(crossedOn)}, with ${amountText(spent, currency)} spent`,
  );
  return `An earlier mail said that ${passed.join("; ")}.`;
}

function nowSentence({
  budget,
  spent,
  asOf,
  currency,
  thresholdsPercent,
  ...correction
}: AlertWithdrawal): string {
  const share = budget === 0n ? "" : `, ${budgetPercentText(spent, budget, thresholdsPercent)} of the budget`;
  return `Costs of past days were restated since. With them ${amountText(spent, currency)} is spent of ${amountText(budget, currency)}${share} (costs up to ${dayText(asOf)}): ${correction.thresholdPercent} % is not reached.`;
}

function againSentence({ thresholdPercent }: AlertWithdrawal): string {
  return `If spending reaches ${thresholdPercent} % after all, a new alert says so.`;
}
