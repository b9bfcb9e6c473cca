/** Categories of direct cost, in the order of a statement. */
export const DIRECT_CATEGORIES = [
  "cpu",
  "gpu",
  "memory",
  "persistent-volume",
  "load-balancer",
  "object-storage",
  "network",
  /** Other services of the bill. */
  "services",
] as const;
export type DirectCategory = (typeof DIRECT_CATEGORIES)[number];

/**
 * What a dollar was spent on. A team's statement has one line for each, and one for each pool that it has a share of. Their order is that of
 * a statement, and decides ties between cents.
 */
export const CATEGORIES = [
  "cpu",
  "gpu",
  "memory",
  "persistent-volume",
  "load-balancer",
  /** What the bill says of Kubernetes beyond or below Kubecost's prices. */
  "rate-variance",
  "object-storage",
  "network",
  "services",
  /** Tax, support, credits, refunds and fees of the bill. */
  "corporate",
  /** What nobody used of savings plans and reservations. */
  "unused-commitment",
  /** Idle capacity by resource; `idle` is what is of none. */
  "idle-cpu",
  "idle-gpu",
  "idle-memory",
  "idle",
  /** What was allocated of a node beyond its cost: negative. */
  "idle-variance",
  "shared",
  /** Cost that nobody owns, where a policy spreads it. */
  "unallocated",
  /** What two people moved, of whatever it was spent on: beside statements, never on one. */
  "adjustment",
] as const;
export type Category = (typeof CATEGORIES)[number];

const RANKS: ReadonlyMap<Category, number> = new Map(CATEGORIES.map((category, rank) => [category, rank]));

export function categoryRank(category: Category): number {
  return RANKS.get(category) ?? CATEGORIES.length;
}

const NAMES: Readonly<Record<Category, string>> = {
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
  adjustment: "Adjustment",
};

/** In people's words. */
export function categoryName(category: Category): string {
  return NAMES[category];
}
