import { budgetPercentText } from "@apportion/domain/percent";
import { forecastSentence } from "../forecast-words.js";
import { amountText, countText, dayText, monthName, monthText } from "../format.js";
import type { Tone } from "../mail/style.js";
import { increaseTexts } from "./budget-words.js";
import { withoutContactsText } from "./without-contacts.js";
import type { Alert } from "./compose.js";

/** What a budget alert says around its lines, whichever kind it is of. */
export interface AlertWords {
  readonly subject: string;
  readonly preheader: string;
  readonly kicker: string;
  readonly heading: string;
  readonly tone: Tone;
  /** The figure for which the mail is opened, and what it is of. */
  readonly amount: string;
  readonly beside: string;
  /** What of it matters most. */
  readonly strong: string;
  readonly sentence: string | undefined;
  readonly remarks: readonly string[];
  readonly footer: readonly string[];
}

/** Of a threshold that was passed. */
export function actualWords(alert: Alert): AlertWords {
  const { currency, spent, budget, period } = alert;
  return {
    subject: subjectOf(alert),
    preheader: `${amountText(spent, currency)} of ${amountText(budget, currency)}. ${leftText(alert)}.`,
    kicker: `Budget alert · ${monthText(period)}`,
    heading: heading(alert),
    tone: toneOf(alert),
    amount: amountText(spent, currency),
    beside: budgetText(alert),
    strong: leftText(alert),
    sentence: forecastSentence(alert),
    remarks: [...unsettledText(alert), ...remarks(alert)],
    footer: [...priceFooter(alert), sentOnce(alert)],
  };
}

function subjectOf(alert: Alert): string {
  const { teamName, budget, spent, currency, period, thresholdPercent } = alert;
  return budget === 0n
    ? `${teamName}: ${amountText(spent, currency)} spent in ${monthText(period)}, where the budget is ${amountText(0n, currency)}`
    : `${teamName}: ${percentOfBudget(alert)} of the ${monthText(period)} budget used (passed ${thresholdPercent} %)`;
}

function heading({ teamName, period, thresholdPercent, crossedOn, budget }: Alert): string {
  if (budget === 0n) return `${teamName} has cost in ${monthName(period)}, but no budget`;
  if (thresholdPercent === 100)
    return `${teamName} used up its ${monthName(period)} budget on ${dayText(crossedOn)}`;
  return `${teamName} passed ${thresholdPercent} % of its ${monthName(period)} budget on ${dayText(crossedOn)}`;
}

/** `USD 114.80 left for 7 days`, or how far beyond. */
function leftText({ budget, spent, currency, isOver, daysLeft, asOf }: Alert): string {
  const days = isOver ? "the month is over" : `${countText(daysLeft, "day")} to go`;
  const left =
    spent < budget
      ? `${amountText(budget - spent, currency)} left`
      : spent === budget
        ? "Nothing left"
        : `${amountText(spent - budget, currency)} over budget`;
  return `${left}, ${days} (costs up to ${dayText(asOf)})`;
}

/** As the reports say it too: what is beside the figure, and what it would make of it. */
export function unsettledText({ unsettled, spent, budget, currency, ...alert }: Alert): string[] {
  if (unsettled === 0n) return [];
  const together = budgetPercentText(spent + unsettled, budget, alert.thresholdsPercent);
  const withIt = budget === 0n ? "" : `; with it ${together} of the budget`;
  return [`Not settled, so not counted yet: ${amountText(unsettled, currency)}${withIt}.`];
}

function remarks({
  alsoPassed,
  withoutContacts,
  teamName,
  teamId,
  waitingDays,
  daysBeforeTheBill,
  increases,
  currency,
}: Alert): string[] {
  return [
    ...(alsoPassed.length > 0
      ? [
          `It passed ${alsoPassed.map(({ thresholdPercent, crossedOn }) => `${thresholdPercent} % on ${dayText(crossedOn)}`).join(" and ")} too: this mail is for all of them.`,
        ]
      : []),
    ...increaseTexts({ increases }, currency),
    ...(withoutContacts
      ? [
          withoutContactsText({ id: teamId, name: teamName }),
        ]
      : []),
    ...waitingText({ waitingDays, daysBeforeTheBill }),
  ];
}

/** What does not count yet, and what it waits for. */
export function waitingText({
  waitingDays,
  daysBeforeTheBill,
}: Pick<Alert, "waitingDays" | "daysBeforeTheBill">): string[] {
  return [
    ...(daysBeforeTheBill.length > 0
      ? [
          `Kubernetes and shared costs of ${daysBeforeTheBill.map(dayText).join(", ")} are not counted yet: the bill of ${daysBeforeTheBill.length === 1 ? "that day" : "those days"} is not complete, and list prices may be too high.`,
        ]
      : []),
    ...(waitingDays.length > 0
      ? [
          `Shared costs of ${waitingDays.map(dayText).join(", ")} are not counted yet: readings are missing. Direct costs of ${waitingDays.length === 1 ? "that day" : "those days"} are.`,
        ]
      : []),
  ];
}

function toneOf({ thresholdPercent, spent, budget }: Alert): Tone {
  return thresholdPercent >= 100 || spent >= budget ? "danger" : "warning";
}

function percentOfBudget({ spent, budget, thresholdsPercent }: Alert): string {
  return budgetPercentText(spent, budget, thresholdsPercent);
}

function budgetText(alert: Alert): string {
  const { budget, currency } = alert;
  const of = `of ${amountText(budget, currency)}`;
  return budget === 0n ? of : `${of} · ${percentOfBudget(alert)}`;
}

export function priceFooter({ atBillPrice }: Alert): string[] {
  return atBillPrice
    ? ["Kubernetes costs are those of the bill here; the report has list prices and the difference."]
    : [];
}

function sentOnce({ budget, currency, period }: Alert): string {
  return budget === 0n
    ? `Sent once, because the budget of ${monthText(period)} is ${amountText(0n, currency)} and there is cost.`
    : `Sent once for each threshold of a budget and month, and once for several that are passed together. Days are in UTC; costs of past days can still be restated, and a correction follows if the threshold then turns out not to be reached.`;
}
