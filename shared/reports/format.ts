import { grouped, groupedCents } from "@apportion/domain/cents";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";

/** How numbers and dates look. Independent of the machine's locale, so that a mail has the same text everywhere. */

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
  return `${currency} ${groupedCents(cents)}`;
}

/** An exact amount on a screen: rounded to cents, half to even. */
export function amountText(picos: bigint, currency: string): string {
  return centsText(roundedDivision(picos, PICOS_PER_CENT), currency);
}

/** What one of something costs, to a hundredth of a cent: `USD 0.0316`. */
export function priceText(picos: bigint, currency: string): string {
  const parts = roundedDivision(picos < 0n ? -picos : picos, PICOS_PER_CENT / 100n)
    .toString()
    .padStart(5, "0");
  return `${currency} ${picos < 0n ? "-" : ""}${grouped(parts.slice(0, -4))}.${parts.slice(-4)}`;
}

/** An estimate, without cents that nobody knows: `USD 1,415`. */
export function wholeAmountText(picos: bigint, currency: string): string {
  const units = roundedDivision(picos, PICOS_PER_UNIT);
  return `${currency} ${grouped(units.toString())}`;
}

/** With its sign, for changes: `+USD 12.00`. */
export function changeText(cents: bigint, currency: string): string {
  const magnitude = centsText(cents < 0n ? -cents : cents, currency);
  return cents === 0n ? magnitude : `${cents < 0n ? "-" : "+"}${magnitude}`;
}

/** In a terminal: `1234.5` → `1,234.50 USD`. */
export function formatAmount(amount: string, currency: string): string {
  return `${groupedCents(roundedDivision(parsePicos(amount), PICOS_PER_CENT))} ${currency}`;
}

/** A quantity in units of 10⁻¹², with at most two places: `1,000.5`. */
export function quantityText(picos: bigint): string {
  const text = groupedCents(roundedDivision(picos, PICOS_PER_CENT));
  return text.replace(/\.00$/, "").replace(/(\.\d)0$/, "$1");
}

/** `2026-11-23` → `23 Nov 2026` */
export function dayText(day: Day): string {
  return `${Number(day.slice(8))} ${monthName(day).slice(0, 3)} ${day.slice(0, 4)}`;
}

/** `2026-11-07` → `7 November 2026` */
export function longDayText(day: Day): string {
  return `${Number(day.slice(8))} ${monthName(day)} ${day.slice(0, 4)}`;
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
  return `${grouped(String(count))} ${noun}${count === 1 ? "" : "s"}`;
}
