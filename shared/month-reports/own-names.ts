import type { Registry } from "@apportion/domain/tenancy";

/** Ids of the teams under HIPAA or PCI whose own reports name their workloads: all of them, or none. */
export function ownNamesOf(
  { teams }: Pick<Registry, "teams">,
  namesShownTo: readonly ("finance" | "team")[],
): ReadonlySet<string> {
  const shown = namesShownTo.includes("team")
    ? teams.filter(({ complianceLevel }) => complianceLevel !== "standard")
    : [];
  return new Set(shown.map(({ id }) => id));
}
