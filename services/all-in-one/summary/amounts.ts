import { formatPicos, parsePicos } from "@apportion/domain/money";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";

/** `1234n` → `"12.34"` */
export function centsText(cents: bigint): string {
  return formatPicos(cents * PICOS_PER_CENT);
}

/** `1234.5` → `1,234.50 USD`. */
export function formatAmount(amount: string, currency: string): string {
  const cents = roundedDivision(parsePicos(amount), PICOS_PER_CENT);
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${cents < 0n ? "-" : ""}${whole}.${digits.slice(-2)} ${currency}`;
}
