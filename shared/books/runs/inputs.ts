import { z } from "zod";
import type { UnreadMeters } from "@apportion/allocation/drivers";
import { type Policies, policiesOn } from "@apportion/allocation/policy";
import { KUBERNETES_SOURCE } from "@apportion/allocation/rate-variance";
import { rulesOn } from "@apportion/allocation/rules-of-day";
import { BILL_LAG_DAYS } from "@apportion/aws/bill-lines";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { type Finality, isExplanation } from "@apportion/domain/facts";
import { canonicalJson, sha256 } from "@apportion/domain/hash";
import { type Missing, printMissing, readingId, type ReadingId } from "@apportion/domain/missing";
import {
  addDays,
  type BillingPeriod,
  chargePeriodOf,
  type Day,
  daysOf,
  firstDayOf,
  nextBillingPeriod,
} from "@apportion/domain/period";
import { accountOf, isEffectiveOn, type Registry } from "@apportion/domain/tenancy";
import type { ExpectedReading } from "@apportion/registry/allocation";
import { dateTimeParameter } from "../readings/facts-tables.js";

/** A visible snapshot as a run pins it. */
export interface PinnedSnapshot {
  readonly dataset: "cost" | "usage" | "bill";
  readonly source: string;
  readonly scope: string;
  readonly day: Day;
  readonly snapshotId: string;
  readonly readAt: string;
  readonly finality: Finality;
  /** What its dollars are; empty for usage. */
  readonly claims: readonly string[];
  /** Of a bill: whether it says what the machines behind Kubernetes cost. */
  readonly pricesKubernetes: boolean;
}

const CURRENT_SNAPSHOTS_OF_MONTH = defineQuery({
  name: "visible snapshots of a month",
  sql: `SELECT dataset, source, scope, toString(toDate(charge_period_start)) AS day, snapshot_id, read_at, finality, claims,
  snapshot_id IN (SELECT bill_facts.snapshot_id FROM bill_facts
    WHERE bill_facts.charge_period_start >= {start:DateTime('UTC')} AND bill_facts.charge_period_start < {end:DateTime('UTC')}
      AND owner = '${KUBERNETES_SOURCE}' AND effective_cost != 0) AS prices_kubernetes
FROM current_snapshots
WHERE dataset IN ('cost', 'usage', 'bill')
  AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
ORDER BY dataset, source, scope, charge_period_start`,
  params: z.object({ start: z.string(), end: z.string() }),
  row: z.object({
    dataset: z.enum(["cost", "usage", "bill"]),
    source: z.string(),
    scope: z.string(),
    day: z.string().transform((text) => text as Day),
    snapshot_id: z.string(),
    read_at: z.string(),
    finality: z.enum(["final", "provisional"]),
    claims: z.array(z.string()),
    prices_kubernetes: z.number(),
  }),
});

export async function visibleSnapshots(
  clickhouse: ClickHouse,
  period: BillingPeriod,
): Promise<PinnedSnapshot[]> {
  const rows = await select(clickhouse, CURRENT_SNAPSHOTS_OF_MONTH, {
    start: dateTimeParameter(chargePeriodOf(firstDayOf(period)).start),
    end: dateTimeParameter(chargePeriodOf(firstDayOf(nextBillingPeriod(period))).start),
  });
  return rows.map(({ snapshot_id, read_at, prices_kubernetes, ...rest }) => ({
    ...rest,
    snapshotId: snapshot_id,
    readAt: read_at,
    pricesKubernetes: prices_kubernetes === 1,
  }));
}

const COLLECTED_PERIODS = defineQuery({
  name: "months with collected cost",
  sql: `SELECT DISTINCT formatDateTime(charge_period_start, '%Y-%m') AS billing_period FROM current_snapshots
WHERE dataset = 'cost' ORDER BY billing_period`,
  params: z.object({}),
  row: z.object({ billing_period: z.string().transform((text) => text as BillingPeriod) }),
});

/** Months for which cost was collected. */
export async function collectedPeriods(clickhouse: ClickHouse): Promise<BillingPeriod[]> {
  return (await select(clickhouse, COLLECTED_PERIODS, {})).map((row) => row.billing_period);
}

/** The registry and policies with which the allocator works, and since when it does. */
export interface AllocationRules {
  readonly registry: Registry;
  readonly policies: Policies;
  readonly expectedReadings: readonly ExpectedReading[];
  /** ClickHouse DateTime64 text in UTC. */
  readonly activatedAt: string;
  /** How they are to be read; absent of the first. */
  readonly semantics?: number;
}

/** Everything a run of a day starts from. It reads by these ids, so inputs that move meanwhile do not move it. */
export interface RunInputs {
  readonly runId: string;
  readonly day: Day;
  readonly billingPeriod: BillingPeriod;
  readonly costSnapshotIds: readonly string[];
  readonly usageSnapshotIds: readonly string[];
  /** Days of the usage snapshots: usage belongs to who owned its namespace on its own day, so their ownership counts too. */
  readonly usageDays: readonly Day[];
  /** Bills that say what the clusters on them cost; one that is not there yet, or not whole, is left out with its clusters at list price. */
  readonly billSnapshotIds: readonly string[];
  readonly metersWithoutReading: UnreadMeters;
  /** Where limits of the month are applied on this day: the runs of all other days, whose shares they bound. */
  readonly monthRunIds: readonly string[];
  /** When the newest input was read. */
  readonly asOf: string;
  /**
   * Of two runs of a day under the same rules, the one with the greater version is the current one: the sum of the read times
   * of its inputs in milliseconds. Inputs are only ever added, or replaced by later ones, so it grows with each of them,
   * wherever and in whatever order runs are written.
   */
  readonly inputVersion: bigint;
  /** Since when the rules are in force; runs under later rules win. */
  readonly rulesActivatedAt: string;
  readonly registryHash: string;
  readonly policyHash: string;
  /** Names of the expected readings that are not there. */
  readonly missing: readonly string[];
}

/** Pins the inputs of a day, or undefined when no cost was read for it. Usage is that of the billing month so far. */
export function pinInputs(
  day: Day,
  billingPeriod: BillingPeriod,
  visible: readonly PinnedSnapshot[],
  rules: AllocationRules,
): RunInputs | undefined {
  const ofDay = visible.filter((snapshot) => snapshot.day === day);
  const { kept: costs, rivals } = withoutRivals(ofDay.filter(({ dataset }) => dataset === "cost"));
  if (costs.length === 0) return undefined;
  const usages = visible.filter((snapshot) => snapshot.dataset === "usage");
  const absent = missingReadings(day, visible, rules.expectedReadings);
  const unread = [...absent, ...rivals.map(({ snapshot }) => snapshot)];
  const { comparable, silent } = billsOf(ofDay, costs, unread, rules.registry);
  const missing = [
    ...absent.map((reading): Missing => ({ ...reading, why: { kind: "not-read" } })),
    ...rivals.map(({ snapshot, why }): Missing => ({ ...snapshot, why })),
    ...silent.map((bill): Missing => ({ ...bill, why: { kind: "silent" } })),
  ].map(printMissing);
  // Rivals and bills that are not compared are looked at too: when one drops out, the run must not look older than before.
  const inputs = [...ofDay.filter(({ dataset }) => dataset !== "usage"), ...usages];
  const costSnapshotIds = costs.map((snapshot) => snapshot.snapshotId).sort();
  const usageSnapshotIds = usages.map((snapshot) => snapshot.snapshotId).sort();
  const usageDays = [...new Set(usages.map((snapshot) => snapshot.day))].sort();
  const billSnapshotIds = comparable.map((snapshot) => snapshot.snapshotId).sort();
  const pinned = {
    day,
    costSnapshotIds,
    usageSnapshotIds,
    usageDays,
    billSnapshotIds,
    monthRunIds: [],
    missing,
  };
  return {
    ...pinned,
    ...runIdentity(pinned, rules),
    billingPeriod,
    metersWithoutReading: unreadMeters(day, usages, rules.expectedReadings),
    asOf: inputs.reduce((latest, { readAt }) => (readAt > latest ? readAt : latest), ""),
    inputVersion: inputs.reduce(
      (sum, { readAt }) => sum + BigInt(Date.parse(`${readAt.replace(" ", "T")}Z`)),
      0n,
    ),
    rulesActivatedAt: rules.activatedAt,
  };
}

/**
 * Pins the inputs of all days of a month for which cost was read. Where a policy has caps or minimums, the last day's run applies them
 * and starts from the runs of all other days too.
 */
export function pinMonth(
  period: BillingPeriod,
  visible: readonly PinnedSnapshot[],
  rules: AllocationRules,
): RunInputs[] {
  const days = daysOf(period).flatMap((day) => pinInputs(day, period, visible, rules) ?? []);
  const last = days.at(-1);
  if (!last || rulesOn(rules, last.day).limited.length === 0) return days;
  const others = days.slice(0, -1);
  const monthRunIds = others.map(({ runId }) => runId);
  const inputVersion = days.reduce((sum, each) => sum + each.inputVersion, 0n);
  const bounded = { ...last, monthRunIds, inputVersion };
  return [...others, { ...bounded, ...runIdentity(bounded, rules) }];
}

/** The id of a run is the hash of all that it starts from: the same inputs give the same run, wherever it is made. */
export function runIdentity(
  inputs: Pick<
    RunInputs,
    | "day"
    | "costSnapshotIds"
    | "usageSnapshotIds"
    | "usageDays"
    | "billSnapshotIds"
    | "monthRunIds"
    | "missing"
  >,
  { registry, policies, semantics }: Pick<AllocationRules, "registry" | "policies" | "semantics">,
): Pick<RunInputs, "runId" | "registryHash" | "policyHash"> {
  const { day, costSnapshotIds, usageSnapshotIds, usageDays, billSnapshotIds, monthRunIds, missing } = inputs;
  const registryHash = registryHashOn(registry, day);
  const usageRegistryHashes = [...new Set(usageDays.map((each) => registryHashOn(registry, each)))];
  const policyHash = sha256(canonicalJson(policiesOn(policies, day)));
  const identity = {
    day,
    costSnapshotIds,
    usageSnapshotIds,
    billSnapshotIds,
    monthRunIds,
    registryHash,
    usageRegistryHashes,
    policyHash,
    missing,
    ...(semantics !== undefined && { semantics }),
  };
  return { runId: sha256(canonicalJson(identity)).slice(0, 32), registryHash, policyHash };
}

const registryHashes = new WeakMap<Registry, Map<Day, string>>();

/** Asked for every day of the usage by every day of a month, so each is computed once. */
function registryHashOn(registry: Registry, day: Day): string {
  const known = registryHashes.get(registry) ?? new Map<Day, string>();
  registryHashes.set(registry, known);
  const hash = known.get(day) ?? sha256(canonicalJson(registrySlice(registry, day)));
  known.set(day, hash);
  return hash;
}

/**
 * What of the registry can move a dollar on that day. Contacts, budgets and rules of other days are left out, so editing
 * them re-allocates nothing.
 */
function registrySlice(registry: Registry, day: Day): object {
  return {
    teams: registry.teams.filter((team) => isEffectiveOn(team, day)).map((team) => team.id),
    sharedServices: registry.sharedServices.map((service) => service.id),
    dedicatedClusters: registry.dedicatedClusters
      .filter((each) => isEffectiveOn(each, day))
      .map(({ cluster, team }) => ({ cluster, team })),
    nodePools: registry.nodePools
      .filter((each) => isEffectiveOn(each, day))
      .map(({ cluster, id, nodes, team }) => ({ cluster, id, nodes, ...(team !== undefined && { team }) })),
    rules: registry.rules
      .filter((rule) => isEffectiveOn(rule, day))
      .map(({ owner, match }) => ({ owner, match })),
    accounts: registry.accounts,
  };
}

interface Rival {
  readonly snapshot: PinnedSnapshot;
  readonly why: Extract<Missing["why"], { readonly kind: "rival" }>;
}

/**
 * Snapshots that became visible at the same moment can claim the same dollars, since each was alone when it was looked at. Here,
 * where one allocator works on the day, of two such claimants the first by source and scope is kept; the other is named.
 */
function withoutRivals(costs: readonly PinnedSnapshot[]): {
  readonly kept: PinnedSnapshot[];
  readonly rivals: Rival[];
} {
  const owners = new Map<string, PinnedSnapshot>();
  const kept: PinnedSnapshot[] = [];
  const rivals: Rival[] = [];
  for (const snapshot of costs) {
    const claims = snapshot.claims.filter((claim) => claim !== "");
    const claimed = claims.find((claim) => owners.has(claim));
    const other = claimed === undefined ? undefined : owners.get(claimed);
    if (claimed !== undefined && other) {
      rivals.push({
        snapshot,
        why: { kind: "rival", claim: claimed, of: `${other.source}/${other.scope}` },
      });
      continue;
    }
    for (const claim of claims) owners.set(claim, snapshot);
    kept.push(snapshot);
  }
  return { kept, rivals };
}

/**
 * A bill and the clusters on it are compared only where all of them are whole and the bill is settled: otherwise the difference is of
 * what was not read, or not billed, yet. Until then the clusters are at list price. `silent` are settled bills without any line of the
 * machines of their clusters: these are on another bill, or on none, which somebody has to say.
 */
function billsOf(
  ofDay: readonly PinnedSnapshot[],
  costs: readonly PinnedSnapshot[],
  unread: readonly ReadingId[],
  registry: Registry,
): { readonly comparable: PinnedSnapshot[]; readonly silent: PinnedSnapshot[] } {
  const clustersOn = <R extends ReadingId>(readings: readonly R[], account: string): R[] =>
    readings.filter(
      ({ dataset, source, scope }) =>
        dataset === "cost" && source === KUBERNETES_SOURCE && accountOf(registry, scope) === account,
    );
  const settled = ofDay.filter((snapshot) => snapshot.dataset === "bill" && isSettledBill(snapshot));
  return {
    comparable: settled.filter(
      ({ scope, pricesKubernetes }) =>
        pricesKubernetes && clustersOn(unread, scope).length === 0 && clustersOn(costs, scope).every(isWhole),
    ),
    silent: settled.filter(
      ({ scope, pricesKubernetes }) => !pricesKubernetes && clustersOn(costs, scope).length > 0,
    ),
  };
}

function missingReadings(
  day: Day,
  visible: readonly PinnedSnapshot[],
  expected: readonly ExpectedReading[],
): ExpectedReading[] {
  const present = new Set(
    visible.filter((snapshot) => snapshot.day === day && isWhole(snapshot)).map(readingId),
  );
  return expected
    .filter((reading) => !isExplanation(reading.dataset) && !present.has(readingId(reading)))
    .toSorted((a, b) => (readingId(a) < readingId(b) ? -1 : 1));
}

function isSettledBill({ day, readAt, finality }: PinnedSnapshot): boolean {
  return finality === "final" || readAt >= `${addDays(day, 1 + BILL_LAG_DAYS)} 00:00:00.000`;
}

/**
 * A reading that was made while its day was running is only as long as the day had been. An empty one is whole: intake makes it visible
 * only where nothing ran before either, or when two people said that nothing ran.
 */
function isWhole({ day, readAt }: PinnedSnapshot): boolean {
  return readAt >= `${addDays(day, 1)} 00:00:00.000`;
}

/** Meters that nothing was read of in the month, and on the day. */
export function unreadMeters(
  day: Day,
  usages: readonly Pick<PinnedSnapshot, "source" | "scope" | "day">[],
  expected: readonly ExpectedReading[],
): UnreadMeters {
  return {
    "billing-month": metersWithoutReading(usages, expected),
    day: metersWithoutReading(
      usages.filter((usage) => usage.day === day),
      expected,
    ),
  };
}

function metersWithoutReading(
  usages: readonly Pick<PinnedSnapshot, "source" | "scope">[],
  expected: readonly ExpectedReading[],
): Set<string> {
  return new Set(
    expected.flatMap(({ dataset, source, scope, meter }) =>
      dataset === "usage" &&
      meter !== undefined &&
      !usages.some((usage) => usage.source === source && usage.scope === scope)
        ? [meter]
        : [],
    ),
  );
}
