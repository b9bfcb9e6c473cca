import type { Category } from "@apportion/domain/category";
import { centsThatFoot } from "@apportion/domain/cents";
import { compareSizes, parsePicos } from "@apportion/domain/money";
import type { EffectSum, PrintedMovement } from "../compare/comparison.js";
import { EFFECTS, type Movement } from "../compare/movement.js";
import { type PeriodCosts, splitDifference } from "../compare/split-difference.js";
import { NotAsAllocatedError } from "../compare/period-sum.js";
import type { AnomalyFloors, Found } from "./find-anomalies.js";
import type { Mark } from "./marks.js";
import { ownerOf } from "../months/month.js";

/** A day of a team and category that is outside of what was expected, with what did it. Amounts in picos. */
export interface Anomaly extends Omit<Found, "against"> {
  /** What the day cost, exactly. */
  readonly cost: bigint;
  /** The day with which it is compared, and what that cost. */
  readonly against: Found["against"];
  readonly before: bigint;
  /** What each reason comes to: together `cost` less `before`, exactly and in cents. In the order of `EFFECTS`. */
  readonly effects: readonly EffectSum[];
  /** The same by workload and pool, the largest first, with every name. */
  readonly movements: readonly PrintedMovement[];
  /** Where somebody expected it. */
  readonly mark?: Mark;
}

/** Both days of anomalies, as `compare` sums them. */
export interface ComparedCosts {
  readonly before: PeriodCosts;
  readonly after: PeriodCosts;
}

/**
 * What did each of some anomalies of one day, compared with the same day. Of those that are within their intervals only those are kept of which as much came and went as would be
 * said: series do not tell whose a workload is where several teams own what runs in a namespace, nor know the bill's price.
 * @throws NotAsAllocatedError when the parts do not add up
 */
export function explainAnomalies(
  found: readonly Found[],
  { before, after }: ComparedCosts,
  floors: AnomalyFloors,
): Anomaly[] {
  const movements = splitDifference(before, after);
  return found.flatMap((each): Anomaly[] => {
    const payer = ownerOf("team", each.team);
    const own = (movements.get(payer) ?? []).filter(({ category }) => category === each.category);
    const [cost, was] = [after, before].map((side) => costOf(side, payer, each.category));
    const anomaly = anomalyOf(each, own, cost ?? 0n, was ?? 0n);
    return each.direction === "within" && !isSwappedBy(own, floorOf(each, floors)) ? [] : [anomaly];
  });
}

function anomalyOf(found: Found, own: readonly Movement[], cost: bigint, before: bigint): Anomaly {
  const moved = own.reduce((sum, { picos }) => sum + picos, 0n);
  if (moved !== cost - before)
    throw new NotAsAllocatedError(
      `What was found of ${found.team}'s ${found.category} on ${found.day} comes to ${moved} × 10⁻¹², and its cost differs by ${cost - before} × 10⁻¹²`,
    );
  const cents = centsThatFoot(own.map(({ picos }) => picos));
  const movements = own
    .map((movement, at) => ({ ...movement, cents: cents[at] ?? 0n }))
    .toSorted((a, b) => compareSizes(a.picos, b.picos));
  const effects = EFFECTS.flatMap((effect): EffectSum[] => {
    const ofEffect = movements.filter((each) => each.effect === effect);
    const sum = (of: "picos" | "cents"): bigint => ofEffect.reduce((total, each) => total + each[of], 0n);
    return ofEffect.length === 0 ? [] : [{ effect, picos: sum("picos"), cents: sum("cents") }];
  });
  return { ...found, cost, before, effects, movements };
}

function costOf({ workloads, pools, rest }: PeriodCosts, payer: string, category: Category): bigint {
  let sum = 0n;
  for (const { byPayer } of workloads.values()) sum += byPayer.get(payer)?.get(category)?.cost ?? 0n;
  for (const each of [...pools.values(), ...rest.values()])
    if (each.category === category) sum += each.byPayer.get(payer) ?? 0n;
  return sum;
}

function floorOf({ expected }: Found, { atLeast, atLeastPercent }: AnomalyFloors): bigint {
  const [absolute, relative] = [
    parsePicos(atLeast),
    ((expected < 0n ? -expected : expected) * BigInt(Math.round(atLeastPercent * 100))) / 10_000n,
  ];
  return absolute > relative ? absolute : relative;
}

/** Whether what came and what went, each subject for itself, make up for each other by so much. */
function isSwappedBy(movements: readonly Movement[], floor: bigint): boolean {
  const bySubject = new Map<string, bigint>();
  for (const { subject, picos } of movements) {
    const key = JSON.stringify(subject);
    bySubject.set(key, (bySubject.get(key) ?? 0n) + picos);
  }
  const sums = [...bySubject.values()];
  const more = sums.reduce((sum, picos) => (picos > 0n ? sum + picos : sum), 0n);
  const less = sums.reduce((sum, picos) => (picos < 0n ? sum - picos : sum), 0n);
  return more >= floor && less >= floor;
}
