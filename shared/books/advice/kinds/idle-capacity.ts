import type { Day } from "@apportion/domain/period";
import type { Finding } from "../finding.js";
import { shellWord } from "../paste.js";

/** Days whose least counts. */
const DAYS_MIN = 7;
/** A quarter of a cluster may be idle: room for peaks, for a node that fails, for what does not fit. */
const ROOM = 4n;

/** What a cluster's nodes cost on a day, in picos at the bill's price: CPU, GPU and memory. */
export interface ClusterDay {
  readonly day: Day;
  readonly idle: bigint;
  /** With the idle part. */
  readonly total: bigint;
}

export interface IdleNode {
  /** Empty where idle is read for the cluster as a whole. */
  readonly node: string;
  /** Pool of the registry; empty for a node of none. */
  readonly nodePool: string;
  /** In the window, in picos. */
  readonly cost: bigint;
}

const NODES_NAMED = 3;

/**
 * Idle capacity beyond room for peaks: `idle − ¼ of what the cluster's nodes cost` of the day on which that is least, for each of the days; so what is
 * called spare was spare on the busiest day too. Cash, once nodes go. Nodes are named where idle is read by node, but which of them can go is the
 * autoscaler's to say: cells do not know what runs on a node. Source: cells of kind `idle` beside all others of the cluster.
 * @param nodes the costliest first
 */
export function idleCapacity(
  cluster: string,
  days: readonly ClusterDay[],
  nodes: readonly IdleNode[],
): Finding | undefined {
  const sane = days.filter(({ idle, total }) => idle >= 0n && total > 0n && idle <= total);
  const [first] = sane;
  const last = sane.at(-1);
  if (!first || !last || sane.length < DAYS_MIN) return undefined;
  const spare = sane.map(({ idle, total }) => idle - total / ROOM);
  const least = spare.reduce((min, each) => (each < min ? each : min));
  if (least <= 0n) return undefined;
  const sum = (figure: "idle" | "total"): bigint => sane.reduce((all, day) => all + day[figure], 0n);
  const named = nodes.filter(({ node }) => node !== "").slice(0, NODES_NAMED);
  return {
    kind: "idle-capacity",
    subject: { cluster, namespace: "", controllerKind: "", controller: "", billLine: [] },
    since: first.day,
    until: last.day,
    quantities: [
      { what: "idle", picos: sum("idle"), unit: "currency" },
      { what: "nodes", picos: sum("total"), unit: "currency" },
    ],
    change: changeOf(cluster, named),
    cash: least * BigInt(sane.length),
    freed: 0n,
    confidence: "medium",
    because: `more than a quarter of its nodes was idle on each of ${sane.length} days; counted is the least of them`,
    risk: "A day's sums hide its busiest hour. Pods with disruption budgets or local data hold nodes.",
  };
}

function changeOf(cluster: string, nodes: readonly IdleNode[]): string {
  const ask = `kubectl --context ${shellWord(cluster)}`;
  return [
    ...nodes.map(
      ({ node, nodePool }) =>
        `# Much is idle on ${JSON.stringify(node)}${nodePool === "" ? "" : ` of pool ${JSON.stringify(nodePool)}`}.`,
    ),
    `${ask} top nodes   # the busiest hour, before anything goes`,
    "# Lower the least size of the node group, or let Karpenter consolidate: disruption.consolidationPolicy: WhenEmptyOrUnderutilized",
    ...nodes.slice(0, 1).map(({ node }) => `${ask} drain ${shellWord(node)} --ignore-daemonsets`),
  ].join("\n");
}
