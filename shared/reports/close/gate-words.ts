import type { Gate } from "@apportion/books/ledger/gates";
import { type BillingPeriod, billingPeriodOf, type Day } from "@apportion/domain/period";

/** A gate of a close, as it is read: whether it passed, its name, and what was found. */
export function gateText({ name, passed, says }: Gate): string {
  return `${passed ? "✓" : "✗"} ${name.padEnd(11)} ${says}`;
}

/** What comes by itself with the days of a month that is not over. */
const WAITS = {
  complete: "wait: the month is not over; apportion completeness shows what a day waits for that is",
  agreed: "wait: the bill is read again by itself",
  allocated: "wait: days are allocated as they end",
} as const;

/**
 * The command that says more of a gate that does not pass, or mends it.
 * @param today while the month lasts there is often nothing to mend; absent where it is over
 */
export function remedyOf({ name }: Gate, month: BillingPeriod, today?: Day): string {
  if (today && billingPeriodOf(today) <= month && name in WAITS) return WAITS[name as keyof typeof WAITS];
  switch (name) {
    case "over":
      return "wait until the month has settled";
    case "in-order":
      return "apportion close --month MONTH --check, of the month that is named";
    case "complete":
      return `apportion completeness --month ${month}, then apportion collect for the days that are missing`;
    case "agreed":
      return "apportion collect --source bill --again, or the next reading by itself";
    case "quarantine":
      return "apportion quarantine show ID, then release or drop";
    case "allocated":
      return `apportion allocate --from ${month}-01 and --to the first day of the next month`;
    case "verified":
      return `apportion verify --month ${month}`;
    case "reconciled":
      return `apportion reconcile --month ${month}`;
  }
}
