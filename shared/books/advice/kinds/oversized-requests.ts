import type { Finding } from "../finding.js";
import { type CostHistory, type HistoryDay, isSane, lastDaysThat, type Measured, sumOf } from "../history.js";
import { yamlText } from "../paste.js";
import { isJob, subjectOf } from "../workload-subject.js";

/** Days on end, of those on which it ran: since it was last busy, or got other requests. */
const DAYS_MIN = 7;
/** What is beyond so many times the average use is spare. Averages hide peaks: half is left for them. */
const TIMES_USED = 2n;
/** Of the cost of CPU and memory, spare in percent from which requests are far above use. */
const SPARE_PERCENT_MIN = 50n;

/**
 * Requests far above use. Spare of a day: `min(request, charged) − 2 × average use` hours, at the price of the day's charged hours, of CPU and of
 * memory each where the cluster measures it; said where half of the cost of both is spare on each of the last days on which it ran, seven at least. It is capacity that is freed and no cash: smaller requests
 * save nothing until nodes go. It gives no sizes: those need percentiles of CPU and the maximum of memory, and cells have averages
 * (memory cut to an average gets pods killed: https://github.com/kubernetes/autoscaler/issues/2016).
 * Source: `cells`, from the averages of request and use of the Allocation API. Jobs count by the hours that they ran.
 */
export function oversizedRequests(history: CostHistory, measured: Measured): Finding | undefined {
  if (history.kind !== "workload" || !measured.cpu) return undefined;
  const days = lastDaysThat(history.days, (day) => isSane(day) && isFarAbove(day, measured));
  const [first] = days;
  const last = days.at(-1);
  if (!first || !last || days.length < DAYS_MIN) return undefined;
  const cpu = days.reduce((sum, day) => sum + spareCpuOf(day), 0n);
  const ram = measured.ram ? days.reduce((sum, day) => sum + spareRamOf(day), 0n) : 0n;
  return {
    kind: "oversized-requests",
    subject: subjectOf(history),
    since: first.day,
    until: last.day,
    quantities: [
      { what: "CPU requested", picos: sumOf(days, "cpuRequestHours"), unit: "core-hours" },
      { what: "CPU used on average", picos: sumOf(days, "cpuUsageHours"), unit: "core-hours" },
      { what: "memory requested", picos: sumOf(days, "ramRequestHours"), unit: "GiB-hours" },
      { what: "memory used on average", picos: sumOf(days, "ramUsageHours"), unit: "GiB-hours" },
      { what: "spare CPU", picos: cpu, unit: "currency" },
      { what: "spare memory", picos: ram, unit: "currency" },
    ],
    change: changeOf(history),
    cash: 0n,
    freed: cpu + ram,
    confidence: "medium",
    because: `more than twice the average use was requested over ${days.length} days on which it ran; how high the peaks are is not measured`,
    risk: "No sizes are given: CPU needs its 95th percentile and memory its maximum of 8 days, which are not read here. Memory below a peak gets pods killed.",
  };
}

function isFarAbove(day: HistoryDay, measured: Measured): boolean {
  const cost = day.cpuCost + (measured.ram ? day.ramCost : 0n);
  const spare = spareCpuOf(day) + (measured.ram ? spareRamOf(day) : 0n);
  return cost > 0n && spare * 100n >= cost * SPARE_PERCENT_MIN;
}

function spareCpuOf({ cpuCost, cpuHours, cpuRequestHours, cpuUsageHours }: HistoryDay): bigint {
  return spareOf(cpuCost, cpuHours, cpuRequestHours, cpuUsageHours);
}

function spareRamOf({ ramCost, ramHours, ramRequestHours, ramUsageHours }: HistoryDay): bigint {
  return spareOf(ramCost, ramHours, ramRequestHours, ramUsageHours);
}

function spareOf(cost: bigint, charged: bigint, requested: bigint, used: bigint): bigint {
  const spare = (requested < charged ? requested : charged) - TIMES_USED * used;
  return spare <= 0n || charged === 0n ? 0n : (cost * spare) / charged;
}

const API_KINDS: Readonly<Record<string, string>> = {
  deployment: "Deployment",
  statefulset: "StatefulSet",
  daemonset: "DaemonSet",
  replicaset: "ReplicaSet",
  cronjob: "CronJob",
};

/** What measures the sizes, and changes none. */
function changeOf(history: CostHistory): string {
  const kind = API_KINDS[history.controllerKind];
  if (isJob(history) || kind === undefined)
    return "# Measure a run first: the 95th percentile of its CPU and the maximum of its memory; then lower resources.requests in its manifest.";
  return [
    "# Measures and proposes sizes, and changes none (needs the Vertical Pod Autoscaler); read them after 8 days.",
    "apiVersion: autoscaling.k8s.io/v1",
    "kind: VerticalPodAutoscaler",
    "metadata:",
    `  name: ${yamlText(history.controller)}`,
    `  namespace: ${yamlText(history.namespace)}`,
    "spec:",
    `  targetRef: { apiVersion: ${kind === "CronJob" ? "batch/v1" : "apps/v1"}, kind: ${kind}, name: ${yamlText(history.controller)} }`,
    '  updatePolicy: { updateMode: "Off" }',
  ].join("\n");
}
