import pc from "picocolors";
import type { AdjustedSide, Proposal } from "@apportion/books/ledger/adjustment";
import { payerOf } from "@apportion/books/months/month";
import type { Adjustment } from "@apportion/books/ledger/adjustments";
import type { Draft, DraftState } from "@apportion/books/ledger/draft";
import { decimalOfCents } from "@apportion/domain/cents";
import type { AdjustmentEffect } from "@apportion/ledger/adjust";
import { formatAmount } from "@apportion/reports/format";
import { payerJson, payerTable } from "./payer-table.js";

/** `120.50 USD from nlp to search for 2026-10` */
export function moveText(
  { from, to, cents }: Pick<Proposal, "from" | "to" | "cents">,
  currency: string,
): string {
  const amount = formatAmount(decimalOfCents(cents), currency);
  return from.period === to.period
    ? `${amount} from ${payerOf(from)} to ${payerOf(to)} for ${from.period}`
    : `${amount} from ${payerOf(from)} for ${from.period} to ${payerOf(to)} for ${to.period}`;
}

/** What became of it, or what has to be done. */
export function stateText({ id, state, expiresAt }: Pick<Proposed, "id" | "state" | "expiresAt">): string {
  switch (state.kind) {
    case "waiting":
      return `waits until ${expiresAt.slice(0, 10)} for somebody else: apportion adjust approve ${id} --approved-by NAME`;
    case "expired":
      return `expired on ${expiresAt.slice(0, 10)}: nobody approved it`;
    case "withdrawn":
      return `withdrawn by ${state.by} on ${state.at.slice(0, 10)}`;
    case "posted": {
      const { seq, billingPeriod, approvedBy, postedAt } = state.journal;
      return `posted into ${billingPeriod} as journal ${seq}, approved by ${approvedBy} on ${postedAt.slice(0, 10)}`;
    }
  }
}

/** What was proposed, with what became of it. */
export type Proposed = Draft & { readonly state: DraftState };

/** @param title what it does */
export function draftLines(draft: Proposed, title: string): string[] {
  const { id, reason, preparedBy, proposedAt } = draft;
  return [
    `${pc.bold(id)}  ${title}`,
    `  ${reason}`,
    `  proposed by ${preparedBy} on ${proposedAt.slice(0, 10)}; ${stateText(draft)}`,
  ];
}

/** What became of a draft, for programs. */
export function stateJson(state: DraftState): object {
  return {
    state: state.kind,
    ...(state.kind === "withdrawn" && { withdrawnBy: state.by, withdrawnAt: state.at }),
    ...(state.kind === "posted" && {
      postedInto: state.journal.billingPeriod,
      approvedBy: state.journal.approvedBy,
      postedAt: state.journal.postedAt,
      seq: String(state.journal.seq),
      hash: state.journal.hash,
    }),
  };
}

export function adjustmentLines(adjustment: Adjustment, currency: string): string[] {
  return draftLines(adjustment, moveText(adjustment, currency));
}

export function whyText({ why }: { readonly why: string }): string {
  return `  cannot be posted as things are: ${why}`;
}

/** What a draft would come to, or why it cannot be posted as things are. */
export function effectLines(effect: AdjustmentEffect | { readonly why: string }, currency: string): string[] {
  if ("why" in effect) return [whyText(effect)];
  const { into, payers } = effect;
  const [one, other] = payers;
  const rows = payers.map(({ payer, month, charged, difference }) => ({
    name: one.month === other.month ? payer : `${payer}, ${month}`,
    soFar: charged,
    difference,
  }));
  return [`  to be posted into ${into}:`, ...payerTable(rows, currency, "of it so far")];
}

/** Amounts as decimal strings. */
export function adjustmentJson(
  { cents, from, to, state, ...adjustment }: Adjustment,
  currency: string,
  effect?: AdjustmentEffect | { readonly why: string },
): object {
  const side = ({ period, ...payer }: AdjustedSide): object => ({ payer: payerOf(payer), month: period });
  return {
    kind: "adjustment",
    ...adjustment,
    amount: decimalOfCents(cents),
    currency,
    from: side(from),
    to: side(to),
    ...stateJson(state),
    ...(effect && ("why" in effect ? { cannotBePosted: effect.why } : { effect: effectJson(effect) })),
  };
}

function effectJson({ into, payers }: AdjustmentEffect): object {
  return {
    postedInto: into,
    payers: payers.map(({ payer, month, charged, difference }) => ({
      payer,
      month,
      ...payerJson({ soFar: charged, difference }),
    })),
  };
}
