import { parsePool } from "@apportion/domain/pool-id";
import { seenPolicy } from "../policies/seen.js";
import { masked, seesNames, type Viewer } from "../viewer.js";
import type { LineExplanation } from "./explanation.js";
import type { ExplainedFact } from "./facts-behind.js";

/**
 * An explanation as somebody may see it: without the names that analysts' views hide, but for a team's own workloads where the viewer sees them,
 * and for who does not see everybody without the names of others behind a pool.
 * @param team whose statement the line is on
 */
export function asSeenBy(viewer: Viewer, team: string, explanation: LineExplanation): LineExplanation {
  const { line, facts, policy } = explanation;
  const isOwn = line.pool === "";
  const showsProtected = viewer.namesOf === "all" || (isOwn && seesNames(viewer, team));
  const namesKept = isOwn || viewer.teams === "all" || isOfPlatform(line.pool);
  return {
    ...explanation,
    facts: facts
      .map((fact) => (showsProtected ? fact : withoutProtected(fact)))
      .map((fact) => (namesKept ? fact : withoutPlace(fact)))
      .map((fact) => (isOwn || viewer.teams === "all" ? fact : { ...fact, label: masked(fact.label) })),
    ...(policy && { policy: seenPolicy(policy, viewer) }),
  };
}

/** Pools of which the workloads are the platform's: shared services, and Kubernetes' own. */
function isOfPlatform(pool: string): boolean {
  const kind = parsePool(pool)?.kind;
  return kind === "service" || kind === "system";
}

function withoutProtected(fact: ExplainedFact): ExplainedFact {
  if (fact.protectedLevel === "") return fact;
  const level = fact.protectedLevel;
  return { ...fact, controller: masked(fact.controller, level), label: masked(fact.label, level) };
}

function withoutPlace(fact: ExplainedFact): ExplainedFact {
  return { ...fact, namespace: masked(fact.namespace), controller: masked(fact.controller) };
}
