import type { Day } from "@apportion/domain/period";
import { centsText, countText, dayText } from "../format.js";
import type { TeamReport } from "./compose.js";

/** Days that are named before the sentence gets too long. */
const DAYS_NAMED = 3;

/** What is not as it should be with the figures, an item each; one that says that all is well where nothing is. */
export function qualityItems({
  quality,
  unsettledCents,
  currency,
}: Pick<TeamReport, "quality" | "unsettledCents" | "currency">): string[] {
  const { withoutData, byFallback, atListPriceCents, notSettled, quarantined } = quality;
  const amount = (cents: bigint): string => centsText(cents, currency);
  const items = [
    ...(withoutData.length > 0 ? [`No data: ${daysText(withoutData)}.`] : []),
    ...(notSettled.length > 0
      ? [`Not settled, so it can still change: ${daysText(notSettled)}, ${amount(unsettledCents)}.`]
      : []),
    ...(byFallback.days.length > 0
      ? [
          `Split by a fallback: ${amount(byFallback.cents)} of shared services on ${daysText(byFallback.days)}, because ${byFallback.reasons.join("; ")}.`,
        ]
      : []),
    ...(atListPriceCents > 0n
      ? [`At list price, because no bill has it, or not yet: ${amount(atListPriceCents)}.`]
      : []),
    ...(quarantined > 0
      ? [
          quarantined === 1
            ? "1 reading of the month is not counted until somebody decides on it; it may be another team's."
            : `${countText(quarantined, "reading")} of the month are not counted until somebody decides on them; they may be other teams'.`,
        ]
      : []),
  ];
  return items.length > 0
    ? items
    : ["Every day has data and is settled, and everything was split as the policies say."];
}

function daysText(days: readonly Day[]): string {
  return days.length <= DAYS_NAMED ? days.map(dayText).join(", ") : countText(days.length, "day");
}
