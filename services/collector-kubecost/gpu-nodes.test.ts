import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { assetsSchema, NodeCosts, refuseOtherThanAssets, type NodePart } from "./gpu-nodes.js";

const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`recorded/${name}.json`, import.meta.url), "utf8"));
const genuine = assetsSchema.parse(recorded("assets_1d")).data;

const NOTHING: NodePart = {
  cpuCost: 0,
  cpuCostAdjustment: 0,
  gpuCost: 0,
  gpuCostAdjustment: 0,
  ramCost: 0,
  ramCostAdjustment: 0,
};

/** The recorded GPU node: its only pod as OpenCost printed it, and what of the node is left. */
function recordedNode(pod: Partial<NodePart> = {}, idle: Partial<NodePart> = {}): NodeCosts {
  const nodes = new NodeCosts();
  const trainer = { cpuCost: 1.51733, gpuCost: 8.0808, ramCost: 0.8135 };
  nodes.add("node-gpu-1", "pods", { ...NOTHING, ...trainer, ...pod });
  nodes.add("node-gpu-1", "idle", { ...NOTHING, cpuCost: 1.51733, ramCost: 0.8135, ...idle });
  // Without GPUs, and not what its asset says: no matter.
  nodes.add("node-1", "pods", { ...NOTHING, cpuCost: 1 });
  return nodes;
}

describe("nodes with GPUs", () => {
  it("add up to their assets, to within the rounding of what was printed", () => {
    expect(genuine.map(({ properties }) => properties.name)).toEqual(["node-1", "node-2", "node-gpu-1"]);
    expect(() => refuseOtherThanAssets(recordedNode(), genuine)).not.toThrow();
    // Each of six figures may be off by half of the fifth place; together they are by less than that.
    expect(() => refuseOtherThanAssets(recordedNode({ gpuCost: 8.08083 }), genuine)).not.toThrow();
    expect(() => refuseOtherThanAssets(recordedNode({ gpuCost: 8.08085 }), genuine)).toThrow("do not add up");
  });

  it("are refused with both sides where a shared GPU is charged twice", () => {
    const shared = recordedNode();
    shared.add("node-gpu-1", "pods", { ...NOTHING, gpuCost: 8.0808 });
    expect(() => refuseOtherThanAssets(shared, genuine)).toThrow(
      "node-gpu-1: pods 18.49243 + idle 2.33083, the node 12.742464",
    );
    expect(() => refuseOtherThanAssets(recordedNode(), [])).toThrow("the node 0");
  });

  it("may have negative idle: what was allocated beyond the node's cost is a variance, and adds up", () => {
    const oversold = recordedNode({}, { gpuCost: -8.0808 });
    oversold.add("node-gpu-1", "pods", { ...NOTHING, gpuCost: 8.0808 });
    expect(() => refuseOtherThanAssets(oversold, genuine)).not.toThrow();
  });

  it("count with their adjustments, and in a list of sets as Kubecost answers", () => {
    const adjusted = { type: "Node", properties: { name: "n" }, totalCost: 9.5, adjustment: -0.5 };
    const { data } = assetsSchema.parse({ code: 200, data: [{ n: adjusted, d: { type: "Disk" } }] });
    const nodes = new NodeCosts();
    nodes.add("n", "pods", { ...NOTHING, gpuCost: 6, gpuCostAdjustment: -0.5 });
    nodes.add("n", "idle", { ...NOTHING, gpuCost: 4 });
    expect(() => refuseOtherThanAssets(nodes, data)).not.toThrow();
  });

  it("cannot be checked where idle was not read by node", () => {
    const nodes = new NodeCosts();
    nodes.add("node-gpu-1", "pods", { ...NOTHING, gpuCost: 1 });
    nodes.add("", "idle", { ...NOTHING, gpuCost: 1 });
    expect(nodes.withGpus().size).toBe(0);
  });
});
