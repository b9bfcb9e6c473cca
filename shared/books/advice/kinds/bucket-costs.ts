import type { Finding } from "../finding.js";
import { type CostHistory, type HistoryDay, isSane } from "../history.js";

const DAYS_MIN = 7;
/** In evidence and in text that is pasted; those behind them come up once these are mended. */
export const BUCKETS_NAMED = 5;

/** What S3 billed of a team tag on days that cost something, seven at least: the bill tells buckets by tag, and not one by one. */
export function bucketCosts(
  history: CostHistory,
): (Pick<Finding, "subject" | "since" | "until"> & { readonly days: readonly HistoryDay[] }) | undefined {
  const days = history.days.filter((day) => isSane(day) && day.cost > 0n);
  const [first] = days;
  const last = days.at(-1);
  if (history.kind !== "object-storage" || !first || !last || days.length < DAYS_MIN) return undefined;
  const { account, service, teamLabel } = history;
  const billLine = [account, service, teamLabel];
  const subject = { cluster: "", namespace: "", controllerKind: "", controller: "", billLine };
  return { days, subject, since: first.day, until: last.day };
}
