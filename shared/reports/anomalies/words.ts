import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import type { Mark } from "@apportion/books/anomalies/marks";
import { categoryName } from "@apportion/domain/category";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import type { Registry } from "@apportion/domain/tenancy";
import { effectName, movementDetail, movementName } from "../compare/words.js";
import { withoutNames } from "@apportion/books/compare/hidden";
import { amountText, changeText, dayText, wholeAmountText } from "../format.js";

/** As everybody may see it: names of protected workloads hidden. */
export function withoutProtectedNames(anomaly: Anomaly): Anomaly {
  return { ...anomaly, movements: withoutNames(anomaly.movements) };
}

/** `GPU of search on 14 Nov 2026: USD 900.00, expected about USD 500 (USD 440 to USD 560)` */
export function anomalyHeadline(
  { team, category, day, direction, cost, expected, low, high }: Anomaly,
  currency: string,
): string {
  const about = `about ${wholeAmountText(expected, currency)}`;
  const [from, to] = [low, high].map((end) => wholeAmountText(end, currency));
  const range = from === to ? about : `${about} (${from} to ${to})`;
  const hidden = direction === "within" ? ", but not what came and what went" : "";
  return `${categoryName(category)} of ${team} on ${dayText(day)}: ${amountText(cost, currency)}, expected ${range}${hidden}`;
}

/** `+USD 420.00 from 7 Nov 2026: new workloads +USD 400.00, usage +USD 20.00` */
export function anomalyCauses(
  { against, before, cost, effects }: Anomaly,
  currency: string,
): string {
  const difference = changeText(roundedDivision(cost - before, PICOS_PER_CENT), currency);
  const parts = effects
    .toSorted((a, b) => Number(sizeOf(b.picos) - sizeOf(a.picos)))
    .map(({ effect, cents }) => `${effectName(effect)} ${changeText(cents, currency)}`);
  return `${difference} from ${dayText(against)}: ${parts.join(", ") || "nothing differs"}`;
}

/** What moved most, down to workloads: `usage: GPU of eu-1/search/train +USD 20.00 (48 → 50 GPU-hours)` */
export function anomalyMovements(
  { movements }: Anomaly,
  { registry, currency }: { readonly registry: Pick<Registry, "sharedServices">; readonly currency: string },
): string[] {
  return movements
    .filter(({ cents }) => cents !== 0n)
    .map((movement) => {
      const detail = movementDetail(movement);
      return `${effectName(movement.effect)}: ${movementName(movement, registry)} ${changeText(movement.cents, currency)}${detail === "" ? "" : ` (${detail})`}`;
    });
}

/** `expected by ann on 27 Nov 2026: a reindexing; the like until 10 Dec 2026 too` */
export function markText({ by, at, reason, until }: Mark): string {
  const day = dayText(at.slice(0, 10) as Anomaly["day"]);
  return `expected by ${by} on ${day}: ${reason}${until === undefined ? "" : `; the like too, until ${dayText(until)}`}`;
}

function sizeOf(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
