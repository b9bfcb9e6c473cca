import type { CostKind } from "@apportion/domain/facts";
import type { Day } from "@apportion/domain/period";

/**
 * What cost something on a complete day. Costs are in picos at the price of the statement of that day, quantities in units of 10⁻¹² hours, as in `cells`.
 */
export interface HistoryDay {
  readonly day: Day;
  readonly cpuCost: bigint;
  readonly gpuCost: bigint;
  readonly ramCost: bigint;
  readonly pvCost: bigint;
  readonly loadBalancerCost: bigint;
  /** Kubecost's estimate of network cost: says whether bytes flowed, never charged. */
  readonly networkInfo: bigint;
  /** All that was charged. */
  readonly cost: bigint;
  readonly cpuHours: bigint;
  readonly cpuRequestHours: bigint;
  readonly cpuUsageHours: bigint;
  readonly gpuHours: bigint;
  readonly gpuUsageHours: bigint;
  readonly ramHours: bigint;
  readonly ramRequestHours: bigint;
  readonly ramUsageHours: bigint;
}

/** A workload, the unmounted volumes of a namespace, a class of its network, a line of the bill: what has cells of its own, and its days in their order. */
export interface CostHistory {
  readonly kind: CostKind;
  readonly cluster: string;
  readonly namespace: string;
  readonly controllerKind: string;
  /** As whoever asks may see it. */
  readonly controller: string;
  readonly teamLabel: string;
  readonly account: string;
  readonly service: string;
  readonly recordType: string;
  readonly networkClass: string;
  readonly days: readonly HistoryDay[];
}

/** What a cluster's readings measure. What is not measured reads as zero, and zero is then no evidence. */
export interface Measured {
  readonly cpu: boolean;
  /** GPU utilisation between nothing and everything was seen: one that is only ever 0 or 100 % is an exporter's default, not a measurement. */
  readonly gpu: boolean;
  readonly ram: boolean;
  readonly network: boolean;
}

export const NOTHING_MEASURED: Measured = { cpu: false, gpu: false, ram: false, network: false };

/** No sum of a day is as large: whatever is beyond is a mistake of its source. */
const HOURS_MAX = 10n ** 9n * 10n ** 12n;

/** Whether the figures of a day can be reasoned with. Credits, negative hours and enormous ones are left out of the evidence. */
export function isSane(day: HistoryDay): boolean {
  const { day: _, ...figures } = day;
  return Object.values(figures).every((figure) => figure >= 0n && figure <= HOURS_MAX);
}

/** The last days on end, of those on which it was there, of which the condition holds. */
export function lastDaysThat(
  days: readonly HistoryDay[],
  holds: (day: HistoryDay) => boolean,
): readonly HistoryDay[] {
  const broken = days.findLastIndex((day) => !holds(day));
  return days.slice(broken + 1);
}

/** Of savings of days in their order: no more than what the late ones would come to on all. What was ten times as large before has not ten times as much to save. */
export function asOfLate(savings: readonly bigint[], lateDays: number): bigint {
  const total = (amounts: readonly bigint[]): bigint => amounts.reduce((all, each) => all + each, 0n);
  const late = savings.slice(-lateDays);
  if (late.length === 0) return 0n;
  const drawnOut = (total(late) * BigInt(savings.length)) / BigInt(late.length);
  return drawnOut < total(savings) ? drawnOut : total(savings);
}

export function sumOf(days: readonly HistoryDay[], figure: Exclude<keyof HistoryDay, "day">): bigint {
  return days.reduce((sum, day) => sum + day[figure], 0n);
}
