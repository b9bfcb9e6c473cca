import { z } from "zod";
import { formatPicos } from "@apportion/domain/money";
import { ReadingError } from "@apportion/readings/source";
import { picosOf } from "./printed.js";
import { foreignText } from "@apportion/runtime/foreign-text";

/** What of an allocation is a part of its node. */
export interface NodePart {
  readonly cpuCost: number;
  readonly cpuCostAdjustment: number;
  readonly gpuCost: number;
  readonly gpuCostAdjustment: number;
  readonly ramCost: number;
  readonly ramCostAdjustment: number;
}

interface NodeCost {
  pods: bigint;
  idle: bigint;
  /** How many rounded figures were added. */
  figures: bigint;
  hasGpus: boolean;
}

/** What the pods on each node and its idle capacity come to, in picos. */
export class NodeCosts {
  readonly #nodes = new Map<string, NodeCost>();
  #hasIdle = false;

  add(node: string, kind: "pods" | "idle", part: NodePart): void {
    if (node === "") return;
    const cost = this.#nodes.get(node) ?? { pods: 0n, idle: 0n, figures: 0n, hasGpus: false };
    const figures = [
      part.cpuCost,
      part.cpuCostAdjustment,
      part.gpuCost,
      part.gpuCostAdjustment,
      part.ramCost,
      part.ramCostAdjustment,
    ].filter((figure) => figure !== 0);
    cost[kind] += picosOf(...figures);
    cost.figures += BigInt(figures.length);
    cost.hasGpus ||= part.gpuCost !== 0;
    this.#hasIdle ||= kind === "idle";
    this.#nodes.set(node, cost);
  }

  /** Nodes whose GPUs were charged; none where idle was not read by node, for then a node is not whole. */
  withGpus(): ReadonlyMap<string, Readonly<NodeCost>> {
    return new Map(this.#hasIdle ? [...this.#nodes].filter(([, { hasGpus }]) => hasGpus) : []);
  }
}

const nodeAsset = z.object({
  type: z.literal("Node"),
  properties: z.object({ name: z.string() }),
  totalCost: z.number(),
});
/** Disks, load balancers and what else there may be. */
const otherAsset = z.object({ type: z.string().refine((type) => type !== "Node") });
const assetSet = z.record(z.string(), z.union([nodeAsset, otherAsset])).nullable();

/** The nodes of an answer of the Assets API: OpenCost's `data` is one set, Kubecost's a list of sets. */
export const assetsSchema = z.object({
  code: z.literal(200),
  data: z
    .union([assetSet.transform((set) => [set]), z.array(assetSet)])
    .transform((sets) => sets.flatMap((set) => Object.values(set ?? {})).filter(isNode)),
});
export type NodeAsset = z.output<typeof nodeAsset>;

function isNode(asset: NodeAsset | z.output<typeof otherAsset>): asset is NodeAsset {
  return "totalCost" in asset;
}

/** Half of the last of the five places that OpenCost prints: by so much each figure may be off. */
const FIGURE_TOLERANCE = 5n * 10n ** 6n;

/**
 * Where GPUs are shared it is easily charged twice or not at all, so a node with GPUs has to add up: its pods and its idle capacity
 * are what it cost, with adjustments, to within the rounding of the figures that were added.
 * @throws ReadingError with both sides of every node that does not
 */
export function refuseOtherThanAssets(nodes: NodeCosts, assets: readonly NodeAsset[]): void {
  const costs = new Map<string, bigint>();
  for (const { properties, totalCost } of assets)
    costs.set(properties.name, (costs.get(properties.name) ?? 0n) + picosOf(totalCost));
  const wrong = [...nodes.withGpus()].flatMap(([node, { pods, idle, figures }]) => {
    const cost = costs.get(node) ?? 0n;
    const difference = pods + idle - cost;
    const size = difference < 0n ? -difference : difference;
    return size <= FIGURE_TOLERANCE * (figures + 1n)
      ? []
      : [
          `${foreignText(node)}: pods ${formatPicos(pods)} + idle ${formatPicos(idle)}, the node ${formatPicos(cost)}`,
        ];
  });
  if (wrong.length > 0)
    throw new ReadingError(
      "absurd",
      `nodes with GPUs do not add up, so a GPU is charged twice or not at all (${wrong.slice(0, NODES_NAMED_MAX).join("; ")}${wrong.length > NODES_NAMED_MAX ? `; and ${wrong.length - NODES_NAMED_MAX} more` : ""})`,
    );
}

const NODES_NAMED_MAX = 10;
