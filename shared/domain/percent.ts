import { roundTogether } from "./split.js";

/** How parts of a whole are said in percent: here alone, so that a mail, a command and a page round alike. */

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

/** `1000 × part ÷ whole`, rounded half away from zero: tenths of a percent, for who writes them otherwise. The whole is not 0. */
export function roundedTenths(part: bigint, whole: bigint): bigint {
  const half = part < 0n === whole < 0n ? whole : -whole;
  return (part * 2000n + half) / (whole * 2n);
}

function tenthsText(tenths: bigint): string {
  const magnitude = tenths < 0n ? -tenths : tenths;
  const whole = (magnitude / 10n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  return `${tenths < 0n ? "-" : ""}${whole}.${magnitude % 10n} %`;
}

/** For the widths of bars only: `part ÷ whole` within [0, 1]. */
export function ratioOf(part: bigint, whole: bigint): number {
  if (whole <= 0n || part <= 0n) return 0;
  return part >= whole ? 1 : Number((part * 10_000n) / whole) / 10_000;
}
