import { type ContainerUse, USE_DAYS } from "../container-use.js";
import type { Finding } from "../finding.js";
import { asOfLate, type CostHistory, isSane, lastDaysThat, sumOf } from "../history.js";
import { kubectl, workloadWord } from "../paste.js";
import { subjectOf } from "../workload-subject.js";

/** Of the hours of nights and weekends, those in which it may use CPU: somebody is late, or a backup runs. */
const BUSY_PERCENT_MAX = 5n;
const HOURS_OF_DAY = 24n;
const ONE = 10n ** 12n;

const STANDING = ["deployment", "statefulset", "replicaset", ""];

/**
 * Notebooks that run at night and on weekends and do nothing: in the hours from 20 to 7 o'clock and on weekends, in the time zone of `utilisation.timeZone`, they
 * used more than 0.05 cores in at most 5 % of the hours in which they ran, on 8 complete days, of which one or two are of a weekend. Saving of a day:
 * `cost of CPU and memory × (hours of nights and weekends − those that were busy) ÷ 24`, freed; of several containers or bare pods the least part. Their GPUs are left out: whether
 * they were used at night is not measured, and what never is used is `unused-gpus`. Said of what is called a notebook (Jupyter, RStudio, Zeppelin, code-server): an
 * API that nobody calls at night has to be there all the same.
 * Sources: `utilisation_facts`; stopping is what Kubeflow (https://www.kubeflow.org/docs/components/notebooks/) and JupyterHub (https://github.com/jupyterhub/jupyterhub-idle-culler) call culling.
 */
export function idleNotebook(history: CostHistory, uses: readonly ContainerUse[]): Finding | undefined {
  const isNotebook = (use: ContainerUse): boolean => use.isNotebook;
  // Bare pods of a namespace have their costs together: one that is no notebook would hide behind the others.
  const areNotebooks = history.controllerKind === "" ? uses.every(isNotebook) : uses.some(isNotebook);
  if (history.kind !== "workload" || uses.length === 0 || !areNotebooks) return undefined;
  if (!STANDING.includes(history.controllerKind) || uses.some(({ days }) => days < USE_DAYS))
    return undefined;
  const rests = uses.flatMap((use) => restOf(use) ?? []);
  const rest = rests.find(({ idle }) => rests.every((other) => idle <= other.idle));
  const days = lastDaysThat(history.days, (day) => isSane(day) && day.cpuHours + day.ramHours > 0n);
  const [first] = days;
  const last = days.at(-1);
  if (!rest || rests.length < uses.length || !first || !last) return undefined;
  const saving = (cost: bigint): bigint => (cost * rest.idle) / (HOURS_OF_DAY * BigInt(USE_DAYS) * ONE);
  const freed = asOfLate(
    days.map((day) => saving(day.cpuCost + day.ramCost)),
    USE_DAYS,
  );
  return {
    kind: "idle-notebook",
    subject: subjectOf(history),
    since: first.day,
    until: last.day,
    quantities: [
      { what: `ran at night and on weekends, of ${USE_DAYS} days`, picos: rest.off, unit: "hours" },
      { what: "of these with CPU used", picos: rest.off - rest.idle, unit: "hours" },
      { what: "CPU and memory", picos: sumOf(days, "cpuCost") + sumOf(days, "ramCost"), unit: "currency" },
    ],
    change: changeOf(history),
    cash: 0n,
    freed,
    confidence: "medium",
    because: `it used next to no CPU at night and on weekends of ${USE_DAYS} complete days`,
    risk: "What is in the memory of a kernel is lost when it is stopped: files stay, variables do not. GPUs are not counted.",
  };
}

/** Undefined where it is not known, or busy at night. */
function restOf({
  offHours,
  busyOffHours,
}: ContainerUse): { readonly off: bigint; readonly idle: bigint } | undefined {
  if (offHours === undefined || busyOffHours === undefined || offHours <= 0n || busyOffHours < 0n)
    return undefined;
  const isBusy = busyOffHours * 100n > offHours * BUSY_PERCENT_MAX;
  const isAbsurd = offHours > HOURS_OF_DAY * BigInt(USE_DAYS) * ONE;
  return isBusy || isAbsurd ? undefined : { off: offHours, idle: offHours - busyOffHours };
}

function changeOf(history: CostHistory): string {
  const culls = [
    "# Stops what is idle by itself. JupyterHub: cull.enabled=true, cull.timeout=3600. Kubeflow: ENABLE_CULLING=true, CULL_IDLE_TIME=60.",
  ];
  if (history.controllerKind === "" || history.controllerKind === "replicaset") return culls.join("\n");
  const annotate = `${kubectl(history)} annotate ${workloadWord(history)} downscaler/uptime='Mon-Fri 07:00-20:00 TIMEZONE'`;
  return [...culls, "# Or by the clock, where kube-downscaler runs:", annotate].join("\n");
}
