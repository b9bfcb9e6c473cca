import type { UtilisationFactRow } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { Vector } from "@apportion/readings/prometheus";
import { ReadingError } from "@apportion/readings/source";
import { foreignText } from "@apportion/runtime/foreign-text";
import type { Measure } from "./queries.js";

export interface Measured {
  readonly column: Measure["column"];
  readonly vector: Vector;
}

export interface Owners {
  readonly ofPods: Vector;
  readonly ofReplicaSets: Vector;
}

interface Workload {
  readonly kind: string;
  readonly name: string;
}

/** Counts, which are whole, and of several pods added; of all other numbers the greatest counts. */
const ADDED: ReadonlySet<Measure["column"]> = new Set(["restarts", "oom_killed_pods"]);
/** What Prometheus extrapolates beyond. */
const SHARES: ReadonlySet<Measure["column"]> = new Set(["cpu_throttled_share", "gpu_utilisation_share"]);

/**
 * Containers of pods, put together by the workload that made them: what scales or is made anew each day is one. Values that are no numbers (a
 * quantile of nothing) are unknown.
 * @throws ReadingError for what cannot be measured: less than nothing, or without end
 */
export function toUtilisation(measured: readonly Measured[], owners: Owners): UtilisationFactRow[] {
  const workloadOf = workloads(owners);
  requireOwners(measured, owners);
  const found = new Map<string, Found>();
  for (const { column, vector } of measured) {
    for (const { metric, value } of vector) {
      const place = placeOf(metric);
      if (place === undefined) continue; // a GPU that no pod holds
      const picos = picosOf(column, value[1], place);
      if (picos === undefined) continue;
      const workload = workloadOf(place);
      const key = JSON.stringify([place.namespace, workload.kind, workload.name, place.container]);
      const each = found.get(key) ?? { ...place, workload, pods: new Set<string>(), numbers: new Map() };
      found.set(key, each);
      each.pods.add(place.pod);
      const before = each.numbers.get(column);
      const isMore = before === undefined || picos > before;
      if (ADDED.has(column)) each.numbers.set(column, (before ?? 0n) + picos);
      else if (isMore) each.numbers.set(column, picos);
    }
  }
  return Array.from(found.values())
    .filter(({ numbers }) => isMeasured(numbers))
    .map(rowOf);
}

/** What is known of a pod that has ended already is what it asked for: it did not run. */
function isMeasured(numbers: Found["numbers"]): boolean {
  return [...numbers.keys()].some((column) => !ASKED.has(column));
}

const ASKED: ReadonlySet<Measure["column"]> = new Set([
  "cpu_request_cores",
  "cpu_limit_cores",
  "memory_request_gib",
  "memory_limit_gib",
  "restarts",
  "oom_killed_pods",
]);

/** Where Prometheus keeps its own labels, kube-state-metrics seems to speak of its own pod alone, and every pod is nobody's. */
function requireOwners(measured: readonly Measured[], { ofPods }: Owners): void {
  const known = new Set(ofPods.map(({ metric }) => nameKey(metric["namespace"], metric["pod"])));
  const places = measured
    .filter(({ column }) => column === "cpu_p50_cores")
    .flatMap(({ vector }) => vector.flatMap(({ metric }) => placeOf(metric) ?? []));
  if (places.length === 0 || places.some(({ namespace, pod }) => known.has(nameKey(namespace, pod)))) return;
  throw new ReadingError(
    "rejected",
    "no pod that Prometheus has CPU of has an owner in kube_pod_owner: scrape kube-state-metrics with honor_labels: true",
  );
}

interface Place {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

interface Found extends Place {
  readonly workload: Workload;
  readonly pods: Set<string>;
  readonly numbers: Map<Measure["column"], bigint>;
}

/** "0" is as good as absent in a chunk, and what is absent is unknown. */
const ZERO = "0.0";

/** A known number as a row has it. */
export function told(picos: bigint): string {
  return picos === 0n ? ZERO : formatPicos(picos);
}

function rowOf({ namespace, workload, container, pods, numbers }: Found): UtilisationFactRow {
  return {
    namespace,
    controller_kind: workload.kind,
    controller: workload.name,
    container,
    pods: String(pods.size),
    ...Object.fromEntries(Array.from(numbers, ([column, picos]) => [column, told(picos)])),
  };
}

function placeOf(metric: Readonly<Record<string, string>>): Place | undefined {
  const label = (name: keyof Place): string => metric[`exported_${name}`] ?? metric[name] ?? "";
  const place = { namespace: label("namespace"), pod: label("pod"), container: label("container") };
  return place.namespace === "" || place.pod === "" ? undefined : place;
}

const ONE = parsePicos("1");

/** Whether it is known. @throws ReadingError for less than nothing, or without end */
export function isKnown(column: string, of: string, text: string): boolean {
  if (text === "NaN") return false;
  if (/^\+?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return true;
  throw new ReadingError(
    "absurd",
    `Prometheus says that ${column} of ${foreignText(of)} is ${foreignText(text)}`,
  );
}

function picosOf(column: Measure["column"], text: string, { namespace, pod }: Place): bigint | undefined {
  if (!isKnown(column, `${namespace}/${pod}`, text)) return undefined;
  if (ADDED.has(column)) return parsePicos(String(Math.round(Number(text))));
  const picos = parsePicos(text);
  return SHARES.has(column) && picos > ONE ? ONE : picos;
}

/** As OpenCost names them, so that costs and use are found together: a Deployment, not its ReplicaSets; a job without the number of its run. */
function workloads({ ofPods, ofReplicaSets }: Owners): (place: Place) => Workload {
  const replicaSets = new Map(
    ofReplicaSets.map(({ metric }) => [nameKey(metric["namespace"], metric["replicaset"]), ownerOf(metric)]),
  );
  const pods = new Map(
    ofPods.map(({ metric }) => {
      const owner = ownerOf(metric);
      const above =
        owner?.kind === "replicaset" ? replicaSets.get(nameKey(metric["namespace"], owner.name)) : undefined;
      return [nameKey(metric["namespace"], metric["pod"]), above ?? owner];
    }),
  );
  return ({ namespace, pod }) => {
    const owner = pods.get(nameKey(namespace, pod)) ?? { kind: "pod", name: pod };
    return owner.kind === "job" ? { ...owner, name: owner.name.replace(RUN_OF_JOB, "") } : owner;
  };
}

function nameKey(namespace = "", name = ""): string {
  return JSON.stringify([namespace, name]);
}

/** CronJobs number their jobs by the minute. */
const RUN_OF_JOB = /-(?:\d{10}|\d{8})$/;
const NOBODY = "<none>";

function ownerOf({
  owner_kind: kind = "",
  owner_name: name = "",
}: Readonly<Record<string, string>>): Workload | undefined {
  return kind === "" || kind === NOBODY ? undefined : { kind: kind.toLowerCase(), name };
}
