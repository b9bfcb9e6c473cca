import type { BillingPeriod } from "@apportion/domain/period";
import { decodeEvent, EVENTS, unknownEvent } from "./catalogue.js";
import { eventTypeOf } from "./cloud-event.js";

interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
}

/** Months of which a batch of `apportion.allocations.v1` says that days were sealed, each once; and what of it can be read by nobody. */
export function sealedMonths<M extends Message>(
  batch: readonly M[],
  /** With an article, for who reads a dead letter: `the ledger`. */
  service: string,
): {
  readonly months: ReadonlySet<BillingPeriod>;
  readonly deadLetters: { readonly message: M; readonly reason: string }[];
} {
  const months = new Set<BillingPeriod>();
  const deadLetters: { message: M; reason: string }[] = [];
  for (const message of batch) {
    const type = eventTypeOf(message.headers);
    const decoded =
      type === EVENTS.allocationSealed.type
        ? decodeEvent("allocationSealed", message.value)
        : { ok: false as const, reason: unknownEvent(service, type) };
    if (decoded.ok) months.add(decoded.data.billingPeriod as BillingPeriod);
    else deadLetters.push({ message, reason: decoded.reason });
  }
  return { months, deadLetters };
}
