import type { Day } from "@apportion/domain/period";
import type { Finding } from "../finding.js";
import { type CostHistory, type HistoryDay, isSane, lastDaysThat, type Measured, sumOf } from "../history.js";
import { kubectl } from "../paste.js";
import type { RunHours } from "../run-hours.js";

/** Days on end, of those on which GPUs were held. */
const DAYS_MIN = 7;
/** GPUs that a run can have at once: those of the largest node that clouds rent (https://aws.amazon.com/ec2/instance-types/). MLflow does not say how many it has. */
const GPUS_OF_A_RUN = 8n;
/** Of the GPU-hours held, in percent, from which it is said. */
const SPARE_PERCENT_MIN = 50n;

/** GPUs of a team's namespace, by day. */
export interface GpuPlace {
  readonly cluster: string;
  readonly namespace: string;
  readonly team: string;
  readonly days: ReadonlyMap<Day, HistoryDay>;
}

/** With the GPUs of one more workload. */
export function withGpusOf(before: GpuPlace | undefined, history: CostHistory, team: string): GpuPlace {
  const days = new Map(before?.days);
  for (const day of history.days) {
    if (day.gpuHours <= 0n || !isSane(day)) continue;
    const sum = days.get(day.day);
    days.set(day.day, {
      ...day,
      gpuHours: day.gpuHours + (sum?.gpuHours ?? 0n),
      gpuUsageHours: day.gpuUsageHours + (sum?.gpuUsageHours ?? 0n),
      gpuCost: day.gpuCost + (sum?.gpuCost ?? 0n),
    });
  }
  return { cluster: history.cluster, namespace: history.namespace, team, days };
}

/**
 * GPUs that a team holds while none of its runs can use them. Spare of a day: `GPU-hours held in the namespace − 8 × hours in runs of the team`, or less the GPU-hours that were measured as
 * used where that is less, at the price of the day's GPU-hours; said where half and more is spare on each of the last seven days on which GPUs were held and runs were read. Each run counts for eight
 * GPUs from its start to its end, and all of the team's for each of its namespaces: what is left is certainly outside of runs. Said only of teams that have runs, and without workloads about
 * which something else is said. Freed and no cash. Sources: `cells`, and a meter of MLflow with `counts: run-hours` (https://mlflow.org/docs/latest/rest-api.html, Search Runs).
 */
export function gpusOutsideRuns(
  place: GpuPlace,
  runHours: RunHours,
  { gpu: isMeasured }: Measured,
): Finding | undefined {
  const inRuns = (day: HistoryDay): bigint | undefined => runHours(place.team, day.day);
  const held = [...place.days.values()].toSorted((a, b) => (a.day < b.day ? -1 : 1));
  if (!held.some((day) => (inRuns(day) ?? 0n) > 0n)) return undefined;
  const spareOf = (day: HistoryDay): bigint => {
    const runs = inRuns(day);
    const known = runs === undefined ? day.gpuHours : runs * GPUS_OF_A_RUN;
    const used = isMeasured && day.gpuUsageHours > known ? day.gpuUsageHours : known;
    return day.gpuHours > used ? day.gpuHours - used : 0n;
  };
  const days = lastDaysThat(held, (day) => spareOf(day) * 100n >= day.gpuHours * SPARE_PERCENT_MIN);
  const [first] = days;
  const last = days.at(-1);
  if (!first || !last || days.length < DAYS_MIN) return undefined;
  const total = (of: (day: HistoryDay) => bigint): bigint => days.reduce((sum, day) => sum + of(day), 0n);
  return {
    kind: "gpus-outside-runs",
    subject: {
      cluster: place.cluster,
      namespace: place.namespace,
      controllerKind: "",
      controller: "",
      billLine: [],
    },
    since: first.day,
    until: last.day,
    quantities: [
      { what: "held", picos: sumOf(days, "gpuHours"), unit: "GPU-hours" },
      { what: "in runs of MLflow", picos: total((day) => inRuns(day) ?? 0n), unit: "hours" },
      { what: "GPU cost", picos: sumOf(days, "gpuCost"), unit: "currency" },
    ],
    change: changeOf(place),
    cash: 0n,
    freed: total((day) => (day.gpuCost * spareOf(day)) / day.gpuHours),
    confidence: isMeasured ? "medium" : "low",
    because: `on each of ${days.length} days half and more of its GPU-hours were outside of runs, each run taken for ${GPUS_OF_A_RUN} GPUs`,
    risk: "GPUs that serve, or train without logging a run, look the same: ask before they are taken away.",
  };
}

const COLUMNS =
  "POD:.metadata.name,SINCE:.status.startTime,GPUS:.spec.containers[*].resources.limits.nvidia\\.com/gpu";

function changeOf(place: GpuPlace): string {
  return [
    `${kubectl(place)} get pods -o custom-columns='${COLUMNS}'   # who holds GPUs, and since when`,
    "# Train in Jobs that end with their run, so that their GPUs are given back; and log runs that are not.",
  ].join("\n");
}
