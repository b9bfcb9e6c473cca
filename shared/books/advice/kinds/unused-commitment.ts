import { addDays } from "@apportion/domain/period";
import { isCommitment } from "@apportion/domain/record-types";
import type { Finding } from "../finding.js";
import { type CostHistory, isSane, sumOf } from "../history.js";

/** Days on which a part of it was unused. */
const DAYS_MIN = 7;

/**
 * Commitments that nobody used: what amortized lines of the bill leave on savings plans and reservations beyond the usage that they cover. It is freed and no cash: it is paid
 * until it ends, so it saves what is moved under it, and ends with it where it is not renewed.
 * Source: `effective_cost` of cells of kind `bill` with a record type of commitments, the pool `unused-commitment` of statements.
 */
export function unusedCommitment(history: CostHistory): Finding | undefined {
  if (history.kind !== "bill" || !isCommitment(history.recordType)) return undefined;
  const days = history.days.filter((day) => isSane(day) && day.cost > 0n);
  const [first] = days;
  const last = days.at(-1);
  if (!first || !last || days.length < DAYS_MIN) return undefined;
  const { account, service, recordType } = history;
  const period = `Start=${first.day},End=${addDays(last.day, 1)}`;
  const isPlan = recordType.startsWith("SavingsPlan");
  return {
    kind: "unused-commitment",
    subject: {
      cluster: "",
      namespace: "",
      controllerKind: "",
      controller: "",
      billLine: [account, service, recordType],
    },
    since: first.day,
    until: last.day,
    quantities: [{ what: "unused", picos: sumOf(days, "cost"), unit: "currency" }],
    change: isPlan
      ? `aws ce get-savings-plans-utilization --time-period ${period}\n# Move on-demand usage under it, or do not renew that part of it.`
      : `aws ce get-reservation-utilization --time-period ${period}\n# Move on-demand usage under it, exchange it, or do not renew it.`,
    cash: 0n,
    freed: sumOf(days, "cost"),
    confidence: "high",
    because: `the bill says so on ${days.length} days`,
    risk: "It is paid until it ends: what is saved is the on-demand usage that it covers instead.",
  };
}
