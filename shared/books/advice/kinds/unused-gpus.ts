import type { ContainerUse } from "../container-use.js";
import type { EvidenceQuantity, Finding } from "../finding.js";
import { type CostHistory, type HistoryDay, isSane, lastDaysThat, type Measured, sumOf } from "../history.js";
import { kubectl, workloadWord } from "../paste.js";
import { isJob, subjectOf } from "../workload-subject.js";

/** Days on end on which the GPUs did nothing. */
const DAYS_MIN = 3;
/** Utilisation in percent up to which a GPU does nothing: what an idle process and its driver come to. */
const UNUSED_PERCENT_MAX = 5n;
const ONE = 10n ** 12n;

/**
 * GPUs that are held and not used: `gpu_usage_hours ≤ 5 % of gpu_hours` on each of the last days on which it ran, three at least.
 * Where the utilisation reading has the exporter's own utilisation of its containers it decides: 5 % at most on each of its days, on three days at least; costs may then say so of longer.
 * Saving: the GPU cost of these days, as freed capacity; a job counts by the days and hours on which it ran.
 * Said only where the cluster's exporter (DCGM) is known to measure: a utilisation that is only ever 0 or 100 % says nothing.
 * Sources: `utilisation_facts` (DCGM_FI_DEV_GPU_UTIL); `cells`, from `gpuHours` and `gpuUsageAverage` of the Allocation API (https://www.opencost.io/docs/integrations/api).
 */
export function unusedGpus(
  history: CostHistory,
  measured: Measured,
  uses: readonly ContainerUse[] = [],
): Finding | undefined {
  const read = uses.filter(({ gpuShare }) => gpuShare !== undefined);
  if (history.kind !== "workload" || (!measured.gpu && read.length === 0)) return undefined;
  const withGpus = history.days.filter((day) => day.gpuHours > 0n);
  // One that holds none today has given them back.
  if (withGpus.at(-1)?.day !== history.days.at(-1)?.day) return undefined;
  const unused = unusedDays(withGpus, measured, read);
  const [first] = unused;
  const last = unused.at(-1);
  if (!first || !last || unused.length < DAYS_MIN) return undefined;
  return {
    kind: "unused-gpus",
    subject: subjectOf(history),
    since: first.day,
    until: last.day,
    quantities: [
      { what: "held", picos: sumOf(unused, "gpuHours"), unit: "GPU-hours" },
      ...usedOf(unused, read),
      { what: "GPU cost", picos: sumOf(unused, "gpuCost"), unit: "currency" },
    ],
    change: changeOf(history),
    cash: 0n,
    freed: sumOf(unused, "gpuCost"),
    confidence: unused.length >= 2 * DAYS_MIN ? "high" : "medium",
    because: `the GPUs were used for 5 % or less of their time on each of ${unused.length} days on which it ran`,
    risk: "What starts on the GPU seldom, such as a fallback model, fails without it. Freed GPUs are cash once their node goes.",
  };
}

function isUnused(day: HistoryDay): boolean {
  return isSane(day) && day.gpuUsageHours * 100n <= day.gpuHours * UNUSED_PERCENT_MAX;
}

/** Where the reading says that nothing was used, costs may say so of longer than its eight days; where it says otherwise, they are not asked. */
function unusedDays(
  withGpus: readonly HistoryDay[],
  measured: Measured,
  read: readonly ContainerUse[],
): readonly HistoryDay[] {
  const byCosts = measured.gpu ? lastDaysThat(withGpus, isUnused) : [];
  if (read.length === 0) return byCosts;
  const byReading = unusedByReading(withGpus, read);
  return byReading.length >= DAYS_MIN && byCosts.length > byReading.length ? byCosts : byReading;
}

/** Of so many of the last days as were read; none where a container used its GPUs. */
function unusedByReading(
  withGpus: readonly HistoryDay[],
  read: readonly ContainerUse[],
): readonly HistoryDay[] {
  if (read.some(({ gpuShare = 0n }) => gpuShare * 100n > ONE * UNUSED_PERCENT_MAX)) return [];
  return lastDaysThat(withGpus, isSane).slice(-Math.min(...read.map(({ days }) => days)));
}

/** As it was measured: what costs say of use may be an exporter's default. */
function usedOf(days: readonly HistoryDay[], read: readonly ContainerUse[]): EvidenceQuantity[] {
  if (read.length === 0) return [{ what: "used", picos: sumOf(days, "gpuUsageHours"), unit: "GPU-hours" }];
  const most = read.reduce((max, { gpuShare = 0n }) => (gpuShare > max ? gpuShare : max), 0n);
  return [{ what: "used at most", picos: (sumOf(days, "gpuHours") * most) / ONE, unit: "GPU-hours" }];
}

function changeOf(history: CostHistory): string {
  if (isJob(history))
    return [
      "# In the manifest of the job: a running one cannot be changed.",
      "resources:",
      "  limits:",
      '    nvidia.com/gpu: "0"',
    ].join("\n");
  return `${kubectl(history)} set resources ${workloadWord(history)} --limits=nvidia.com/gpu=0 --requests=nvidia.com/gpu=0`;
}
