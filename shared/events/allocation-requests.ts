import { chargeDayOf, isExplanation, readingName } from "@apportion/domain/facts";
import { canonicalJson, sha256 } from "@apportion/domain/hash";
import { type BillingPeriod, billingPeriodOf, type Day, daysOf } from "@apportion/domain/period";
import { type AllocationRequested, encodeEvent, type SnapshotSealed } from "./catalogue.js";
import { newTraceparent, type Traceparent } from "./trace.js";

/**
 * Asks for the days whose inputs the snapshots changed: a cost reading changes its day; a usage reading changes every day of
 * its month, because shared cost is split by the usage of the whole month. One request for each month concerned.
 */
export function requestsFor(
  visible: readonly SnapshotSealed[],
  traceparent?: Traceparent,
): ReturnType<typeof encodeEvent>[] {
  const byPeriod = new Map<BillingPeriod, { days: Set<Day>; causes: string[]; latestReadAt: string }>();
  for (const seal of visible) {
    if (isExplanation(seal.dataset)) continue;
    const day = chargeDayOf(seal.chargePeriod);
    const period = billingPeriodOf(day);
    const request = byPeriod.get(period) ?? { days: new Set(), causes: [], latestReadAt: seal.readAt };
    for (const changed of seal.dataset === "usage" ? daysOf(period) : [day]) request.days.add(changed);
    request.causes.push(readingName(seal));
    if (seal.readAt > request.latestReadAt) request.latestReadAt = seal.readAt;
    byPeriod.set(period, request);
  }
  return [...byPeriod].map(([period, { days, causes, latestReadAt }]) => {
    const rest = causes.length > 1 ? ` and ${causes.length - 1} more` : "";
    return allocationRequest(
      period,
      [...days].sort(),
      `${causes[0]}${rest} became visible`,
      new Date(latestReadAt),
      traceparent,
    );
  });
}

export function allocationRequest(
  billingPeriod: BillingPeriod,
  days: readonly Day[],
  reason: string,
  time: Date,
  traceparent: Traceparent = newTraceparent(),
): ReturnType<typeof encodeEvent> {
  const data: AllocationRequested = { billingPeriod, days: [...days], reason: reason.slice(0, 500) };
  return encodeEvent("allocationRequested", data, {
    id: sha256(canonicalJson({ ...data, time: time.toISOString() })).slice(0, 32),
    source: "/apportion/allocator",
    key: billingPeriod,
    subject: billingPeriod,
    time,
    traceparent,
  });
}
