import { QUOTA_KIND, type UtilisationFactRow } from "@apportion/domain/facts";
import { parsePicos } from "@apportion/domain/money";
import type { Vector } from "@apportion/readings/prometheus";
import { isKnown, told } from "./utilisation.js";

type QuotaColumn = Extract<keyof UtilisationFactRow, `quota_${string}`>;

interface Resource {
  readonly hard: QuotaColumn;
  readonly used: QuotaColumn;
  /** Of Prometheus, in one of the columns'. */
  readonly unit: bigint;
}

const CPU: Resource = { hard: "quota_cpu_cores", used: "quota_cpu_used_cores", unit: 1n };
const MEMORY: Resource = { hard: "quota_memory_gib", used: "quota_memory_used_gib", unit: 1_073_741_824n };
const GPUS: Resource = { hard: "quota_gpus", used: "quota_gpus_used", unit: 1n };

/** `cpu` is the same as `requests.cpu`, and `memory` as `requests.memory` (https://kubernetes.io/docs/concepts/policy/resource-quotas/). */
const RESOURCES: Readonly<Record<string, Resource>> = {
  cpu: CPU,
  "requests.cpu": CPU,
  memory: MEMORY,
  "requests.memory": MEMORY,
  "requests.nvidia.com/gpu": GPUS,
};

/**
 * Quotas as rows of their own. Where one names a resource twice, its lower limit holds. Values that are no numbers are unknown.
 * @throws ReadingError for what cannot be measured: less than nothing, or without end
 */
export function toQuotas(hard: Vector, used: Vector): UtilisationFactRow[] {
  const found = new Map<string, Map<QuotaColumn, bigint>>();
  const see = (vector: Vector, bound: "hard" | "used"): void => {
    for (const { metric, value } of vector) {
      const { namespace = "", resourcequota = "", resource = "" } = metric;
      const measured = RESOURCES[resource];
      if (!measured || namespace === "" || resourcequota === "") continue;
      const column = measured[bound];
      if (!isKnown(column, `${namespace}/${resourcequota}`, value[1])) continue;
      const key = JSON.stringify([namespace, resourcequota]);
      const numbers = found.get(key) ?? new Map<QuotaColumn, bigint>();
      const picos = parsePicos(value[1]) / measured.unit;
      const before = numbers.get(column) ?? picos;
      const isBinding = bound === "hard" ? picos < before : picos > before;
      found.set(key, numbers.set(column, isBinding ? picos : before));
    }
  };
  see(hard, "hard");
  see(used, "used");
  return Array.from(found, ([key, numbers]) => {
    const [namespace, controller] = JSON.parse(key) as [string, string];
    const columns = Object.fromEntries(Array.from(numbers, ([column, picos]) => [column, told(picos)]));
    return { namespace, controller_kind: QUOTA_KIND, controller, container: "", pods: "0", ...columns };
  });
}
