import { canonicalJson, sha256 } from "@apportion/domain/hash";
import { addDays, type Day } from "@apportion/domain/period";
import { isEffectiveOn, type Owner, ownerResolver, type Registry, tenantOf } from "@apportion/domain/tenancy";
import type { ContainerUse } from "./container-use.js";
import { ADVICE_KINDS, type Finding, savesNothing } from "./finding.js";
import { type CostHistory, type Measured, NOTHING_MEASURED } from "./history.js";
import { abandonedWorkload } from "./kinds/abandoned-workload.js";
import { bucketLifecycle, type StoredBucket } from "./kinds/bucket-lifecycle.js";
import { type ClusterDay, idleCapacity, type IdleNode } from "./kinds/idle-capacity.js";
import { type GpuPlace, gpusOutsideRuns, withGpusOf } from "./kinds/gpus-outside-runs.js";
import { idleNotebook } from "./kinds/idle-notebook.js";
import { networkTraffic } from "./kinds/network-traffic.js";
import { oversizedRequests } from "./kinds/oversized-requests.js";
import { requestSizes } from "./kinds/request-sizes.js";
import { quotaAboveUse } from "./kinds/quota-above-use.js";
import { unmountedVolumes } from "./kinds/unmounted-volumes.js";
import { unownedBuckets } from "./kinds/unowned-buckets.js";
import { type UnownedNamespace, unownedNamespace } from "./kinds/unowned-namespace.js";
import { unusedCommitment } from "./kinds/unused-commitment.js";
import { unusedGpus } from "./kinds/unused-gpus.js";
import { type Namespace, namespaceKey, withHistory } from "./namespaces.js";
import type { QuotasByNamespace } from "./quota-use.js";
import type { RunHours } from "./run-hours.js";
import { isJob } from "./workload-subject.js";

/** A month of advice: costs of the window are scaled to so many days. */
export const MONTH_DAYS = 30n;
/** Without as many complete days nothing is advised. */
export const COMPLETE_DAYS_MIN = 7;
/** What was not seen for longer is gone: advice about it would come too late. Jobs may run once a week. */
const GONE_DAYS = 2;
const GONE_JOB_DAYS = 7;
/** The bill comes late: a line that has nothing for longer is mended. */
const GONE_BILL_DAYS = 3;

/** Something with costs, by what it is known, and by what its owner is. */
export interface KnownHistory {
  readonly history: CostHistory;
  /** Its controller as it is, which may be hidden in the history. */
  readonly trueController: string;
  /** Likewise its team label. */
  readonly trueLabel: string;
  readonly costCenter: string;
  /** First and last day, and cost in the window, in picos at the statements' price; its days may be left out where they are too cheap to advise on. */
  readonly first: Day;
  readonly last: Day;
  readonly cost: bigint;
  /** How its containers used what they ask for; undefined where that was not read. */
  readonly uses?: readonly ContainerUse[];
  /** What stands for its names, where they are hidden from who asks; its controller may be named to its owner all the same. */
  readonly hiddenAs?: string;
}

type KnownOf = Pick<KnownHistory, "trueController" | "trueLabel" | "cost">;

export interface ClusterHistory {
  readonly cluster: string;
  readonly days: readonly ClusterDay[];
  readonly nodes: readonly IdleNode[];
  readonly measured: Measured;
}

/** What advice starts from, beside the histories. */
export interface AdviceContext {
  readonly registry: Registry;
  /** Complete days, in order. */
  readonly days: readonly Day[];
  readonly clusters: readonly ClusterHistory[];
  readonly buckets: readonly StoredBucket[];
  /** Hours in runs; undefined where nothing reads them. */
  readonly runHours?: RunHours;
  readonly quotas?: QuotasByNamespace;
  /** In picos of a month: less is not said. */
  readonly minimum: bigint;
}

export type AdviceOwner = Owner | { readonly kind: "nobody"; readonly id: "" };

/** Id of the team whose it is to act on; empty for other owners. */
export function teamOf(owner: AdviceOwner): string {
  return owner.kind === "team" ? owner.id : "";
}

export interface Recommendation extends Omit<Finding, "cash" | "freed"> {
  /** Of kind and subject: the same as long as it is said. */
  readonly id: string;
  readonly owner: AdviceOwner;
  /** As it is, where the subject has it hidden: for the record, not for people. */
  readonly trueController: string;
  /** Of a month like the window, in picos. Together never more than `cost`. */
  readonly cash: bigint;
  readonly freed: bigint;
  readonly cost: bigint;
}

const NOBODY: AdviceOwner = { kind: "nobody", id: "" };

/**
 * What can be advised of some histories, the largest saving first. Of several findings about a workload the largest is said, never their sum; none saves more than its subject
 * costs. Neither clock nor order of the histories matters.
 */
export function advise(context: AdviceContext, histories: readonly KnownHistory[]): Recommendation[] {
  const adviser = createAdviser(context);
  for (const known of histories) adviser.see(known);
  return adviser.finish();
}

export interface Adviser {
  see(known: KnownHistory): void;
  /** Once, after the last. */
  finish(): Recommendation[];
}

/** The same for histories that come one by one and should not lie in memory together. */
export function createAdviser(context: AdviceContext): Adviser {
  const last = context.days.at(-1);
  if (last === undefined || context.days.length < COMPLETE_DAYS_MIN)
    return { see: () => undefined, finish: () => [] };
  const ownerOf = ownerResolver(context.registry, last);
  const measured = new Map(context.clusters.map((each) => [each.cluster, each.measured]));
  const teams = context.registry.teams.filter((team) => isEffectiveOn(team, last));
  const said: Recommendation[] = [];
  const traffic: KnownHistory[] = [];
  const namespaces = new Map<string, Namespace>();
  const unowned = new Map<string, UnownedNamespace>();
  const gpuPlaces = new Map<string, GpuPlace>();
  const ownerOfHistory = ({ history, trueController, trueLabel }: KnownHistory): Owner | undefined =>
    ownerOf({ ...history, controller: trueController, teamLabel: trueLabel });
  const say = (known: KnownOf, owner: AdviceOwner, findings: (Finding | undefined)[]): boolean => {
    const best = largest(findings.flatMap((each) => each ?? []));
    const recommendation = best && recommendationOf(best, known, owner, context.days.length);
    const isSaid = recommendation !== undefined && worthOf(recommendation) >= context.minimum;
    if (isSaid) said.push(recommendation);
    return isSaid;
  };
  return {
    see(known) {
      const { history } = known;
      const owner = ownerOfHistory(known);
      const seen = measured.get(history.cluster) ?? NOTHING_MEASURED;
      if (isKubernetes(history)) {
        const place = namespaceKey(history);
        namespaces.set(place, withHistory(namespaces.get(place), known, owner));
        if (!owner && history.namespace !== "") unowned.set(place, joined(unowned.get(place), known));
      }
      if (history.kind === "network") traffic.push(known);
      if (history.kind === "object-storage") {
        const own = context.buckets.filter(
          ({ account, teamTag }) => account === history.account && teamTag === history.teamLabel,
        );
        // Whose tag is hidden has hidden buckets too: nobody could tell which.
        const isHidden = history.teamLabel !== known.trueLabel;
        if (!owner) say(known, NOBODY, [stillThere(unownedBuckets(history, own, teams), last)]);
        else if (!isHidden)
          say(known, owner, [stillThere(bucketLifecycle(history, own, context.days), last)]);
      }
      if (history.kind === "bill") say(known, NOBODY, [stillThere(unusedCommitment(history), last)]);
      // Kubernetes' own are the provider's to size; what is gone needs no advice.
      if (!isKubernetes(history) || owner?.kind === "system" || isGone(known, last)) return;
      const isSaid = say(known, owner ?? NOBODY, [
        unusedGpus(history, seen, known.uses),
        abandonedWorkload(history, seen),
        // What was measured says more than averages, also where it says that nothing is spare. Bare pods have no manifest in common.
        known.uses && isSized(history) ? requestSizes(history, known.uses) : oversizedRequests(history, seen),
        idleNotebook(history, known.uses ?? []),
        unmountedVolumes(history),
      ]);
      // GPUs of what something is said about already would be saved twice.
      if (!isSaid && owner?.kind === "team" && history.days.some(({ gpuHours }) => gpuHours > 0n)) {
        const place = namespaceKey(history);
        gpuPlaces.set(place, withGpusOf(gpuPlaces.get(place), history, owner.id));
      }
    },
    finish() {
      for (const known of traffic)
        say(known, ownerOfHistory(known) ?? NOBODY, [
          networkTraffic(
            known.history,
            namespaces.get(namespaceKey(known.history))?.cost ?? 0n,
            context.days,
          ),
        ]);
      for (const place of context.runHours ? gpuPlaces.values() : []) {
        const cost = [...place.days.values()].reduce((sum, { gpuCost }) => sum + gpuCost, 0n);
        const seen = measured.get(place.cluster) ?? NOTHING_MEASURED;
        say({ trueController: "", trueLabel: "", cost }, { kind: "team", id: place.team }, [
          stillThere(gpusOutsideRuns(place, context.runHours ?? (() => undefined), seen), last),
        ]);
      }
      for (const each of unowned.values())
        if (each.until >= addDays(last, -GONE_DAYS))
          say({ trueController: "", trueLabel: "", cost: each.cost }, NOBODY, [
            unownedNamespace(each, teams),
          ]);
      for (const [place, quotas] of context.quotas ?? []) {
        const namespace = namespaces.get(place);
        if (!namespace || namespace.owner?.kind === "system") continue;
        const { cost, owner = NOBODY, hiddenAs } = namespace;
        for (const quota of quotas)
          say({ trueController: quota.name, trueLabel: "", cost }, owner, [
            quotaAboveUse(quota, quotas, hiddenAs ?? quota.name, cost),
          ]);
      }
      for (const { cluster, days, nodes } of context.clusters) {
        const tenant = tenantOf(context.registry, { cluster, node: "" }, last);
        const owner: AdviceOwner = tenant === undefined ? NOBODY : { kind: "team", id: tenant };
        const cost = days.reduce((sum, { total }) => sum + total, 0n);
        say({ trueController: "", trueLabel: "", cost }, owner, [idleCapacity(cluster, days, nodes)]);
      }
      return said.toSorted(byWorth);
    },
  };
}

function isKubernetes({ kind }: CostHistory): boolean {
  return kind === "workload" || kind === "unmounted";
}

function isSized({ controllerKind }: CostHistory): boolean {
  return controllerKind !== "";
}

function isGone({ history, last }: KnownHistory, today: Day): boolean {
  return last < addDays(today, -(isJob(history) ? GONE_JOB_DAYS : GONE_DAYS));
}

function stillThere(finding: Finding | undefined, today: Day): Finding | undefined {
  return finding && finding.until >= addDays(today, -GONE_BILL_DAYS) ? finding : undefined;
}

function joined(before: UnownedNamespace | undefined, known: KnownHistory): UnownedNamespace {
  const { history, costCenter, first, last, cost } = known;
  const sorted = (values: readonly string[] = [], one: string): string[] =>
    [...new Set([...values, one])].filter((value) => value !== "").toSorted();
  return {
    cluster: history.cluster,
    namespace: history.namespace,
    labels: sorted(before?.labels, history.teamLabel),
    costCenters: sorted(before?.costCenters, costCenter),
    since: before && before.since < first ? before.since : first,
    until: before && before.until > last ? before.until : last,
    cost: (before?.cost ?? 0n) + cost,
  };
}

/** The finding that saves most; of equals the one whose kind comes first. */
function largest(findings: readonly Finding[]): Finding | undefined {
  const place = ({ kind }: Finding): number => ADVICE_KINDS.indexOf(kind);
  return findings.toSorted(
    (a, b) => descending(a.cash + a.freed, b.cash + b.freed) || place(a) - place(b),
  )[0];
}

function recommendationOf(
  finding: Finding,
  { trueController, trueLabel, cost }: KnownOf,
  owner: AdviceOwner,
  completeDays: number,
): Recommendation {
  const month = (picos: bigint): bigint => (picos > 0n ? (picos * MONTH_DAYS) / BigInt(completeDays) : 0n);
  const costMonth = month(cost);
  // A credit on other days can leave less cost than the days of evidence had.
  const cash = least(month(finding.cash), costMonth);
  const freed = least(month(finding.freed), costMonth - cash);
  const { kind, subject } = finding;
  // Whoever asks and whatever is hidden from them, it has the same id.
  const billLine =
    kind === "unowned-buckets" ? [...subject.billLine.slice(0, -1), trueLabel] : subject.billLine;
  const named = { ...subject, controller: trueController, billLine };
  const id = sha256(canonicalJson([kind, named])).slice(0, ID_LENGTH);
  return { ...finding, id, owner, trueController, cash, freed, cost: costMonth };
}

/** Of 48 bits: a platform has thousands of recommendations. */
const ID_LENGTH = 12;

/** What it is about: the saving, or of what saves nothing by itself the cost behind it. */
function worthOf({
  kind,
  cash,
  freed,
  cost,
}: Pick<Recommendation, "kind" | "cash" | "freed" | "cost">): bigint {
  return savesNothing(kind) ? cost : cash + freed;
}

function byWorth(a: Recommendation, b: Recommendation): number {
  return (
    descending(a.cash + a.freed, b.cash + b.freed) ||
    descending(worthOf(a), worthOf(b)) ||
    (a.id < b.id ? -1 : 1)
  );
}

function descending(a: bigint, b: bigint): number {
  return a === b ? 0 : a > b ? -1 : 1;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
