import type { PrintedMovement } from "./comparison.js";

/** For tests: what a movement of `compare` is of, as `Subject` has a workload. */
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

export const movement = (
  subject: Partial<Omit<typeof WORKLOAD, "of" | "kind">>,
  rest: Partial<PrintedMovement> = {},
): PrintedMovement => ({
  effect: "usage",
  subject: { ...WORKLOAD, ...subject },
  category: "cpu",
  picos: 1n,
  cents: 0n,
  before: 2n,
  after: 3n,
  quantity: { before: 10n ** 12n, after: 2n * 10n ** 12n },
  ...rest,
});
