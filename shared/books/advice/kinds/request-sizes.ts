import { type ContainerUse, USE_DAYS } from "../container-use.js";
import type { Finding } from "../finding.js";
import { asOfLate, type CostHistory, isSane, lastDaysThat } from "../history.js";
import { kubectl, shellWord, workloadWord } from "../paste.js";
import { isJob, subjectOf } from "../workload-subject.js";

/** A job that runs once a week has one run in as many days: too few to size by. */
const JOB_DAYS_MIN = 3;
/** Above what was measured, for what was not. */
const HEADROOM_PERCENT = 15n;
/** The scheduler's grain: less saves nothing, and starves whatever wakes up. */
const CPU_MIN_MILLICORES = 25n;
/** Of the cost of CPU and memory; less is not worth touching a manifest. */
const SPARE_PERCENT_MIN = 20n;

const MILLI = 10n ** 9n;
/** Of a GiB, in units of 10⁻¹². */
const MIB = 10n ** 12n / 1024n;

/**
 * Requests that are larger than what was measured needs. CPU: the 95th percentile of jobs, the 99th of what serves and has to answer at once, + 15 %, at least
 * 25m. Memory: the maximum of 8 complete days + 15 %, never from an average, and left alone where a pod was killed for want of it in these days. Requests
 * are only ever lowered. Spare of a day: `min(request, charged) × (1 − new ÷ request)` hours at the price of the day's charged hours, of all containers
 * of the workload together; said where it is a fifth of the cost of CPU and memory. It is freed and no cash: smaller requests save nothing until nodes go.
 * Sources: `utilisation_facts` of the last 8 of 10 complete days that are final; percentile and margin are the defaults of the Vertical Pod Autoscaler's
 * recommender (https://github.com/kubernetes/autoscaler/tree/master/vertical-pod-autoscaler), which takes a 90th percentile of CPU.
 */
export function requestSizes(history: CostHistory, uses: readonly ContainerUse[]): Finding | undefined {
  if (history.kind !== "workload" || uses.length === 0) return undefined;
  const daysMin = isJob(history) ? JOB_DAYS_MIN : USE_DAYS;
  if (Math.max(...uses.map(({ days }) => days)) < daysMin) return undefined;
  const sizes = uses.map((use) => ({ use, cpu: cpuOf(history, use), memory: memoryOf(use) }));
  const cpu = { now: total(uses, "cpuRequest"), new: sum(sizes.map(({ cpu: size }) => size ?? 0n)) };
  const memory = { now: total(uses, "memoryRequest"), new: sum(sizes.map(({ memory: size }) => size ?? 0n)) };
  const days = lastDaysThat(history.days, (day) => isSane(day) && day.cpuHours + day.ramHours > 0n);
  const [first] = days;
  const last = days.at(-1);
  if (!first || !last) return undefined;
  const freedCpu = asOfLate(
    days.map((day) => spareOf(day.cpuCost, day.cpuHours, day.cpuRequestHours, cpu)),
    USE_DAYS,
  );
  const freedMemory = asOfLate(
    days.map((day) => spareOf(day.ramCost, day.ramHours, day.ramRequestHours, memory)),
    USE_DAYS,
  );
  const cost = sum(days.map((day) => day.cpuCost + day.ramCost));
  if ((freedCpu + freedMemory) * 100n < cost * SPARE_PERCENT_MIN || cost === 0n) return undefined;
  const oomKilled = uses.some(({ isOomKilled }) => isOomKilled);
  return {
    kind: "request-sizes",
    subject: subjectOf(history),
    since: first.day,
    until: last.day,
    quantities: [
      { what: "CPU requested of each pod", picos: cpu.now, unit: "cores" },
      { what: "CPU that is enough", picos: cpu.new, unit: "cores" },
      { what: "memory requested of each pod", picos: memory.now, unit: "GiB" },
      { what: "memory that is enough", picos: memory.new, unit: "GiB" },
      { what: "spare CPU", picos: freedCpu, unit: "currency" },
      { what: "spare memory", picos: freedMemory, unit: "currency" },
    ],
    change: changeOf(history, sizes),
    cash: 0n,
    freed: freedCpu + freedMemory,
    confidence: "high",
    because: `measured on ${Math.max(...uses.map(({ days: ran }) => ran))} of the last ${USE_DAYS} days: CPU by its ${isJob(history) ? "95th" : "99th"} percentile, memory by its maximum, ${HEADROOM_PERCENT} % above`,
    risk: oomKilled
      ? "A pod was killed for want of memory in these days: memory is left as it is. Load that these days did not have needs more."
      : "Load that these days did not have needs more. Change one workload, and look at throttling and restarts for a day before the next.",
  };
}

interface Requests {
  readonly now: bigint;
  readonly new: bigint;
}

function spareOf(cost: bigint, charged: bigint, requestedHours: bigint, size: Requests): bigint {
  if (size.now <= 0n || charged <= 0n || size.new >= size.now) return 0n;
  const requested = requestedHours < charged ? requestedHours : charged;
  return (cost * requested * (size.now - size.new)) / (charged * size.now);
}

/** Lowered, or as it is; undefined where nothing is asked for. */
function cpuOf(history: CostHistory, { cpuP95, cpuP99, cpuRequest }: ContainerUse): bigint | undefined {
  const needed = isJob(history) ? cpuP95 : cpuP99;
  if (needed === undefined || cpuRequest === undefined) return cpuRequest;
  const millicores = roundedUp(needed, MILLI);
  return least(cpuRequest, (millicores < CPU_MIN_MILLICORES ? CPU_MIN_MILLICORES : millicores) * MILLI);
}

function memoryOf({ memoryMax, memoryRequest, isOomKilled }: ContainerUse): bigint | undefined {
  if (memoryMax === undefined || memoryRequest === undefined || isOomKilled || memoryMax === 0n)
    return memoryRequest;
  return least(memoryRequest, roundedUp(memoryMax, MIB) * MIB);
}

/** With the headroom, in whole units. */
function roundedUp(picos: bigint, unit: bigint): bigint {
  const [needed, whole] = [picos * (100n + HEADROOM_PERCENT), unit * 100n];
  return (needed + whole - 1n) / whole;
}

function changeOf(
  history: CostHistory,
  sizes: readonly {
    readonly use: ContainerUse;
    readonly cpu: bigint | undefined;
    readonly memory: bigint | undefined;
  }[],
): string {
  const changed = sizes.flatMap(({ use, cpu, memory }) => {
    const requests = [
      ...(cpu !== undefined && cpu !== use.cpuRequest ? [`cpu=${cpu / MILLI}m`] : []),
      ...(memory !== undefined && memory !== use.memoryRequest ? [`memory=${memory / MIB}Mi`] : []),
    ];
    return requests.length === 0 ? [] : [{ container: use.container, requests: requests.join(",") }];
  });
  if (["deployment", "statefulset", "daemonset", "cronjob"].includes(history.controllerKind))
    return changed
      .map(
        ({ container, requests }) =>
          `${kubectl(history)} set resources ${workloadWord(history)} -c ${shellWord(container)} --requests=${requests}`,
      )
      .join("\n");
  return [
    "# In the manifest that makes it:",
    ...changed.map(
      ({ container, requests }) =>
        `#   container ${JSON.stringify(container)}: requests ${requests.replaceAll("=", ": ")}`,
    ),
  ].join("\n");
}

function total(uses: readonly ContainerUse[], request: "cpuRequest" | "memoryRequest"): bigint {
  return sum(uses.map((use) => use[request] ?? 0n));
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((all, each) => all + each, 0n);
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
