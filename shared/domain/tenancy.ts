import type { BudgetCategory } from "./budget-category.js";
import type { BudgetSpan } from "./budget-span.js";
import type { BillingPeriod, Day } from "./period.js";

/** By what a dollar or a unit of usage is recognised. All given fields must match; `*` at the end matches any rest. */
export interface OwnershipMatch {
  readonly cluster?: string;
  readonly namespace?: string;
  readonly controller?: string;
  /** Value of the `team` label of a workload, or of the `team` tag of a bucket or an MLflow run. */
  readonly teamLabel?: string;
  /** Service of the bill, e.g. `Amazon Elastic Container Service for Kubernetes`. */
  readonly service?: string;
}

/** What the thing to be owned looks like. Absent dimensions are empty strings. */
export interface Subject {
  readonly cluster: string;
  readonly namespace: string;
  readonly controller: string;
  readonly teamLabel: string;
  readonly service: string;
}

/** Effective-dated: `[from, to)` in days; open where absent. */
export interface EffectiveDates {
  readonly from?: Day;
  readonly to?: Day;
}

export type Owner =
  | { readonly kind: "team"; readonly id: string }
  /** A service that several teams use; its cost is a pool with a policy. */
  | { readonly kind: "shared-service"; readonly id: string }
  /** Kubernetes' own namespaces: on each cluster a pool that follows the direct compute of that cluster. */
  | { readonly kind: "system"; readonly id: string };

export interface OwnershipRule extends EffectiveDates {
  readonly owner: Owner;
  readonly match: OwnershipMatch;
}

export interface Budget {
  /** First month for which the budget holds, until a later one of the same span and categories starts. */
  readonly from: BillingPeriod;
  /** Decimal amount of the span in the deployment's currency. */
  readonly amount: string;
  /** A month where absent. */
  readonly span?: BudgetSpan;
  /** Of which costs alone it is; of all of them where absent. */
  readonly categories?: readonly BudgetCategory[];
  readonly increases?: readonly BudgetIncrease[];
}

/** What one span gets once, on top of the budget that holds for it. */
export interface BudgetIncrease {
  /** A month of that span. */
  readonly period: BillingPeriod;
  /** Decimal amount in the deployment's currency. */
  readonly amount: string;
  /** Who agreed to it. */
  readonly by: string;
  readonly reason: string;
}

/** Somebody beside teams who has a budget: a cost center of finance's books. Its cost is that of its teams. */
export interface CostCenter {
  readonly id: string;
  readonly name: string;
  readonly contacts: readonly string[];
  readonly budgets: readonly Budget[];
}

/** A team, or all teams of a cost center, in a department while it is in it. */
export interface DepartmentMember extends EffectiveDates {
  readonly id: string;
}

/** Its cost is that of its members and of the departments below it. Its budget is a figure of its own. */
export interface Department {
  readonly id: string;
  readonly name: string;
  /** The department that it is a part of. */
  readonly parent?: string;
  readonly teams: readonly DepartmentMember[];
  readonly costCenters: readonly DepartmentMember[];
  readonly contacts: readonly string[];
  readonly budgets: readonly Budget[];
}

/** Outside its dates a team owns nothing and takes no share of a pool. */
export interface Team extends EffectiveDates {
  readonly id: string;
  readonly name: string;
  readonly costCenter: string;
  readonly complianceLevel: "standard" | "hipaa" | "pci";
  /** Who receives the team's alerts and reports. */
  readonly contacts: readonly string[];
  readonly budgets: readonly Budget[];
}

export interface SharedService {
  readonly id: string;
  readonly name: string;
}

export interface DedicatedCluster extends EffectiveDates {
  readonly cluster: string;
  readonly team: string;
}

/** Nodes of a cluster that belong together. */
export interface NodePool extends EffectiveDates {
  readonly cluster: string;
  readonly id: string;
  /** Names of its nodes; `*` at the end matches any rest. */
  readonly nodes: readonly string[];
  /** Team to which its nodes are dedicated. */
  readonly team?: string;
}

/** Whose bill clusters are on. */
export interface ClusterAccounts {
  /** Account of the clusters that do not say. */
  readonly byDefault: string;
  readonly named: readonly { readonly cluster: string; readonly account: string }[];
}

/** Stands for the account of a cluster that is on nobody's bill, such as one on machines of one's own. */
export const NO_ACCOUNT = "none";

/** Account on whose bill a cluster is; undefined where it is on none. */
export function accountOf({ accounts }: Pick<Registry, "accounts">, cluster: string): string | undefined {
  const account = accounts?.named.find((each) => each.cluster === cluster)?.account ?? accounts?.byDefault;
  return account === NO_ACCOUNT ? undefined : account;
}

/** Region in which a cluster is; undefined where nobody said it. */
export function regionOfCluster({ regions }: Pick<Registry, "regions">, cluster: string): string | undefined {
  return regions?.find((each) => each.cluster === cluster)?.region;
}

/** Who owns what, by effective date. The same registry resolves dollars and usage. */
export interface Registry {
  readonly teams: readonly Team[];
  readonly sharedServices: readonly SharedService[];
  /** Clusters whose idle capacity belongs to one team. */
  readonly dedicatedClusters: readonly DedicatedCluster[];
  /** Nodes whose idle capacity is told apart from their cluster's, or belongs to one team. */
  readonly nodePools: readonly NodePool[];
  readonly rules: readonly OwnershipRule[];
  /** Absent where no bill is read. */
  readonly accounts?: ClusterAccounts;
  /** In which region clusters are of which somebody said it. */
  readonly regions?: readonly { readonly cluster: string; readonly region: string }[];
  /** Cost centers of which more than the name is known. */
  readonly costCenters?: readonly CostCenter[];
  /** A forest: none is above itself. */
  readonly departments?: readonly Department[];
  /** From 1; January where absent. */
  readonly fiscalYearFirstMonth?: number;
}

export function isEffectiveOn(dates: EffectiveDates, day: Day): boolean {
  return (dates.from === undefined || dates.from <= day) && (dates.to === undefined || day < dates.to);
}

/** What tells most about an owner comes first. */
const PRECEDENCE: readonly (keyof OwnershipMatch)[] = [
  "controller",
  "namespace",
  "teamLabel",
  "service",
  "cluster",
];

/** How a rule names a dimension: not at all, by a pattern (the longer the better), or exactly. */
function precision(pattern: string | undefined): number {
  if (pattern === undefined) return 0;
  return pattern.endsWith("*") ? pattern.length : Number.POSITIVE_INFINITY;
}

/** The first dimension in which two rules differ in how they name it; it says which of them wins. */
export function decidingDimension(a: OwnershipMatch, b: OwnershipMatch): keyof OwnershipMatch | undefined {
  return PRECEDENCE.find((dimension) => precision(a[dimension]) !== precision(b[dimension]));
}

function byPrecedence({ match: a }: OwnershipRule, { match: b }: OwnershipRule): number {
  const dimension = decidingDimension(a, b);
  return dimension === undefined ? 0 : precision(a[dimension]) < precision(b[dimension]) ? 1 : -1;
}

function matchesPattern(pattern: string | undefined, value: string): boolean {
  if (pattern === undefined) return true;
  return pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}

function matches(match: OwnershipMatch, subject: Subject): boolean {
  return PRECEDENCE.every((dimension) => matchesPattern(match[dimension], subject[dimension]));
}

/** The rules of a day in the order in which they are asked; sorting is stable, so of equals the first in the registry comes first. */
function rulesOn(registry: Registry, day: Day): OwnershipRule[] {
  return registry.rules.filter((rule) => isEffectiveOn(rule, day)).toSorted(byPrecedence);
}

/**
 * Resolves the owners of costs and of usage on one day. A rule matches what has all that it names. Of those that match, one that names a
 * controller wins over one that does not, then a namespace, a team label, a service, a cluster; where two name the same, an exact name wins
 * over a pattern and a longer pattern over a shorter one. Of equals the first in the registry's order wins.
 */
export function ownerResolver(registry: Registry, day: Day): (subject: Subject) => Owner | undefined {
  const rules = rulesOn(registry, day);
  const find = ruleFinder(rules);
  // What no rule names tells no owners apart: thousands of controllers of a namespace are one to most registries.
  const telling = PRECEDENCE.filter((dimension) => rules.some(({ match }) => match[dimension] !== undefined));
  const known = new Map<string, Owner | undefined>();
  return (subject) => {
    const key = JSON.stringify(telling.map((dimension) => subject[dimension]));
    if (!known.has(key)) known.set(key, find(subject)?.owner);
    return known.get(key);
  };
}

/**
 * Finds the first rule that matches. Those that name a dimension exactly are looked up by it: a company has several for each of thousands
 * of teams, and as many namespaces.
 */
function ruleFinder(ranked: readonly OwnershipRule[]): (subject: Subject) => OwnershipRule | undefined {
  const places = new Map<string, number[]>();
  for (const [place, { match }] of ranked.entries()) {
    const exact = PRECEDENCE.find((dimension) => precision(match[dimension]) === Number.POSITIVE_INFINITY);
    const key = exact === undefined ? "" : `${exact}=${match[exact]}`;
    const same = places.get(key) ?? [];
    same.push(place);
    places.set(key, same);
  }
  return (subject) => {
    const keys = ["", ...PRECEDENCE.map((dimension) => `${dimension}=${subject[dimension]}`)];
    const first = keys.flatMap((key) => {
      const place = places.get(key)?.find((each) => matches(ranked[each]?.match ?? {}, subject));
      return place === undefined ? [] : [place];
    });
    return ranked[Math.min(...first)];
  };
}

/** All rules that match on a day, the one that wins first. */
export function matchingRules(registry: Registry, day: Day, subject: Subject): OwnershipRule[] {
  return rulesOn(registry, day).filter((rule) => matches(rule.match, subject));
}

/** Where capacity is idle. Where idle was read for a cluster as a whole the node is empty, and in no pool. */
export interface IdlePlace {
  readonly cluster: string;
  readonly node: string;
}

export function nodePoolOf({ nodePools }: Registry, place: IdlePlace, day: Day): NodePool | undefined {
  return nodePools.find(
    (pool) =>
      pool.cluster === place.cluster &&
      isEffectiveOn(pool, day) &&
      pool.nodes.some((name) => matchesPattern(name, place.node)),
  );
}

/** The team to which a node is dedicated: that of its pool, else that of its cluster. */
export function tenantOf(registry: Registry, place: IdlePlace, day: Day): string | undefined {
  const ofCluster = registry.dedicatedClusters.find(
    (each) => each.cluster === place.cluster && isEffectiveOn(each, day),
  );
  return nodePoolOf(registry, place, day)?.team ?? ofCluster?.team;
}
