import { describe, expect, it } from "vitest";
import { partsOf, type FactCosts } from "./cost-parts.js";

const costs = { cpu: 1n, gpu: 2n, memory: 4n, persistent_volume: 8n, load_balancer: 16n, total: 31n };
const partsOfKind = (kind: FactCosts["kind"]): string[] =>
  partsOf({ ...costs, kind }).map(({ category, amount }) => `${category} ${amount}`);

describe("what facts cost", () => {
  it("comes by resource of Kubernetes, also where nobody mounts a volume", () => {
    const byResource = ["cpu 1", "gpu 2", "memory 4", "persistent-volume 8", "load-balancer 16"];
    expect(partsOfKind("workload")).toEqual(byResource);
    expect(partsOfKind("unmounted")).toEqual(byResource);
  });

  it("comes by resource under names of its own where it was idle", () => {
    expect(partsOfKind("idle")).toEqual(["idle-cpu 1", "idle-gpu 2", "idle-memory 4", "idle 24"]);
  });

  it("is of one category where it comes from the bill", () => {
    expect(partsOfKind("object-storage")).toEqual(["object-storage 31"]);
    expect(partsOfKind("network")).toEqual(["network 31"]);
    expect(partsOfKind("bill")).toEqual(["services 31"]);
    expect(partsOfKind("unowned")).toEqual(["services 31"]);
  });
});
