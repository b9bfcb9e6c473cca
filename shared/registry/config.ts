import { z } from "zod";
import type {
  DedicatedCluster,
  DepartmentMember,
  EffectiveDates,
  OwnershipMatch,
  OwnershipRule,
  Owner,
  Registry,
} from "@apportion/domain/tenancy";
import type { Day } from "@apportion/domain/period";
import { BESIDE_MISTAKES } from "@apportion/runtime/config-rules";
import { budgetSections, budgetsSchema, checkBudgets, toBudget } from "./budgets.js";
import { checkNodePools } from "./check-node-pools.js";
import { overlap, reversed, type ConfiguredDates, type Problem } from "./dates.js";
import { addressesSchema, costCenterSchema, daySchema, idSchema, nameOf } from "./fields.js";

/** The sections of `apportion.yaml` that say who is who: currency, teams, clusters and shared services. */

const CURRENCIES = new Set(Intl.supportedValuesOf("currency"));
const currencySchema = z
  .string()
  .refine((code) => CURRENCIES.has(code), { error: "a currency code of ISO 4217, such as USD" })
  .default("USD")
  .describe("The one currency of this deployment (ISO 4217); readings in another are refused");

const pattern = nameOf(253);
const nodePoolConfig = z
  .strictObject({
    id: idSchema,
    nodes: z
      .array(pattern.regex(/^[^*]+\*?$/, "a name of a node, with * at the end only, such as gpu-*"))
      .min(1)
      .describe("Names of its nodes; * at the end matches any rest"),
    team: idSchema
      .optional()
      .describe("Team to which its nodes are dedicated: their idle capacity is the team's"),
    from: daySchema.optional().describe("First day on which this holds"),
    to: daySchema.optional().describe("First day on which this no longer holds"),
  })
  .describe("Nodes that belong together");
const ownershipConfig = z
  .strictObject({
    cluster: pattern.optional().describe("Kubernetes cluster"),
    namespace: pattern.optional().describe("Kubernetes namespace; * at the end matches any rest"),
    controller: pattern
      .optional()
      .describe("Deployment, StatefulSet, DaemonSet or Job; * at the end matches any rest"),
    teamLabel: pattern
      .optional()
      .describe("Value of the team label, or of the team tag of a bucket or an MLflow run"),
    service: pattern
      .optional()
      .describe("Service of the bill, as it prints it; * at the end matches any rest"),
    from: daySchema.optional().describe("First day on which this holds"),
    to: daySchema.optional().describe("First day on which this no longer holds"),
  })
  .refine((owns) => owns.cluster ?? owns.namespace ?? owns.controller ?? owns.teamLabel ?? owns.service, {
    error: "name at least one of cluster, namespace, controller, teamLabel, service",
  })
  .refine(({ from, to }) => typeof from !== "string" || typeof to !== "string" || from < to, {
    ...BESIDE_MISTAKES,
    error: "`from` must lie before `to`",
  });
type OwnershipConfig = z.infer<typeof ownershipConfig>;

const teamConfig = z.strictObject({
  id: idSchema,
  name: nameOf(100).optional().describe("Name for people; the id where absent"),
  costCenter: costCenterSchema.describe("Cost center in finance's books"),
  complianceLevel: z
    .enum(["standard", "hipaa", "pci"])
    .default("standard")
    .describe(
      "Compliance level of the team's data: hipaa and pci hide names of its workloads and buckets, and its labels (see protectedNames)",
    ),
  contacts: addressesSchema
    .max(20)
    .default([])
    .describe("Who receives the team's alerts and reports; in small letters, whatever they are written in"),
  budgets: budgetsSchema
    .default([])
    .describe("Its budgets; each holds until a later one for the same span and categories starts"),
  owns: z
    .array(ownershipConfig)
    .min(1)
    .optional()
    .describe("What belongs to the team; by default namespace team-<id> and team label <id>"),
  from: daySchema.optional().describe("First day on which the team is there"),
  to: daySchema
    .optional()
    .describe(
      "First day on which it is there no more: from then on it owns nothing and pays no share, also not for what it used before",
    ),
});

export const registryConfig = {
  currency: currencySchema,
  teams: z.array(teamConfig).min(1).max(1000).describe("Who is charged"),
  sharedServices: z
    .array(
      z.strictObject({
        id: idSchema,
        name: nameOf(100).optional().describe("Name for people; the id where absent"),
        owns: z.array(ownershipConfig).min(1).describe("What belongs to the service"),
      }),
    )
    .default([])
    .describe("Services that several teams use; the cost of each is a pool that a policy splits"),
  clusters: z
    .array(
      z.strictObject({
        id: nameOf(200).describe("Name of the cluster as Kubecost or OpenCost prints it"),
        dedicatedTo: idSchema
          .optional()
          .describe("Team to which the whole cluster belongs, idle capacity included"),
        dedicatedFrom: daySchema.optional().describe("First day on which it does"),
        dedicatedUntil: daySchema.optional().describe("First day on which it does no more"),
        nodePools: z
          .array(nodePoolConfig)
          .default([])
          .describe("Nodes whose idle capacity is told apart, or is one team's; a pool may change by dates"),
        account: z
          .string()
          .regex(/^(\d{12}|none)$/, "the 12 digits of an AWS account, in quotes, or none")
          .optional()
          .describe(
            "Account on whose bill the cluster is, by default the first of `aws.accounts`; `none` for machines that no bill has",
          ),
        region: nameOf(100)
          .optional()
          .describe(
            "Region in which the cluster is, such as eu-west-1, by which costs that lie on it are grouped; those of earlier months too",
          ),
      }),
    )
    .default([])
    .describe("Clusters about which there is something to say"),
  systemNamespaces: z
    .array(pattern)
    .default(["kube-system", "kube-public", "kube-node-lease"])
    .describe("Namespaces of Kubernetes itself: on each cluster a pool that follows direct compute"),
  ...budgetSections,
};

const registrySections = z.object(registryConfig);
export type RegistryConfig = z.infer<typeof registrySections>;

/** @param firstAccount of which a bill is read; that of the clusters that do not say */
export function toRegistry(config: RegistryConfig, firstAccount?: string): Registry {
  return {
    ...(firstAccount !== undefined && {
      accounts: { byDefault: firstAccount, named: namedAccounts(config.clusters) },
    }),
    teams: config.teams.map(
      ({ id: teamId, name, costCenter, complianceLevel, contacts, budgets, from, to }) => ({
        id: teamId,
        name: name ?? teamId,
        costCenter,
        complianceLevel,
        contacts,
        budgets: budgets.map(toBudget),
        ...dates(from, to),
      }),
    ),
    ...budgetOwners(config),
    sharedServices: config.sharedServices.map(({ id: serviceId, name }) => ({
      id: serviceId,
      name: name ?? serviceId,
    })),
    dedicatedClusters: dedicatedClusters(config),
    regions: config.clusters.flatMap(({ id: cluster, region }) =>
      region === undefined ? [] : [{ cluster, region }],
    ),
    nodePools: config.clusters.flatMap(({ id: cluster, nodePools }) =>
      nodePools.map(({ id: poolId, nodes, team, from, to }) => ({
        cluster,
        id: poolId,
        nodes,
        ...(team && { team }),
        ...dates(from, to),
      })),
    ),
    rules: [
      ...config.sharedServices.flatMap((service) =>
        service.owns.map((owns) => rule({ kind: "shared-service", id: service.id }, owns)),
      ),
      ...config.teams.flatMap((team) =>
        (team.owns ?? [{ namespace: `team-${team.id}` }, { teamLabel: team.id }]).map((owns) =>
          rule({ kind: "team", id: team.id }, within(owns, team)),
        ),
      ),
      // A rule that names a cluster alone comes last, so this catches only what no namespace or label on the tenant's cluster claims.
      ...dedicatedClusters(config).map(({ cluster, team, from, to }) =>
        rule({ kind: "team", id: team }, { cluster, ...dates(from, to) }),
      ),
      ...config.systemNamespaces.map((namespace) => rule({ kind: "system", id: "system" }, { namespace })),
    ],
  };
}

/** Who has budgets beside teams. Absent where nobody does. */
function budgetOwners({
  costCenters,
  departments,
  fiscalYearFirstMonth,
}: RegistryConfig): Pick<Registry, "costCenters" | "departments" | "fiscalYearFirstMonth"> {
  const owner = ({ id, name, contacts, budgets }: (typeof costCenters | typeof departments)[number]) => ({
    id,
    name: name ?? id,
    contacts,
    budgets: budgets.map(toBudget),
  });
  const members = (each: (typeof departments)[number]["teams"]): DepartmentMember[] =>
    each.map(({ id, from, to }) => ({ id, ...dates(from, to) }));
  return {
    ...(costCenters.length > 0 && { costCenters: costCenters.map(owner) }),
    ...(departments.length > 0 && {
      departments: departments.map((department) => ({
        ...owner(department),
        ...(department.parent !== undefined && { parent: department.parent }),
        teams: members(department.teams),
        costCenters: members(department.costCenters),
      })),
    }),
    ...(fiscalYearFirstMonth > 1 && { fiscalYearFirstMonth }),
  };
}

/** A cluster is its tenant's only while the team is there, as what a team owns by a rule is. */
function dedicatedClusters({ clusters, teams }: RegistryConfig): DedicatedCluster[] {
  return clusters.flatMap(({ id: cluster, dedicatedTo, dedicatedFrom, dedicatedUntil }) => {
    if (dedicatedTo === undefined) return [];
    const team = teams.find(({ id: teamId }) => teamId === dedicatedTo);
    const { from, to } = within({ from: dedicatedFrom, to: dedicatedUntil }, team ?? {});
    return from !== undefined && to !== undefined && from >= to
      ? []
      : [{ cluster, team: dedicatedTo, ...dates(from, to) }];
  });
}

function namedAccounts(clusters: RegistryConfig["clusters"]): { cluster: string; account: string }[] {
  return clusters.flatMap(({ id: cluster, account }) =>
    account === undefined ? [] : [{ cluster, account }],
  );
}

function dates(from: Day | undefined, to: Day | undefined): EffectiveDates {
  return { ...(from && { from }), ...(to && { to }) };
}

/** A rule of a team holds only while the team is there. */
function within<Dated extends ConfiguredDates>(owns: Dated, team: ConfiguredDates): Dated {
  const from = [owns.from, team.from]
    .filter((each) => each !== undefined)
    .toSorted()
    .at(-1);
  const [to] = [owns.to, team.to].filter((each) => each !== undefined).toSorted();
  return { ...owns, ...dates(from, to) };
}

function rule(owner: Owner, { from, to, ...dimensions }: OwnershipConfig): OwnershipRule {
  const match = Object.fromEntries(
    Object.entries(dimensions).filter(([, value]) => value !== undefined),
  ) as OwnershipMatch;
  return { owner, match, ...dates(from, to) };
}

/** What the schema cannot say: ids named twice, teams that do not exist, two owners of the same thing. */
export function checkRegistry(config: RegistryConfig): Problem[] {
  return [
    ...repeated(config.teams, "teams"),
    ...repeated(config.sharedServices, "sharedServices"),
    ...repeated(config.clusters, "clusters"),
    ...config.teams.flatMap(({ from, to }, index) => reversed(from, to, ["teams", index, "to"])),
    ...config.clusters.flatMap(({ dedicatedFrom, dedicatedUntil }, index) =>
      reversed(dedicatedFrom, dedicatedUntil, ["clusters", index, "dedicatedUntil"]),
    ),
    ...contested(config),
    ...checkBudgets(config),
  ];
}

/** Clusters, and pools of their nodes, that are dedicated to a team that does not exist. */
export function checkTenants({ teams, clusters }: RegistryConfig): Problem[] {
  const teamIds = new Set(teams.map((team) => team.id));
  const unknown = clusters.flatMap(({ dedicatedTo }, index) =>
    dedicatedTo === undefined || teamIds.has(dedicatedTo)
      ? []
      : [{ path: ["clusters", index, "dedicatedTo"], message: `there is no team "${dedicatedTo}"` }],
  );
  const ofPools = clusters.flatMap(({ nodePools }, index) =>
    checkNodePools(nodePools, teams, ["clusters", index, "nodePools"]),
  );
  return [...unknown, ...ofPools];
}

function repeatedValues(values: readonly string[]): number[] {
  return values.flatMap((value, index) => (values.indexOf(value) < index ? [index] : []));
}

function repeated(items: readonly { id: string }[], section: string): Problem[] {
  return repeatedValues(items.map((item) => item.id)).map((index) => ({
    path: [section, index, "id"],
    message: `"${items[index]?.id}" is named twice`,
  }));
}

/** Two rules with the same match, different owners and overlapping dates: which one wins would be an accident of order. */
function contested(config: RegistryConfig): Problem[] {
  const claims = [
    ...config.sharedServices.flatMap((service, index) =>
      service.owns.map((owns, at) => ({
        owns,
        owner: service.id,
        path: ["sharedServices", index, "owns", at],
      })),
    ),
    ...config.teams.flatMap((team, index) =>
      (team.owns ?? [{ namespace: `team-${team.id}` }, { teamLabel: team.id }]).map((owns, at) => ({
        owns: within(owns, team),
        owner: team.id,
        path: team.owns ? ["teams", index, "owns", at] : ["teams", index],
      })),
    ),
  ];
  const keyed = claims.map((claim) => {
    const { cluster, namespace, controller, teamLabel, service } = claim.owns;
    return { ...claim, match: JSON.stringify([cluster, namespace, controller, teamLabel, service]) };
  });
  return keyed.flatMap((claim, index) => {
    const other = keyed.find(
      (earlier, at) =>
        at < index &&
        earlier.match === claim.match &&
        earlier.owner !== claim.owner &&
        overlap(earlier.owns, claim.owns),
    );
    return other ? [{ path: claim.path, message: `"${other.owner}" owns the same at the same time` }] : [];
  });
}
