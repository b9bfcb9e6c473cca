import { decimalOfCents } from "@apportion/domain/cents";
import { roundedTenths } from "@apportion/domain/percent";

/** Amounts come as decimal strings and are added up in cents: never as numbers, which would lose some. */

/** `1230.45` → `123045n`; further places are cut, so give it amounts in cents. */
export function centsOf(decimal: string): bigint {
  const [whole = "0", places = ""] = decimal.replace(/^[-+]/, "").split(".");
  const cents = BigInt(whole + places.padEnd(2, "0").slice(0, 2));
  return decimal.startsWith("-") ? -cents : cents;
}

/** In cents, whichever way it goes. */
export function sizeOf(decimal: string): bigint {
  const cents = centsOf(decimal);
  return cents < 0n ? -cents : cents;
}

/** `-1234.5` → `-1,234.50` */
export function grouped(decimal: string): string {
  const [whole = "0", places = ""] = decimal.split(".");
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${places.padEnd(2, "0")}`;
}

/** With its sign always, but of nothing. */
export function signed(decimal: string): string {
  return centsOf(decimal) > 0n ? `+${grouped(decimal)}` : grouped(decimal);
}

/** How much more or less, in percent: `+12 %`; undefined where it was nothing before. */
export function changeInPercent(before: bigint, after: bigint): string | undefined {
  if (before === 0n) return undefined;
  const size = before < 0n ? -before : before;
  const tenths = Number(roundedTenths(after - before, size));
  const text =
    Math.abs(tenths) < 100 ? (Math.abs(tenths) / 10).toFixed(1) : String(Math.round(Math.abs(tenths) / 10));
  return `${tenths > 0 ? "+" : tenths < 0 ? "-" : ""}${text} %`;
}

/** An exact amount as it is shown beside cents: rounded, half away from nothing. */
export function exactCents(exact: string): string {
  const [whole = "0", places = ""] = exact.replace("-", "").split(".");
  const thousandths = BigInt(whole + places.padEnd(3, "0").slice(0, 3));
  const cents = (thousandths + 5n) / 10n;
  return decimalOfCents(exact.startsWith("-") ? -cents : cents);
}
