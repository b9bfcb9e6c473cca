import { centsThatFoot } from "@apportion/domain/cents";
import { budgetPercentText, ratioOf, shareTexts } from "@apportion/domain/percent";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { expectedPicos, forecastSentence } from "../forecast-words.js";
import {
  amountText,
  centsText,
  countText,
  dayText,
  monthName,
  monthText,
  wholeAmountText,
} from "../format.js";
import { barRows, meter } from "../mail/bars.js";
import { bullets, figure, note, paragraph, quiet, section, strong } from "../mail/blocks.js";
import { html, type Html } from "../mail/html.js";
import type { RenderedMail } from "../mail/mail.js";
import { page } from "../mail/page.js";
import type { Tone } from "../mail/style.js";
import { nextSteps, stepsTitle, whatDroveIt } from "./advice.js";
import type { Alert } from "./compose.js";

/** The mail of one threshold: how much, of how much, why, what now. */
export function renderAlert(alert: Alert): RenderedMail {
  const { teamName, period, currency } = alert;
  const subject =
    alert.budget === 0n
      ? `${teamName}: ${amountText(alert.spent, currency)} spent in ${monthText(period)}, where the budget is ${amountText(0n, currency)}`
      : `${teamName}: ${percentOfBudget(alert)} of the ${monthText(period)} budget used (passed ${alert.thresholdPercent} %)`;
  return { subject, html: renderHtml(alert, subject), text: renderText(alert) };
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
function unsettledText({ unsettled, spent, budget, currency, ...alert }: Alert): string[] {
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
}: Alert): string[] {
  return [
    ...(alsoPassed.length > 0
      ? [
          `It passed ${alsoPassed.map(({ thresholdPercent, crossedOn }) => `${thresholdPercent} % on ${dayText(crossedOn)}`).join(" and ")} too: this mail is for all of them.`,
        ]
      : []),
    ...(withoutContacts
      ? [
          `No contacts are configured for ${teamName} (${teamId}), so this mail goes to finance. Please pass it on, and add contacts to the team.`,
        ]
      : []),
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

function renderHtml(alert: Alert, subject: string): string {
  const { currency, spent, budget } = alert;
  const forecast = forecastSentence(alert);
  return page({
    title: subject,
    preheader: `${amountText(spent, currency)} of ${amountText(budget, currency)}. ${leftText(alert)}.`,
    kicker: `Budget alert · ${monthText(alert.period)}`,
    heading: heading(alert),
    body: html`${figure(amountText(spent, currency), budgetText(alert))}${budgetMeter(alert)}
    ${note(toneOf(alert), html`${strong(leftText(alert))}${forecast === undefined ? undefined : html`<br />${forecast}`}`)}
    ${[...unsettledText(alert), ...remarks(alert)].map((remark) => quiet(remark))}
    ${section(
      "Why",
      html`${paragraph(whatDroveIt(alert))}${barRows(
        linesOf(alert).map(({ name, amount, share, picos }) => ({
          label: name,
          amount,
          share,
          ratio: ratioOf(picos, spent),
        })),
        { label: "Month so far", amount: amountText(spent, currency) },
      )}`,
    )}
    ${section(stepsTitle(alert), bullets(nextSteps(alert)))}`,
    footer: footer(alert),
  });
}

function percentOfBudget({ spent, budget, thresholdsPercent }: Alert): string {
  return budgetPercentText(spent, budget, thresholdsPercent);
}

function budgetText(alert: Alert): string {
  const { budget, currency } = alert;
  const of = `of ${amountText(budget, currency)}`;
  return budget === 0n ? of : `${of} · ${percentOfBudget(alert)}`;
}

function budgetMeter({ budget, spent, forecast, currency, ...alert }: Alert): Html {
  const expected = expectedPicos(forecast, spent);
  const full = expected > budget ? expected : budget;
  const solid = ratioOf(spent, full);
  return meter({
    tone: toneOf({ budget, spent, forecast, currency, ...alert }),
    solid,
    light: ratioOf(expected, full) - solid,
    ...(budget > 0n && { mark: { at: ratioOf(budget, full), text: "budget" } }),
    label: `${amountText(spent, currency)} used of ${amountText(budget, currency)}${forecast?.kind === "forecast" ? `, about ${wholeAmountText(forecast.picos, currency)} forecast` : ""}`,
  });
}

function footer({ budget, currency, period, atBillPrice }: Alert): string[] {
  return [
    ...(atBillPrice
      ? ["Kubernetes costs are those of the bill here; the report has list prices and the difference."]
      : []),
    budget === 0n
      ? `Sent once, because the budget of ${monthText(period)} is ${amountText(0n, currency)} and there is cost.`
      : `Sent once for each threshold of a budget and month, and once for several that are passed together. Days are in UTC; costs of past days can still be restated, and a correction follows if the threshold then turns out not to be reached.`,
  ];
}

interface WrittenLine {
  readonly name: string;
  readonly picos: bigint;
  readonly amount: string;
  readonly share: string;
}

/** The biggest costs and the rest, in cents and percent that add up. */
function linesOf({ biggest, rest, spent, currency }: Alert): WrittenLine[] {
  const lines = [...biggest, ...(rest === 0n ? [] : [{ name: "Everything else", picos: rest }])];
  const exact = lines.map(({ picos }) => picos);
  const cents = centsThatFoot(exact, roundedDivision(spent, PICOS_PER_CENT));
  const shares = shareTexts(exact, spent);
  return lines.map(({ name, picos }, index) => ({
    name,
    picos,
    amount: centsText(cents[index] ?? 0n, currency),
    share: shares[index] ?? "",
  }));
}

function renderText(alert: Alert): string {
  const { currency, spent } = alert;
  const forecast = forecastSentence(alert);
  const lines = linesOf(alert);
  const total = amountText(spent, currency);
  const width = Math.max(...lines.map(({ name }) => name.length), "Month so far".length);
  const amountWidth = Math.max(total.length, ...lines.map(({ amount }) => amount.length));
  const row = (name: string, amount: string, share: string): string =>
    `  ${name.padEnd(width)}  ${amount.padStart(amountWidth)}  ${share.padStart(7)}`.trimEnd();
  return [
    heading(alert),
    "",
    `${amountText(spent, currency)} ${budgetText(alert)}`,
    leftText(alert),
    ...(forecast === undefined ? [] : [forecast]),
    ...[...unsettledText(alert), ...remarks(alert)].flatMap((remark) => ["", remark]),
    "",
    "WHY",
    whatDroveIt(alert),
    "",
    ...lines.map(({ name, amount, share }) => row(name, amount, share)),
    row("Month so far", total, ""),
    "",
    stepsTitle(alert).toUpperCase(),
    ...nextSteps(alert).map((step) => `- ${step}`),
    "",
    ...footer(alert),
    "",
  ].join("\n");
}
