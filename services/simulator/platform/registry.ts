import { chance } from "./random.js";
import { DEMO_WASTE, stateOfWaste, type WasteKind, type WastePlan } from "./waste.js";

export interface SimulatedTeam {
  readonly id: string;
  readonly name: string;
  readonly costCenter: string;
  readonly complianceLevel: "standard" | "hipaa" | "pci";
  readonly namespace: string;
  readonly cluster: string;
  /** Second cluster where the team trains, if any. */
  readonly trainingCluster?: string;
  /** Node on its own cluster on which alone it trains, if any. */
  readonly trainingNode?: string;
  /** Ordinary weekday's direct compute in US dollars. */
  readonly dailyUsd: number;
  readonly gpuHeavy: boolean;
  /** Spend of an average month as a share of the budget: above 1 the team overspends. */
  readonly budgetUse: number;
  readonly monthlyBudget: string;
  readonly leadEmail: string;
  /** Relative number of MLflow runs; 0 never uses it. */
  readonly mlflowRunsPerDay: number;
}

export interface SimulatedCluster {
  readonly id: string;
  readonly region: string;
  /** Which of the two the cluster has. */
  readonly dialect: "opencost" | "kubecost";
  readonly dedicatedTo?: string;
  /** Nodes of a team on a cluster that others use too. */
  readonly nodePools: readonly SimulatedNodePool[];
}

export interface SimulatedNodePool {
  readonly id: string;
  /** Their names; `*` at the end stands for any rest. */
  readonly nodes: string;
  readonly dedicatedTo: string;
}

export interface SimulatedBucket {
  readonly name: string;
  readonly region: string;
  /** Value of the `team` tag; absent for an untagged bucket. */
  readonly teamTag?: string;
  /** The tag from the 16th of each month on, for a bucket that changes hands to and fro. */
  readonly teamTagLater?: string;
  /** Whose it is in truth, where its tag does not say so. */
  readonly trueTeam?: string;
  readonly dailyUsd: number;
  /** Mean size of its objects; so small that no rule pays, where it is absent. */
  readonly objectBytes?: number;
  /** Where it is there for its waste alone. */
  readonly waste?: WasteKind;
}

export interface PlatformRegistry {
  readonly teams: readonly SimulatedTeam[];
  readonly clusters: readonly SimulatedCluster[];
  readonly buckets: readonly SimulatedBucket[];
  readonly sharedServices: readonly { readonly id: string; readonly name: string }[];
  readonly waste: WastePlan;
}

const NAMES: readonly [string, string][] = [
  ["fraud", "Fraud detection"],
  ["search", "Search relevance"],
  ["vision", "Computer vision"],
  ["ranking", "Feed ranking"],
  ["ads", "Ads bidding"],
  ["recsys", "Recommendations"],
  ["nlp", "Language models"],
  ["speech", "Speech"],
  ["forecast", "Demand forecasting"],
  ["pricing", "Dynamic pricing"],
  ["growth", "Growth"],
  ["churn", "Churn prevention"],
  ["maps", "Maps"],
  ["routing", "Delivery routing"],
  ["payments", "Payments risk"],
  ["credit", "Credit scoring"],
  ["genomics", "Genomics"],
  ["imaging", "Medical imaging"],
  ["safety", "Content safety"],
  ["translate", "Translation"],
  ["supply", "Supply chain"],
  ["personal", "Personalisation"],
  ["experiments", "Experimentation"],
  ["robotics", "Robotics"],
];

const OVERSPENDER = "ads";
const GPU_HEAVY = "nlp";
const REACHES_80 = "vision";
const PCI_TEAM = "payments";
const HIPAA_TEAMS = ["genomics", "imaging"];
/** Has GPU nodes of its own on a shared cluster. */
const TEAM_WITH_NODES = "genomics";
const WITHOUT_MLFLOW = "growth";

/** Weekdays of an average month weigh 1, weekend days 0.55: 30.4 days come to about 26.5 weekdays. */
const WEEKDAYS_PER_MONTH = 26.5;
/** Direct compute of a team grows by about this much with storage and its share of pools. */
const TOTAL_PER_DIRECT = 1.13;

const CLUSTERS: readonly Omit<SimulatedCluster, "nodePools">[] = [
  { id: "shared-eu-1", region: "eu-west-1", dialect: "opencost" },
  { id: "shared-us-1", region: "us-east-1", dialect: "kubecost" },
  { id: "pci-1", region: "eu-west-1", dialect: "opencost", dedicatedTo: PCI_TEAM },
];

const SHARED_SERVICES = [
  { id: "mlflow", name: "MLflow" },
  { id: "feast", name: "Feast" },
  { id: "prometheus", name: "Prometheus" },
  { id: "argocd", name: "Argo CD" },
] as const;

/** Teams of a whole platform. */
export const TEAMS = NAMES.length;

/** The fewest of the first that have the owners of all buckets among them, where a test has no time for all. */
export const FEW_TEAMS = 16;

/**
 * Who is on the platform. The story holds in any month: one team overspends, one nears its budget, one passes 80 %.
 * @param count of the first teams alone
 */
export function platformRegistry(
  seed: number,
  waste: WastePlan = DEMO_WASTE,
  count = TEAMS,
): PlatformRegistry {
  const teams = NAMES.slice(0, count).map(([id, name], index) => simulatedTeam(seed, id, name, index));
  const isThere = ({ dedicatedTo }: Pick<SimulatedCluster, "dedicatedTo">): boolean =>
    dedicatedTo === undefined || teams.some(({ id }) => id === dedicatedTo);
  return {
    teams,
    clusters: CLUSTERS.filter(isThere).map((cluster) => ({
      ...cluster,
      nodePools: nodePoolsOf(cluster.id, teams),
    })),
    buckets: simulatedBuckets(seed, teams).filter(
      ({ teamTagLater, waste: kind }) =>
        (teamTagLater === undefined || teams.some(({ id }) => id === teamTagLater)) &&
        (kind === undefined || waste.kinds.includes(kind)),
    ),
    sharedServices: SHARED_SERVICES,
    waste,
  };
}

function nodePoolsOf(cluster: string, teams: readonly SimulatedTeam[]): SimulatedNodePool[] {
  return teams
    .filter((team) => team.cluster === cluster && team.trainingNode !== undefined)
    .map(({ id }) => ({ id: `${id}-gpu`, nodes: `${cluster}-${id}-gpu-*`, dedicatedTo: id }));
}

function simulatedTeam(seed: number, id: string, name: string, index: number): SimulatedTeam {
  const gpuHeavy = id === GPU_HEAVY;
  const dailyUsd = Math.round(gpuHeavy ? 900 : 90 + 260 * chance(seed, "size", id));
  const budgetUse = budgetUseOf(seed, id);
  const monthly =
    (dailyUsd * WEEKDAYS_PER_MONTH * TOTAL_PER_DIRECT * (id === PCI_TEAM ? 1.25 : 1)) / budgetUse;
  const cluster = id === PCI_TEAM ? "pci-1" : chance(seed, "home", id) < 0.6 ? "shared-eu-1" : "shared-us-1";
  const trainsElsewhere = id !== PCI_TEAM && chance(seed, "second", id) < 0.3;
  return {
    id,
    name,
    costCenter: `cc-${1001 + index}`,
    complianceLevel: id === PCI_TEAM ? "pci" : HIPAA_TEAMS.includes(id) ? "hipaa" : "standard",
    namespace: `team-${id}`,
    cluster,
    ...(trainsElsewhere && { trainingCluster: cluster === "shared-eu-1" ? "shared-us-1" : "shared-eu-1" }),
    ...(id === TEAM_WITH_NODES && { trainingNode: `${cluster}-${id}-gpu-1` }),
    dailyUsd,
    gpuHeavy,
    budgetUse,
    monthlyBudget: `${Math.round(monthly / 100) * 100}.00`,
    leadEmail: `${id}-lead@example.test`,
    mlflowRunsPerDay: id === WITHOUT_MLFLOW ? 0 : 1 + Math.floor(9 * chance(seed, "runs", id)),
  };
}

function budgetUseOf(seed: number, id: string): number {
  if (id === OVERSPENDER) return 1.3;
  if (id === GPU_HEAVY) return 0.95;
  if (id === REACHES_80) return 0.85;
  return 0.5 + 0.2 * chance(seed, "budget", id);
}

function simulatedBuckets(seed: number, teams: readonly SimulatedTeam[]): SimulatedBucket[] {
  const region = (team: SimulatedTeam): string =>
    CLUSTERS.find(({ id }) => id === team.cluster)?.region ?? "eu-west-1";
  return [
    ...teams.map((team) => ({
      name: `ml-${team.id}-datasets`,
      region: region(team),
      teamTag: team.id,
      dailyUsd: 3 + team.dailyUsd * 0.03 * (1 + chance(seed, "bucket", team.id)),
    })),
    ...teams
      .filter((team) => chance(seed, "models", team.id) < 0.2)
      .map((team) => ({ name: `ml-${team.id}-models`, region: region(team), teamTag: team.id, dailyUsd: 4 })),
    { name: "ml-scratch", region: "eu-west-1", trueTeam: "search", dailyUsd: 21 },
    { name: "ml-import-2024", region: "us-east-1", trueTeam: "search", dailyUsd: 9 },
    {
      name: "ml-fraud-archive",
      region: "eu-west-1",
      teamTag: "fraud",
      dailyUsd: 12,
      objectBytes: 64 * 2 ** 20,
      waste: "bucket-lifecycle" as const,
    },
    { name: "ml-handover", region: "eu-west-1", teamTag: "maps", teamTagLater: "routing", dailyUsd: 8 },
    // Somebody mistyped a tag: the bill has dollars under a team that does not exist.
    { name: "ml-fraud-labels", region: "eu-west-1", teamTag: "frad", trueTeam: "fraud", dailyUsd: 6 },
  ];
}

/** Tag of the bucket on a day, `2026-11-22`. */
export function tagOn(
  { teamTag, teamTagLater, trueTeam }: SimulatedBucket,
  day: string,
  waste: WastePlan,
): string | undefined {
  if (trueTeam !== undefined && stateOfWaste(waste, "unowned-buckets", day) !== "planted") return trueTeam;
  return teamTagLater !== undefined && Number(day.slice(8)) > 15 ? teamTagLater : teamTag;
}
