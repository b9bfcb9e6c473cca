import type { KnownMonth } from "@apportion/books/months/read-months";
import type { QuarantinedReading } from "@apportion/books/readings/quarantined";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { KEPT_APART } from "@apportion/domain/statement";
import type { AdjustedSide } from "@apportion/books/ledger/adjustment";
import { amountText, centsText, dayText, monthText, quantityText } from "@apportion/reports/format";
import type { Decidable } from "./decidable.js";

/** What a decision is about, as it stands in the books. */
export interface Subjects {
  readonly months: readonly KnownMonth[];
  readonly readings: readonly QuarantinedReading[];
  readonly currency: string;
  readonly teams: readonly { readonly id: string; readonly name: string }[];
}

/** So many payers are named of a month that is decided again. */
const NAMED_MAX = 4;

/** What is decided: `Close November 2026`. */
export function titleOf({ act, about, adjustment, decision }: Decidable, subjects: Subjects): string {
  const { readings, currency } = subjects;
  if (adjustment)
    return `Move ${centsText(adjustment.cents, currency)} from ${payerText(adjustment.from, subjects)} to ${payerText(adjustment.to, subjects)}`;
  if (decision) return `Decide ${monthText(decision.month)} again`;
  if (act === "close") return `Close ${monthText(about as BillingPeriod)}`;
  const reading = readings.find(({ id }) => id === about);
  const named = reading
    ? `${reading.dataset} of ${reading.source}, ${reading.scope}, ${dayText(reading.period_start.slice(0, 10) as Day)}`
    : about;
  return `${act === "release" ? "Release" : "Drop"} ${named}`;
}

/** What it does once it is approved. */
export function effectOf({ act, about, adjustment, decision }: Decidable, subjects: Subjects): string {
  const { months, readings, currency } = subjects;
  if (adjustment) {
    const amount = centsText(adjustment.cents, currency);
    const of = ({ period }: AdjustedSide): string => monthText(period);
    return `${payerText(adjustment.from, subjects)} pays ${amount} less for ${of(adjustment.from)}, ${payerText(adjustment.to, subjects)} as much more for ${of(adjustment.to)}; it is posted into the open month.`;
  }
  if (decision) {
    const named = decision.payers.slice(0, NAMED_MAX).map(({ payer, difference }) => {
      const isPool = KEPT_APART.find((each) => each === payer);
      const name = payerText({ ownerKind: isPool ?? "team", teamId: isPool ? "" : payer }, subjects);
      const amount = centsText(difference < 0n ? -difference : difference, currency);
      return `${name} pays ${amount} ${difference < 0n ? "less" : "more"}`;
    });
    const rest = decision.payers.length - named.length;
    const others = rest > 0 ? ` and ${rest} more` : "";
    const says = named.length === 0 ? "everybody pays the same, by other lines" : named.join(", ");
    return `Under the owners and policies of when it was proposed ${says}${others}; it is posted into the open month.`;
  }
  if (act === "close") {
    const month = months.find((each) => each.month === about);
    const amount = month ? amountText(month.allocated, currency) : "what is allocated";
    return `${amount} is charged and posted to the ledger. What sources say later is charged as a correction of a later month; nothing that is posted changes.`;
  }
  const reading = readings.find(({ id }) => id === about);
  if (!reading) return "";
  const said = (amount: string): string =>
    reading.dataset === "cost" || reading.dataset === "bill"
      ? amountText(parsePicos(amount), currency)
      : `${quantityText(parsePicos(amount))} ${reading.unit}`.trimEnd();
  return act === "release"
    ? `${said(reading.amount)} counts for its period instead of ${said(reading.visible_amount)}, and its days are allocated again.`
    : `${said(reading.visible_amount)} goes on to count for its period; the reading never does.`;
}

/** As statements call them. */
function payerText(
  { ownerKind, teamId }: Pick<AdjustedSide, "ownerKind" | "teamId">,
  { teams }: Subjects,
): string {
  switch (ownerKind) {
    case "team":
      return teams.find(({ id }) => id === teamId)?.name ?? teamId;
    case "idle":
      return "idle capacity";
    case "corporate":
      return "the company";
    case "unallocated":
      return "what is nobody's";
  }
}
