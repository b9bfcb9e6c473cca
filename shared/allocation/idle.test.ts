import { describe, expect, it } from "vitest";
import { idlePartsOf } from "./idle.js";
import { cell, allocateWith, policy, withPolicies, idle, told } from "./testing.js";

describe("idle capacity", () => {
  it("keeps idle apart on a shared cluster and charges it to the tenant of a dedicated one, by resource", () => {
    const lines = allocateWith({
      cells: [idle("", ["7", "0", "3"]), idle("", ["5"], { cluster: "pci-1", scope: "pci-1" })],
    });
    expect(told(lines)).toEqual(["idle one  idle-cpu 7", "idle one  idle-memory 3", "pci pci-1  idle-cpu 5"]);
  });

  it("tells idle by pool of nodes, and charges that of a dedicated pool to its tenant", () => {
    const lines = allocateWith({
      cells: [
        idle("cpu-1", ["7"]),
        idle("gpu-1", ["1", "8"]),
        idle("gpu-2", ["1", "4"]),
        idle("hipaa-1", ["2", "6"]),
        idle("hipaa-3", ["3"]),
      ],
    });
    expect(told(lines)).toEqual([
      "idle one  idle-cpu 10",
      "idle one gpu idle-cpu 2",
      "idle one gpu idle-gpu 12",
      "b one hipaa idle-cpu 2",
      "b one hipaa idle-gpu 6",
    ]);
  });

  it("keeps what was allocated beyond a node's cost out of the idle of other nodes", () => {
    const lines = allocateWith({
      cells: [idle("gpu-1", ["1", "8"]), idle("gpu-2", ["1", "-3"]), idle("hipaa-1", ["-2", "6"])],
    });
    expect(told(lines)).toEqual([
      "idle one gpu idle-cpu 2",
      "idle one gpu idle-gpu 8",
      "idle one gpu idle-variance -3",
      "b one hipaa idle-gpu 6",
      "b one hipaa idle-variance -2",
    ]);
  });

  it("spreads the idle of each pool by resource over its cluster, the variance in lines of its own", () => {
    const lines = allocateWith({
      cells: [
        idle("cpu-1", ["4"]),
        idle("gpu-1", ["0", "8"]),
        idle("gpu-2", ["0", "-4"]),
        cell({ namespace: "team-a", amount: "3" }),
        cell({ namespace: "team-c", amount: "1" }),
      ],
      ...withPolicies(policy("idle", [{ kind: "proportional", to: "direct" }])),
    }).filter(({ basis }) => basis === "shared");
    expect(lines.map(({ pool }) => pool)).toEqual([
      ...Array<string>(2).fill("idle/one"),
      ...Array<string>(4).fill("idle/one/gpu"),
    ]);
    expect(told(lines)).toEqual([
      "a one  idle-cpu 3",
      "c one  idle-cpu 1",
      "a one gpu idle-gpu 6",
      "c one gpu idle-gpu 2",
      "a one gpu idle-variance -3",
      "c one gpu idle-variance -1",
    ]);
  });
});

describe("idle by resource", () => {
  const costs = { cpu: 1n, gpu: 2n, memory: 3n, persistent_volume: 4n, load_balancer: 5n };

  it("has volumes and load balancers together, which are of no resource of a node", () => {
    expect(idlePartsOf(costs)).toEqual([
      { category: "idle-cpu", amount: 1n },
      { category: "idle-gpu", amount: 2n },
      { category: "idle-memory", amount: 3n },
      { category: "idle", amount: 9n },
    ]);
  });

  it("calls each by another name of which more was allocated than it cost, and by its own where all was", () => {
    const named = (of: Partial<typeof costs>): string[] =>
      idlePartsOf({ ...costs, ...of }).map(({ category }) => category);
    expect(named({ cpu: -1n, persistent_volume: -6n })).toEqual([
      "idle-variance",
      "idle-gpu",
      "idle-memory",
      "idle-variance",
    ]);
    expect(named({ cpu: 0n, persistent_volume: -5n })).toEqual([
      "idle-cpu",
      "idle-gpu",
      "idle-memory",
      "idle",
    ]);
  });
});
