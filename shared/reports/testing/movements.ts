/** For tests: what a movement of `compare` is of, as {@link Subject} has a workload. */
export const WORKLOAD = {
  of: "workload" as const,
  kind: "workload" as const,
  source: "kubecost",
  scope: "eu-1",
  cluster: "eu-1",
  namespace: "imaging",
  controller: "tumor-model",
  service: "",
  label: "",
  protectedLevel: "",
  protectedTeam: "",
};
