import type { LineExplanation } from "./explain.js";

/** Without the names that analysts' views hide. */
export function withoutNames(explanation: LineExplanation): LineExplanation {
  const facts = explanation.facts.map((fact) => {
    const hidden = (name: string): string =>
      name === "" || fact.protectedLevel === "" ? name : `hidden (${fact.protectedLevel})`;
    return { ...fact, controller: hidden(fact.controller), label: hidden(fact.label) };
  });
  return { ...explanation, facts };
}
