import { paragraph, quiet, strong } from "../document/blocks.js";
import type { Block } from "../document/document.js";
import { headline, savingText } from "../advice/words.js";
import { amountText, dayText } from "../format.js";
import type { TeamAdvice } from "./team-advice.js";

/** `USD 400.00 a month is advised, USD 120.00 of a month accepted; USD 36.00 was saved in the month, measured.` */
export function adviceSentence({ advised, accepted, realised }: TeamAdvice, currency: string): string {
  const amount = (picos: bigint): string => amountText(picos, currency);
  return `${amount(advised)} a month is advised, ${amount(accepted)} a month accepted; ${amount(realised)} was saved in the month, measured. Freeable capacity is cash only once nodes go.`;
}

/** One that waits for somebody: what it is, what it saves and why it is believed, and what to do about it. */
export interface AdviceItem {
  /** `Nobody seems to use deployment/old in eu/team-b: USD 45.00 freeable a month` */
  readonly title: string;
  readonly because: string;
  /** Text that can be pasted. */
  readonly change: string;
}

export function adviceItems({ first }: TeamAdvice, currency: string): AdviceItem[] {
  return first.map((each) => ({
    title: `${headline(each)}: ${savingText(each, currency)} a month`,
    because: `Since ${dayText(each.since)} at least; ${each.because}. ${each.risk} (${each.id})`,
    change: each.change,
  }));
}

export function adviceBlocks(advice: TeamAdvice, currency: string): Block[] {
  return [
    paragraph(adviceSentence(advice, currency)),
    ...itemBlocks(adviceItems(advice, currency)),
  ];
}

export function itemBlocks(items: readonly AdviceItem[]): Block[] {
  return items.flatMap(({ title, because, change }): Block[] => [
    strong(title),
    { kind: "code", text: change },
    quiet(because),
  ]);
}
