import { centsThatFoot } from "@apportion/domain/cents";
import { ratioOf, shareTexts } from "@apportion/domain/percent";
import { previousBillingPeriod } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { expectedPicos } from "../forecast-words.js";
import { changeRows } from "../compare/largest-changes.js";
import { amountText, centsText, monthName, wholeAmountText } from "../format.js";
import { barRows, meter } from "../mail/bars.js";
import { bullets, figure, note, paragraph, quiet, section, strong, table } from "../mail/blocks.js";
import { html, type Html } from "../mail/html.js";
import type { RenderedMail } from "../mail/mail.js";
import { type AdviceItem, adviceItems, itemLines, itemsBlock } from "../monthly/recommendations.js";
import { page } from "../mail/page.js";
import type { Tone } from "../mail/style.js";
import { nextSteps, stepsTitle, whatDroveIt } from "./advice.js";
import { actualWords, type AlertWords } from "./alert-words.js";
import type { Alert } from "./compose.js";
import { forecastWords } from "./forecast-alert-words.js";

/** The mail of one threshold: how much, of how much, why, what now. */
export function renderAlert(alert: Alert): RenderedMail {
  const words = alert.expected ? forecastWords(alert, alert.expected) : actualWords(alert);
  return { subject: words.subject, html: renderHtml(alert, words), text: renderText(alert, words) };
}

function renderHtml(alert: Alert, words: AlertWords): string {
  const { currency, spent } = alert;
  const changes = changeRows(alert.changes, alert);
  const items = itemsOf(alert);
  return page({
    title: words.subject,
    preheader: words.preheader,
    kicker: words.kicker,
    heading: words.heading,
    body: html`${figure(words.amount, words.beside)}${budgetMeter(alert, words.tone)}
    ${note(words.tone, html`${strong(words.strong)}${words.sentence === undefined ? undefined : html`<br />${words.sentence}`}`)}
    ${words.remarks.map((remark) => quiet(remark))}
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
      )}${changes.length === 0 ? undefined : html`${quiet(changesTitle(alert))}${table(["What", "Change"], changes)}`}`,
    )}
    ${items.length === 0 ? undefined : section(ADVICE_TITLE, html`${itemsBlock(items)}${quiet(FREED)}`)}
    ${section(stepsTitle(alert), bullets(nextSteps(alert)))}`,
    footer: words.footer,
  });
}

function budgetMeter({ budget, spent, forecast, currency }: Alert, tone: Tone): Html {
  const expected = expectedPicos(forecast, spent);
  const full = expected > budget ? expected : budget;
  const solid = ratioOf(spent, full);
  return meter({
    tone,
    solid,
    light: ratioOf(expected, full) - solid,
    ...(budget > 0n && { mark: { at: ratioOf(budget, full), text: "budget" } }),
    label: `${amountText(spent, currency)} used of ${amountText(budget, currency)}${forecast?.kind === "forecast" ? `, about ${wholeAmountText(forecast.picos, currency)} forecast` : ""}`,
  });
}

const ADVICE_TITLE = "What would save most";
/** Of a mail that is about something else; the report has more. */
const ADVISED_MAX = 2;

const FREED = "Of a month. Freed capacity is cash only once nodes go.";

function itemsOf({ advice, currency }: Alert): AdviceItem[] {
  return advice ? adviceItems(advice, currency).slice(0, ADVISED_MAX) : [];
}

/** Only days are compared that both months have. */
function changesTitle({ period, isOver }: Alert): string {
  const before = monthName(previousBillingPeriod(period));
  return `Against ${isOver ? before : `the same days of ${before}`}, most of all:`;
}

function changeLines(alert: Alert): string[] {
  const changes = changeRows(alert.changes, alert);
  if (changes.length === 0) return [];
  return [changesTitle(alert), ...changes.map(([what, change]) => `  ${what}: ${change}`), ""];
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

function renderText(alert: Alert, words: AlertWords): string {
  const { currency, spent } = alert;
  const lines = linesOf(alert);
  const items = itemsOf(alert);
  const total = amountText(spent, currency);
  const width = Math.max(...lines.map(({ name }) => name.length), "Month so far".length);
  const amountWidth = Math.max(total.length, ...lines.map(({ amount }) => amount.length));
  const row = (name: string, amount: string, share: string): string =>
    `  ${name.padEnd(width)}  ${amount.padStart(amountWidth)}  ${share.padStart(7)}`.trimEnd();
  return [
    words.heading,
    "",
    `${words.amount} ${words.beside}`,
    words.strong,
    ...(words.sentence === undefined ? [] : [words.sentence]),
    ...words.remarks.flatMap((remark) => ["", remark]),
    "",
    "WHY",
    whatDroveIt(alert),
    "",
    ...lines.map(({ name, amount, share }) => row(name, amount, share)),
    row("Month so far", total, ""),
    "",
    ...changeLines(alert),
    ...(items.length === 0 ? [] : [ADVICE_TITLE.toUpperCase(), ...itemLines(items), "", FREED, ""]),
    stepsTitle(alert).toUpperCase(),
    ...nextSteps(alert).map((step) => `- ${step}`),
    "",
    ...words.footer,
    "",
  ].join("\n");
}
