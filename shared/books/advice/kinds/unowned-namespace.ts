import type { Day } from "@apportion/domain/period";
import type { Team } from "@apportion/domain/tenancy";
import type { Finding } from "../finding.js";
import { kubectl, shellWord } from "../paste.js";
import { probableOwner } from "../probable-owner.js";

/** What runs in a namespace and has no owner. */
export interface UnownedNamespace {
  readonly cluster: string;
  readonly namespace: string;
  readonly labels: readonly string[];
  readonly costCenters: readonly string[];
  readonly since: Day;
  readonly until: Day;
  /** In the window, in picos. */
  readonly cost: bigint;
}

/**
 * A namespace that nobody owns: no rule of the registry names it or the labels of its workloads. It saves nothing by itself; its cost is looked at by nobody.
 * To whom it probably belongs is told from names and labels, and why (`probable-owner.ts`).
 * Source: owners of cells by the registry, as a run finds them.
 */
export function unownedNamespace(unowned: UnownedNamespace, teams: readonly Team[]): Finding {
  const { cluster, namespace, labels, costCenters, since, until, cost } = unowned;
  const guess = probableOwner({ names: [namespace], labels, costCenters }, teams);
  const who = guess?.team ?? "TEAM";
  return {
    kind: "unowned-namespace",
    subject: { cluster, namespace, controllerKind: "", controller: "", billLine: [] },
    since,
    until,
    quantities: [{ what: "cost that nobody owns", picos: cost, unit: "currency" }],
    change: [
      "# In apportion.yaml, under the team's owns:",
      `- { cluster: ${JSON.stringify(cluster)}, namespace: ${JSON.stringify(namespace)} }`,
      "# or on the cluster, for workloads that are made from now on:",
      `${kubectl({ cluster, namespace: "" })} label namespace ${shellWord(namespace)} team=${shellWord(who)}`,
    ].join("\n"),
    cash: 0n,
    freed: 0n,
    confidence: guess?.confidence ?? "low",
    because: guess
      ? `it probably belongs to ${guess.team}: ${guess.because}`
      : "no name or label of it is like a team's",
    risk: "Whoever gets it pays for it from the first day that the rule covers: ask before.",
  };
}
