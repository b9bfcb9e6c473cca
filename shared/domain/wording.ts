import type { Registry } from "./tenancy.js";

/** The tables' terms in people's words. What is not known here is shown as it is. */

const CATEGORIES: Readonly<Record<string, string>> = {
  cpu: "CPU",
  gpu: "GPU",
  memory: "Memory",
  "persistent-volume": "Persistent volumes",
  "load-balancer": "Load balancers",
  "rate-variance": "Kubernetes, bill less list prices",
  "object-storage": "S3 storage",
  network: "Network",
  services: "Other services",
  corporate: "Tax, support, credits and fees",
  "unused-commitment": "Savings plans and reservations that nobody used",
  "idle-cpu": "Idle CPU",
  "idle-gpu": "Idle GPU",
  "idle-memory": "Idle memory",
  idle: "Idle capacity",
  "idle-variance": "Allocated beyond the cost of nodes",
  shared: "Shared services",
  unallocated: "Costs that nobody owns",
};

export function categoryName(category: string): string {
  return CATEGORIES[category] ?? category;
}

/**
 * What a line is about: its category, or the pool that it is a share of. `mlflow` → `MLflow`, `system/shared-eu-1` → `Kubernetes
 * system services on shared-eu-1`, idle GPU of `idle/shared-eu-1/a100` → `Idle GPU of shared-eu-1/a100`
 */
export function lineName(
  { category, pool }: { readonly category: string; readonly pool: string },
  registry: Pick<Registry, "sharedServices">,
): string {
  const cluster = /^system\/(.+)$/.exec(pool)?.[1];
  if (cluster !== undefined) return `Kubernetes system services on ${cluster}`;
  const idle = /^idle\/(.+)$/.exec(pool)?.[1];
  if (idle !== undefined) return `${categoryName(category)} of ${idle}`;
  if (["", "corporate", "unused-commitment", "unallocated"].includes(pool)) return categoryName(category);
  return registry.sharedServices.find((service) => service.id === pool)?.name ?? pool;
}

/** Reasons are codes such as `no-usage-of-mlflow.runs`; several are joined by a comma and a space. */
const REASONS: readonly (readonly [RegExp, (subject: string) => string])[] = [
  [/^untagged$/, () => "no team tag"],
  [/^no-collector$/, () => "lines of the bill for which no collector is configured"],
  [/^no-bytes$/, () => "no namespace's bytes explain it"],
  [/^no-owner$/, () => "namespaces or labels that belong to no team"],
  [/^usage-without-owner$/, () => "usage that belongs to no team"],
  [/^no-reading-of-(.+)$/, (meter) => `there is no reading of ${meter}`],
  [/^no-usage-of-(.+)$/, (meter) => `${meter} shows no use by any team`],
  [/^no-direct-cost$/, () => "no team has direct cost"],
  [/^no-direct-cost-on-(.+)$/, (cluster) => `no team has direct cost on ${cluster}`],
  [/^no-total-cost/, () => "no team has any cost"],
  [/^no-(.+)-cost$/, (category) => `no team has ${categoryName(category)} cost`],
  [
    /^closed-loop-of-(.+)$/,
    (services) => `${services.replaceAll("-and-", " and ")} were used by each other only`,
  ],
  [/^no-fixed-taker$/, () => "nobody has a fixed share"],
  [/^no-teams$/, () => "there are no teams"],
];

export function reasonText(reason: string): string {
  return reason
    .split(", ")
    .map((code) => {
      for (const [pattern, words] of REASONS) {
        const match = pattern.exec(code);
        if (match) return words(match[1] ?? "");
      }
      return code;
    })
    .join("; ");
}
