import type { AdviceSubject } from "./finding.js";
import type { CostHistory } from "./history.js";

/** Work that comes and goes: it is there on the days on which it runs. */
export function isJob({ controllerKind }: Pick<CostHistory, "controllerKind">): boolean {
  return ["job", "cronjob"].includes(controllerKind);
}

export function subjectOf({
  cluster,
  namespace,
  controllerKind,
  controller,
}: Pick<CostHistory, "cluster" | "namespace" | "controllerKind" | "controller">): AdviceSubject {
  return { cluster, namespace, controllerKind, controller, billLine: [] };
}

/** Names a workload, as it is. */
export function workloadKey(workload: {
  readonly cluster: string;
  readonly namespace: string;
  readonly controllerKind: string;
  readonly controller: string;
}): string {
  const { cluster, namespace, controllerKind, controller } = workload;
  return JSON.stringify([cluster, namespace, controllerKind, controller]);
}
