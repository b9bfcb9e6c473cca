import type { Day } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import type { AdviceKind } from "./finding.js";

/** What a workload held on a complete day, in units of 10⁻¹² hours, and what that cost, in picos at the statement's price; nothing where it was not there. */
export interface HeldDay {
  readonly day: Day;
  readonly cpu: Held;
  readonly gpu: Held;
  readonly ram: Held;
  /** Volumes and load balancers have no hours in the cells: their list price, which does not move with the bill, stands for their quantity. */
  readonly volumes: Held;
  readonly loadBalancers: Held;
}

export interface Held {
  readonly quantity: bigint;
  readonly cost: bigint;
}

type Resource = Exclude<keyof HeldDay, "day">;

/** What each kind is to save; of the others the cells have no quantity, and nothing is measured. */
const MEASURED: Readonly<Partial<Record<AdviceKind, readonly Resource[]>>> = {
  "unused-gpus": ["gpu"],
  "request-sizes": ["cpu", "ram"],
  "oversized-requests": ["cpu", "ram"],
  "idle-notebook": ["cpu", "ram"],
  "abandoned-workload": ["cpu", "gpu", "ram", "volumes", "loadBalancers"],
  "unmounted-volumes": ["volumes"],
};

export interface RealisedDay {
  readonly day: Day;
  /** In picos; negative on a day on which more was held than before. */
  readonly picos: bigint;
}

/** Whether cells have the quantities that a kind is to save. */
export function isMeasurable(kind: AdviceKind): boolean {
  return MEASURED[kind] !== undefined;
}

/**
 * What was saved on each day since a recommendation was accepted: `(average quantity of the days before − quantity of the day) × price of the day`, for each resource that it was to save.
 * So a cheaper bill is no saving, and a dearer one no loss. Where nothing is held any more there is no price of the day, and the days before give it, `atPriceOf` the day.
 * @param everyDayBefore complete days before, and `since` those after, in order
 * @param atPriceOf what the cost of an earlier day would be on the given one: by the ratio from list price to the bill
 */
export function realisedDays(
  kind: AdviceKind,
  everyDayBefore: readonly HeldDay[],
  since: readonly HeldDay[],
  atPriceOf: (day: Day, cost: bigint, from: Day) => bigint = (_, cost) => cost,
): RealisedDay[] {
  const resources = MEASURED[kind] ?? [];
  const isHeld = (day: HeldDay): boolean => resources.some((resource) => day[resource].quantity > 0n);
  // Days before there was anything say nothing of what it held.
  const firstHeld = everyDayBefore.findIndex(isHeld);
  const before = firstHeld < 0 ? [] : everyDayBefore.slice(firstHeld);
  const count = BigInt(before.length);
  if (count === 0n) return [];
  return since.map((held) => {
    const saved = resources.map((resource) => {
      const used = before.reduce((sum, day) => sum + day[resource].quantity, 0n);
      if (used === 0n) return 0n;
      const less = used - held[resource].quantity * count;
      const { quantity, cost } = held[resource];
      if (quantity > 0n) return roundedDivision(less * cost, count * quantity);
      const costBefore = before.reduce(
        (sum, day) => sum + atPriceOf(held.day, day[resource].cost, day.day),
        0n,
      );
      return roundedDivision(less * costBefore, count * used);
    });
    return { day: held.day, picos: saved.reduce((sum, each) => sum + each, 0n) };
  });
}
