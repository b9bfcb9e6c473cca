import { addDays, type Day } from "@apportion/domain/period";
import type { Recommendation } from "./advise.js";
import { USE_DAYS_MAX_AGO } from "./container-use.js";
import { sqlText } from "./paste.js";

const OF_USE = {
  "request-sizes":
    "cpu_p95_cores, cpu_p99_cores, cpu_request_cores, memory_max_gib, memory_request_gib, oom_killed_pods",
  "idle-notebook": "off_hours, busy_off_hours",
  "quota-above-use": "cpu_cores, cpu_used_cores, memory_gib, memory_used_gib, gpus, gpus_used",
} as const satisfies Partial<Record<Recommendation["kind"], string>>;

/** What is measured is found among what was measured, the rest among costs. */
const COLUMNS: Readonly<Record<Exclude<Recommendation["kind"], keyof typeof OF_USE>, string>> = {
  "unused-gpus": "gpu_hours, gpu_usage_hours, gpu_cost",
  "abandoned-workload": "cpu_core_hours, cpu_usage_core_hours, gpu_usage_hours, effective_cost",
  "oversized-requests":
    "cpu_core_hours, cpu_request_core_hours, cpu_usage_core_hours, cpu_cost, ram_gib_hours, ram_request_gib_hours, ram_usage_gib_hours, ram_cost",
  "unmounted-volumes": "pv_cost",
  "idle-capacity": "cpu_cost, gpu_cost, ram_cost",
  "unused-commitment": "effective_cost",
  "inter-zone-traffic": "effective_cost",
  "nat-traffic": "effective_cost",
  "bucket-lifecycle": "effective_cost",
  "gpus-outside-runs": "gpu_hours, gpu_usage_hours, gpu_cost",
  "unowned-namespace": "effective_cost",
  "unowned-buckets": "effective_cost",
};

const CLASSES: Readonly<Partial<Record<Recommendation["kind"], string>>> = {
  "inter-zone-traffic": "inter-zone",
  "nat-traffic": "nat",
};

/** SQL for analysts that gives the evidence by day. Amounts of Kubernetes are at Kubecost's prices there; advice has them at the bill's. */
export function findAgain({ kind, subject, since, until }: Recommendation): string {
  if (kind === "quota-above-use") return quotaOf(subject, since, until);
  if (kind === "request-sizes" || kind === "idle-notebook") return useOf(kind, subject, until);
  const sums = COLUMNS[kind]
    .split(", ")
    .map((column) => `sum(${column})`)
    .join(", ");
  return `SELECT charge_day, kind, ${sums} FROM current_cells WHERE ${conditions(kind, subject).join(" AND ")} AND charge_day BETWEEN '${since}' AND '${until}' GROUP BY charge_day, kind ORDER BY charge_day, kind`;
}

function useOf(kind: keyof typeof OF_USE, subject: Recommendation["subject"], until: Day): string {
  const { cluster, namespace, controllerKind, controller } = subject;
  const where = [
    is("cluster", cluster),
    is("namespace", namespace),
    is("controller_kind", controllerKind === "" ? "pod" : controllerKind),
    ...(controllerKind === "" ? [] : [named(controller)]),
    `day BETWEEN ${sqlText(addDays(until, 1 - USE_DAYS_MAX_AGO))} AND ${sqlText(until)}`,
  ];
  return `SELECT day, controller, container, ${OF_USE[kind]} FROM current_utilisation WHERE ${where.join(" AND ")} ORDER BY day, controller, container`;
}

function quotaOf(
  { cluster, namespace, controller }: Recommendation["subject"],
  since: Day,
  until: Day,
): string {
  const where = [is("cluster", cluster), is("namespace", namespace), is("quota", controller)];
  return `SELECT day, ${OF_USE["quota-above-use"]} FROM current_quotas WHERE ${where.join(" AND ")} AND day BETWEEN '${since}' AND '${until}' ORDER BY day`;
}

function is(column: string, value: string): string {
  return `${column} = ${sqlText(value)}`;
}

function named(controller: string): string {
  return controller.endsWith("-*")
    ? `startsWith(controller, ${sqlText(controller.slice(0, -2))})`
    : is("controller", controller);
}

function conditions(kind: Recommendation["kind"], subject: Recommendation["subject"]): string[] {
  const { cluster, namespace, controllerKind, controller, billLine } = subject;
  const [account = "", service = "", last = ""] = billLine;
  if (kind === "unused-commitment")
    return [is("kind", "bill"), is("account", account), is("service", service), is("record_type", last)];
  if (kind === "unowned-buckets" || kind === "bucket-lifecycle")
    return [
      is("kind", "object-storage"),
      is("account", account),
      is("service", service),
      is("team_label", last),
    ];
  if (kind === "idle-capacity") return [is("cluster", cluster)];
  const place = [is("cluster", cluster), is("namespace", namespace)];
  const networkClass = CLASSES[kind];
  if (networkClass !== undefined) return [is("kind", "network"), ...place, is("network_class", networkClass)];
  if (kind === "gpus-outside-runs") return [is("kind", "workload"), ...place];
  if (kind === "unowned-namespace") return ["kind IN ('workload', 'unmounted')", ...place];
  if (kind === "unmounted-volumes") return [is("kind", "unmounted"), ...place];
  return [is("kind", "workload"), ...place, is("controller_kind", controllerKind), named(controller)];
}
