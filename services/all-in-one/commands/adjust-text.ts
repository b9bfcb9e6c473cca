import pc from "picocolors";
import type { AdjustedSide, Proposal } from "@apportion/books/ledger/adjustment";
import { payerOf } from "@apportion/books/months/month";
import type { Adjustment } from "@apportion/books/ledger/adjustments";
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
export function stateText({ id, state, expiresAt }: Adjustment): string {
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

export function adjustmentLines(adjustment: Adjustment, currency: string): string[] {
  const { id, reason, preparedBy, proposedAt } = adjustment;
  return [
    `${pc.bold(id)}  ${moveText(adjustment, currency)}`,
    `  ${reason}`,
    `  proposed by ${preparedBy} on ${proposedAt.slice(0, 10)}; ${stateText(adjustment)}`,
  ];
}

/** What a draft would come to, or why it cannot be posted as things are. */
export function effectLines(effect: AdjustmentEffect | { readonly why: string }, currency: string): string[] {
  if ("why" in effect) return [`  cannot be posted as things are: ${effect.why}`];
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
    ...adjustment,
    amount: decimalOfCents(cents),
    currency,
    from: side(from),
    to: side(to),
    state: state.kind,
    ...(state.kind === "withdrawn" && { withdrawnBy: state.by, withdrawnAt: state.at }),
    ...(state.kind === "posted" && {
      postedInto: state.journal.billingPeriod,
      approvedBy: state.journal.approvedBy,
      postedAt: state.journal.postedAt,
      seq: String(state.journal.seq),
      hash: state.journal.hash,
    }),
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
