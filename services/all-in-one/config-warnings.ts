import type { ApportionConfig } from "./config.js";

/** What is right as it stands and yet may not be what was meant; for `config check`. */
export function configWarnings(config: ApportionConfig): string[] {
  return [...droppedLabels(config), ...metersWithoutCluster(config)];
}

/** `owns` replaces what belongs to a team by default, the label included, which is easily overlooked. */
function droppedLabels({ teams }: ApportionConfig): string[] {
  return teams.flatMap(({ id, owns }, index) =>
    owns === undefined || owns.some(({ teamLabel }) => teamLabel !== undefined)
      ? []
      : [
          `teams.${index}.owns: it replaces what "${id}" owns by default, so what is labelled or tagged ${id} is not the team's; add { teamLabel: ${id} } if it should be`,
        ],
  );
}

/** Usage in a namespace whose cluster is not known cannot be matched by a rule that names one. */
function metersWithoutCluster({
  usage,
  kubecost,
  teams,
  sharedServices,
  clusters,
}: ApportionConfig): string[] {
  const owns = [...teams, ...sharedServices].flatMap((each) => each.owns ?? []);
  const dependsOnCluster =
    owns.some(({ cluster }) => cluster !== undefined) ||
    clusters.some(({ dedicatedTo }) => dedicatedTo !== undefined);
  if (!dependsOnCluster || kubecost?.clusters.length === 1) return [];
  return (usage?.prometheus ?? []).flatMap(({ ownedBy, cluster, clusterLabel }, index) =>
    ownedBy === "namespace" && cluster === undefined && clusterLabel === undefined
      ? [
          `usage.prometheus.${index}: owners depend on the cluster, and this meter does not say of which cluster its namespaces are; give cluster, or clusterLabel`,
        ]
      : [],
  );
}
