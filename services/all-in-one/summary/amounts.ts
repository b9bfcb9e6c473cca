import { parsePicos } from "@apportion/domain/money";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";

/** `1230n` → `"12.30"` */
export function centsText(cents: bigint): string {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, "0");
  return `${cents < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** `1234.5` → `1,234.50 USD`. */
export function formatAmount(amount: string, currency: string): string {
  const cents = roundedDivision(parsePicos(amount), PICOS_PER_CENT);
  return `${centsText(cents).replace(/\B(?=(\d{3})+\.)/g, ",")} ${currency}`;
}
