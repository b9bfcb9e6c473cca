import type { Finding } from "../finding.js";
import { type CostHistory, type HistoryDay, isSane, lastDaysThat, type Measured, sumOf } from "../history.js";
import { kubectl, workloadWord } from "../paste.js";
import { subjectOf } from "../workload-subject.js";

/** Days on end without work. */
const DAYS_MIN = 14;
/** Of the charged CPU, in percent: what a server that nobody asks anything uses to stay alive. */
const USED_PERCENT_MAX = 2n;
/** And in core-hours of a day, over all its pods: 0.05 cores. */
const USED_CORE_HOURS_MAX = 1_200_000_000_000n;
const UNUSED_GPU_PERCENT_MAX = 5n;

/** Jobs end by themselves, and an agent on each node works for others: neither is abandoned for being quiet. */
const STANDING = ["deployment", "statefulset", "replicaset", ""];

/**
 * Workloads that nobody uses any more: on each of the last 14 days CPU use of at most 2 % of what is charged and 0.05 cores, no bytes that Kubecost priced, and
 * GPUs not used. Saving: CPU, GPU and memory of these days as freed capacity; volumes and load balancers as cash, since they end when they are deleted.
 * Said only where the cluster measures CPU. Where it prices no bytes at all, CPU alone is the evidence, with less confidence; likewise GPUs that are not measured are no evidence, so such a workload is left out.
 * Source: `cells`; the idea is Kubecost's of abandoned workloads (https://docs.kubecost.com/using-kubecost/navigating-the-kubecost-ui/savings/abandoned-workloads), which asks for bytes alone.
 */
export function abandonedWorkload(history: CostHistory, measured: Measured): Finding | undefined {
  if (history.kind !== "workload" || !measured.cpu || !STANDING.includes(history.controllerKind))
    return undefined;
  const quiet = lastDaysThat(history.days, (day) => isSane(day) && isQuiet(day, measured));
  const [first] = quiet;
  const last = quiet.at(-1);
  if (!first || !last || quiet.length < DAYS_MIN) return undefined;
  const freed = sumOf(quiet, "cpuCost") + sumOf(quiet, "gpuCost") + sumOf(quiet, "ramCost");
  const scale = `${kubectl(history)} scale ${workloadWord(history)} --replicas=0`;
  return {
    kind: "abandoned-workload",
    subject: subjectOf(history),
    since: first.day,
    until: last.day,
    quantities: [
      { what: "CPU charged", picos: sumOf(quiet, "cpuHours"), unit: "core-hours" },
      { what: "CPU used", picos: sumOf(quiet, "cpuUsageHours"), unit: "core-hours" },
      { what: "cost", picos: sumOf(quiet, "cost"), unit: "currency" },
    ],
    change:
      history.controllerKind === ""
        ? `${kubectl(history)} delete ${workloadWord(history)}`
        : `${scale}\n# After a week in which nobody missed it, delete it with its Service and its volumes.`,
    cash: sumOf(quiet, "pvCost") + sumOf(quiet, "loadBalancerCost"),
    freed,
    confidence: measured.network ? "high" : "medium",
    because: `on each of ${quiet.length} days it used next to no CPU${measured.network ? " and no priced network" : "; its bytes are not measured"}`,
    risk: "What stands by for an emergency or the end of a quarter looks the same. Its configuration and data stay while it is scaled to nothing.",
  };
}

function isQuiet(day: HistoryDay, measured: Measured): boolean {
  const isAwake =
    day.cpuUsageHours > USED_CORE_HOURS_MAX || day.cpuUsageHours * 100n > day.cpuHours * USED_PERCENT_MAX;
  const usesGpus =
    day.gpuHours > 0n && (!measured.gpu || day.gpuUsageHours * 100n > day.gpuHours * UNUSED_GPU_PERCENT_MAX);
  return day.cpuHours > 0n && !isAwake && !usesGpus && day.networkInfo === 0n;
}
