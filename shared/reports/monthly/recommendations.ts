import type { Recommendation } from "@apportion/books/advice/advise";
import type { AdviceLife } from "@apportion/books/advice/read-life";
import { type BillingPeriod, billingPeriodOf } from "@apportion/domain/period";
import { headline, savingText } from "../advice/words.js";
import { amountText } from "../format.js";
import { paragraph, table } from "../mail/blocks.js";
import { html, type Html } from "../mail/html.js";

/** What can be advised by the end of the month, and where it stands. */
export interface ReportAdvice {
  readonly recommendations: readonly Recommendation[];
  readonly lives: readonly AdviceLife[];
}

/** What a team's report says of recommendations. In picos of a month; `realised` of the month that is reported, measured. */
export interface TeamAdvice {
  readonly advised: bigint;
  readonly accepted: bigint;
  readonly realised: bigint;
  /** Those that wait for somebody, the largest saving first. */
  readonly first: readonly Recommendation[];
}

/** A lead acts on three; the rest is in `apportion recommendations`. */
const FIRST_MAX = 3;

/** Undefined where there is nothing to say. */
export function teamAdvice(
  { recommendations, lives }: ReportAdvice,
  teamId: string,
  period: BillingPeriod,
): TeamAdvice | undefined {
  const own = lives.filter(({ team }) => team === teamId);
  const sum = (of: readonly AdviceLife[]): bigint => of.reduce((all, { advised }) => all + advised, 0n);
  const waiting = own.filter(({ life }) => life.state === "open" || life.state === "came-back");
  const accepted = own.filter(({ decided }) => decided?.decision === "accepted");
  const saved = own.flatMap(({ realised = [] }) => realised.filter(({ day }) => billingPeriodOf(day) === period));
  const waitingIds = new Set(waiting.map(({ id }) => id));
  if (waiting.length === 0 && accepted.length === 0) return undefined;
  return {
    advised: sum(own.filter(({ life }) => life.state !== "dismissed" && life.state !== "done")),
    accepted: sum(accepted),
    realised: saved.reduce((all, { picos }) => all + picos, 0n),
    first: recommendations.filter(({ id }) => waitingIds.has(id)).slice(0, FIRST_MAX),
  };
}

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
