import { expect, it } from "vitest";
import type { Vector } from "@apportion/readings/prometheus";
import { toQuotas } from "./quotas.js";

const of = (
  resource: string,
  value: string,
  resourcequota = "compute",
  namespace = "team-a",
): Vector[number] => ({
  metric: { namespace, resourcequota, resource },
  value: [0, value],
});
const ROW = {
  namespace: "team-a",
  controller_kind: "resourcequota",
  controller: "compute",
  container: "",
  pods: "0",
};

it("a quota is a row: cores, GiB and GPUs that it allows, and that are requested of it", () => {
  const hard = [
    of("requests.cpu", "40"),
    of("requests.memory", "85899345920"),
    of("requests.nvidia.com/gpu", "8"),
  ];
  const used = [
    of("requests.cpu", "2.5"),
    of("requests.memory", "1073741824"),
    of("requests.nvidia.com/gpu", "0"),
  ];
  expect(toQuotas(hard, used)).toEqual([
    {
      ...ROW,
      quota_cpu_cores: "40",
      quota_cpu_used_cores: "2.5",
      quota_memory_gib: "80",
      quota_memory_used_gib: "1",
      quota_gpus: "8",
      quota_gpus_used: "0.0",
    },
  ]);
});

it("of two names for the same resource the lower limit holds, and quotas of a namespace are kept apart", () => {
  const hard = [of("cpu", "40"), of("requests.cpu", "10"), of("cpu", "6", "batch")];
  expect(toQuotas(hard, [of("cpu", "3"), of("requests.cpu", "3")])).toEqual([
    { ...ROW, quota_cpu_cores: "10", quota_cpu_used_cores: "3" },
    { ...ROW, controller: "batch", quota_cpu_cores: "6" },
  ]);
});

it("what is no number is unknown, and what else is limited is left out", () => {
  expect(toQuotas([of("cpu", "NaN"), of("pods", "50"), of("limits.cpu", "50")], [])).toEqual([]);
  expect(toQuotas([], [])).toEqual([]);
  expect(toQuotas([of("memory", "9223372036854775807")], [])).toMatchObject([
    { quota_memory_gib: "8589934591.999999999068" },
  ]);
});

it.each(["-1", "+Inf"])("a limit of %s is none", (value) => {
  expect(() => toQuotas([of("cpu", value)], [])).toThrow(`quota_cpu_cores of team-a/compute is ${value}`);
});
