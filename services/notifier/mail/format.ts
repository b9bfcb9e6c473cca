import type { BillingPeriod, Day } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { roundTogether } from "@apportion/domain/split";
import { PICOS_PER_CENT } from "@apportion/domain/statement";

/** How numbers and dates look in mails. Independent of the machine's locale, so that a mail has the same text everywhere. */

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const PICOS_PER_UNIT = 10n ** 12n;

/** `123456n` → `USD 1,234.56` */
export function centsText(cents: bigint, currency: string): string {
  return `${currency} ${decimalCents(cents, ",")}`;
}

/** An exact amount on a screen: rounded to cents, half to even. */
export function amountText(picos: bigint, currency: string): string {
  return centsText(roundedDivision(picos, PICOS_PER_CENT), currency);
}

/** An estimate, without cents that nobody knows: `USD 1,415`. */
export function wholeAmountText(picos: bigint, currency: string): string {
  const units = roundedDivision(picos, PICOS_PER_UNIT);
  return `${currency} ${units < 0n ? "-" : ""}${grouped(units < 0n ? -units : units, ",")}`;
}

/** With its sign, for changes: `+USD 12.00`. */
export function changeText(cents: bigint, currency: string): string {
  const magnitude = centsText(cents < 0n ? -cents : cents, currency);
  return cents === 0n ? magnitude : `${cents < 0n ? "-" : "+"}${magnitude}`;
}

/** `123456n` → `1234.56`, or with a separator between thousands. */
export function decimalCents(cents: bigint, separator: "" | "," = ""): string {
  const magnitude = cents < 0n ? -cents : cents;
  const fraction = (magnitude % 100n).toString().padStart(2, "0");
  return `${cents < 0n ? "-" : ""}${grouped(magnitude / 100n, separator)}.${fraction}`;
}

/** A quantity in units of 10⁻¹², with at most two places: `1,000.5`. */
export function quantityText(picos: bigint): string {
  const text = decimalCents(roundedDivision(picos, PICOS_PER_CENT), ",");
  return text.replace(/\.00$/, "").replace(/(\.\d)0$/, "$1");
}

/** `part ÷ whole` with one place, rounded half up. Without a whole there is nothing to say. */
export function percentText(part: bigint, whole: bigint): string {
  return whole === 0n ? "–" : tenthsText(roundedTenths(part, whole));
}

/**
 * Of a budget, rounded half up but never to a threshold, or to all of it, that is not reached: 79.96 % must not read as 80.0 % in a mail
 * that is sent at 80 %.
 */
export function budgetPercentText(
  spent: bigint,
  budget: bigint,
  thresholdsPercent: readonly number[],
): string {
  if (budget === 0n) return "–";
  const rounded = roundedTenths(spent, budget);
  const crossed = [...thresholdsPercent, 100].map((percent) => BigInt(percent) * 10n).includes(rounded);
  return tenthsText(crossed && spent * 1000n < rounded * budget ? rounded - 1n : rounded);
}

/** Parts of a whole in percent with one place, which add up to 100.0 % when the parts add up to the whole; some may be negative. */
export function shareTexts(parts: readonly bigint[], whole: bigint): string[] {
  if (whole === 0n) return parts.map(() => "–");
  const sign = whole < 0n ? -1n : 1n;
  const total = parts.reduce((sum, part) => sum + part, 0n);
  return roundTogether(
    parts.map((part) => part * 1000n * sign),
    whole * sign,
    roundedTenths(total, whole),
  ).map(tenthsText);
}

/** `1000 × part ÷ whole`, rounded half away from zero. */
function roundedTenths(part: bigint, whole: bigint): bigint {
  const half = part < 0n === whole < 0n ? whole : -whole;
  return (part * 2000n + half) / (whole * 2n);
}

function tenthsText(tenths: bigint): string {
  const magnitude = tenths < 0n ? -tenths : tenths;
  return `${tenths < 0n ? "-" : ""}${grouped(magnitude / 10n, ",")}.${magnitude % 10n} %`;
}

/** For the widths of bars only: `part ÷ whole` within [0, 1]. */
export function ratioOf(part: bigint, whole: bigint): number {
  if (whole <= 0n || part <= 0n) return 0;
  return part >= whole ? 1 : Number((part * 10_000n) / whole) / 10_000;
}

/** `2026-11-23` → `23 Nov 2026` */
export function dayText(day: Day): string {
  return `${Number(day.slice(8))} ${monthName(day).slice(0, 3)} ${day.slice(0, 4)}`;
}

/** `2026-11` → `November 2026` */
export function monthText(period: BillingPeriod): string {
  return `${monthName(period)} ${period.slice(0, 4)}`;
}

/** `2026-11` → `November` */
export function monthName(period: string): string {
  return MONTHS[Number(period.slice(5, 7)) - 1] ?? period;
}

/** `1 day`, `7 days` */
export function countText(count: number, noun: string): string {
  return `${grouped(BigInt(count), ",")} ${noun}${count === 1 ? "" : "s"}`;
}

function grouped(value: bigint, separator: "" | ","): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, separator);
}
