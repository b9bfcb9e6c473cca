import { headline, savingText } from "../advice/words.js";
import { amountText } from "../format.js";
import { paragraph, table } from "../mail/blocks.js";
import { html, type Html } from "../mail/html.js";
import type { TeamAdvice } from "./team-advice.js";

/** `USD 400.00 a month is advised, USD 120.00 of a month accepted; USD 36.00 was saved in the month, measured.` */
export function adviceSentence({ advised, accepted, realised }: TeamAdvice, currency: string): string {
  const amount = (picos: bigint): string => amountText(picos, currency);
  return `${amount(advised)} a month is advised, ${amount(accepted)} a month accepted; ${amount(realised)} was saved in the month, measured. Freed capacity is cash only once nodes go.`;
}

export function adviceRows({ first }: TeamAdvice, currency: string): string[][] {
  return first.map((each) => [`${headline(each)} (since ${each.since}, ${each.id})`, savingText(each, currency)]);
}

export function adviceBlock(advice: TeamAdvice, currency: string): Html {
  const rows = adviceRows(advice, currency);
  const sentence = paragraph(adviceSentence(advice, currency));
  return rows.length === 0 ? sentence : html`${sentence}${table(["What would save most", "Of a month"], rows)}`;
}
