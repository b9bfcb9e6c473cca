import type { Finding } from "../finding.js";
import { type CostHistory, isSane, lastDaysThat, sumOf } from "../history.js";
import { kubectl } from "../paste.js";
import { subjectOf } from "../workload-subject.js";

/** Days on end: a rollout, or a job between two runs, leaves volumes alone for less. */
const DAYS_MIN = 7;

/**
 * Volumes that no pod mounts (`__unmounted__` of the Allocation API), of a namespace together: their cost on the last days on end, seven at least, all of it cash, since a
 * volume is paid for until it is deleted. Source: `pv_cost` of cells of kind `unmounted`.
 */
export function unmountedVolumes(history: CostHistory): Finding | undefined {
  if (history.kind !== "unmounted") return undefined;
  const days = lastDaysThat(history.days, (day) => isSane(day) && day.pvCost > 0n);
  const [first] = days;
  const last = days.at(-1);
  if (!first || !last || days.length < DAYS_MIN) return undefined;
  return {
    kind: "unmounted-volumes",
    subject: subjectOf(history),
    since: first.day,
    until: last.day,
    quantities: [{ what: "volumes", picos: sumOf(days, "pvCost"), unit: "currency" }],
    change: changeOf(history),
    cash: sumOf(days, "pvCost"),
    freed: 0n,
    confidence: "high",
    because: `no pod mounted them on ${days.length} days on end`,
    risk: "A volume that is deleted takes its data along: take a snapshot of what may be asked for.",
  };
}

function changeOf(history: CostHistory): string {
  const ask = kubectl(history);
  if (history.namespace === "")
    return [`${ask} get pv   # those that are Released or Available`, `${ask} delete pv NAME`].join("\n");
  return [
    `${ask} describe pvc | grep -E '^(Name|Used By):'   # those that are used by <none>`,
    `${ask} delete pvc NAME`,
  ].join("\n");
}
