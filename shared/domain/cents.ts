import { formatPicos } from "./money.js";
import { roundedDivision } from "./rounding.js";
import { roundTogether } from "./split.js";
import { PICOS_PER_CENT } from "./statement.js";

/**
 * Exact amounts as a table prints them: in cents that add up to the rounded sum, so that its total is the sum of what is printed.
 * @param cents what they add up to, where that was printed already
 */
export function centsThatFoot(
  picos: readonly bigint[],
  cents = roundedDivision(
    picos.reduce((sum, part) => sum + part, 0n),
    PICOS_PER_CENT,
  ),
): bigint[] {
  return picos.length === 0 ? [] : roundTogether(picos, PICOS_PER_CENT, cents);
}

/** What parts come to, in cents. */
export function sumOfCents(parts: readonly { readonly cents: bigint }[]): bigint {
  return parts.reduce((sum, { cents }) => sum + cents, 0n);
}

/** With both places: `1230n` → `12.30`. */
export function decimalOfCents(cents: bigint): string {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, "0");
  return `${cents < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** For people, with separators between thousands: `123456n` → `1,234.56`. */
export function groupedCents(cents: bigint): string {
  return grouped(decimalOfCents(cents));
}

/** With commas between thousands; `decimal` has at most two places. */
export function grouped(decimal: string): string {
  return decimal.replace(/\B(?=(\d{3})+(\.|$))/g, ",");
}

/** As every exact amount is written in tables and events, without closing zeros: `1230n` → `12.3`. */
export function amountOfCents(cents: bigint): string {
  return formatPicos(cents * PICOS_PER_CENT);
}
