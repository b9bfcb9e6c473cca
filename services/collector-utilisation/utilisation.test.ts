import { describe, expect, it } from "vitest";
import type { Vector } from "@apportion/readings/prometheus";
import { toUtilisation } from "./utilisation.js";

const sample = (metric: Record<string, string>, value: string): Vector[number] => ({
  metric,
  value: [0, value],
});
const of = (pod: string, value: string, container = "app"): Vector[number] =>
  sample({ namespace: "team-a", pod, container }, value);
const owner = (pod: string, owner_kind: string, owner_name: string): Vector[number] =>
  sample({ namespace: "team-a", pod, owner_kind, owner_name }, "1");
const OWNERS = {
  ofPods: [
    owner("api-7d9f-x", "ReplicaSet", "api-7d9f"),
    owner("api-6c1b-y", "ReplicaSet", "api-6c1b"),
    owner("bare-rs-z", "ReplicaSet", "bare-rs"),
    owner("train-29100480-k", "Job", "train-29100480"),
    owner("train-29101920-m", "Job", "train-29101920"),
    owner("static", "<none>", "<none>"),
  ],
  ofReplicaSets: ["api-7d9f", "api-6c1b"].map((replicaset) =>
    sample({ namespace: "team-a", replicaset, owner_kind: "Deployment", owner_name: "api" }, "1"),
  ),
};

describe("utilisation", () => {
  it("is one of each workload and container: the greatest of its pods, whatever their ReplicaSets and runs", () => {
    const rows = toUtilisation(
      [
        {
          column: "cpu_p95_cores",
          vector: [of("api-7d9f-x", "0.2"), of("api-6c1b-y", "0.3"), of("api-7d9f-x", "0.01", "sidecar")],
        },
        { column: "memory_max_gib", vector: [of("train-29100480-k", "3"), of("train-29101920-m", "2.5")] },
        { column: "restarts", vector: [of("api-7d9f-x", "2.0007"), of("api-6c1b-y", "1")] },
      ],
      OWNERS,
    );
    const workload = { namespace: "team-a", controller_kind: "deployment", controller: "api" };
    expect(rows).toEqual([
      { ...workload, container: "app", pods: "2", cpu_p95_cores: "0.3", restarts: "3" },
      { ...workload, container: "sidecar", pods: "1", cpu_p95_cores: "0.01" },
      {
        namespace: "team-a",
        controller_kind: "job",
        controller: "train",
        container: "app",
        pods: "2",
        memory_max_gib: "3",
      },
    ]);
  });

  it("keeps what no controller made, and what is not known to have one", () => {
    const vector = [of("bare-rs-z", "1"), of("static", "1"), of("stranger", "1")];
    const rows = toUtilisation([{ column: "cpu_max_cores", vector }], OWNERS);
    expect(rows.map(({ controller_kind, controller }) => [controller_kind, controller])).toEqual([
      ["replicaset", "bare-rs"],
      ["pod", "static"],
      ["pod", "stranger"],
    ]);
  });

  it("knows zero from what nobody measured", () => {
    const measured = [
      { column: "cpu_p50_cores" as const, vector: [of("static", "0")] },
      { column: "cpu_throttled_share" as const, vector: [of("static", "NaN")] },
    ];
    expect(toUtilisation(measured, OWNERS)).toMatchObject([{ cpu_p50_cores: "0.0" }]);
    expect(toUtilisation(measured, OWNERS)[0]).not.toHaveProperty("cpu_throttled_share");
  });

  it("finds the pod of a GPU under the exporter's own labels, and leaves GPUs out that none holds", () => {
    const held = { namespace: "monitoring", pod: "dcgm-exporter", container: "exporter" };
    const exported = { exported_namespace: "team-a", exported_pod: "static", exported_container: "app" };
    const vector = [
      sample({ ...held, ...exported }, "1.02"),
      sample({ exported_namespace: "", exported_pod: "" }, "0"),
    ];
    expect(toUtilisation([{ column: "gpu_utilisation_share", vector }], OWNERS)).toMatchObject([
      { namespace: "team-a", controller: "static", gpu_utilisation_share: "1" },
    ]);
  });

  it("leaves out what asked and did not run, and is none where no pod is known to its owners", () => {
    const asked = { column: "cpu_request_cores" as const, vector: [of("train-29100480-k", "1")] };
    expect(toUtilisation([asked], OWNERS)).toEqual([]);
    const used = { column: "cpu_p50_cores" as const, vector: [of("api-7d9f-x", "1")] };
    const itsOwn = [owner("kube-state-metrics-0", "ReplicaSet", "kube-state-metrics")];
    expect(() => toUtilisation([used], { ...OWNERS, ofPods: itsOwn })).toThrow("honor_labels: true");
  });

  it.each(["-0.5", "+Inf", "1e999x"])("is none where a container is said to use %s", (value) => {
    expect(() => toUtilisation([{ column: "cpu_max_cores", vector: [of("static", value)] }], OWNERS)).toThrow(
      `cpu_max_cores of team-a/static is ${value}`,
    );
  });
});
