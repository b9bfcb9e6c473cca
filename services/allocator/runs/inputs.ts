import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, run } from "@apportion/clickhouse/query";
import {
  addDays,
  chargePeriodOf,
  daysOf,
  firstDayOf,
  nextBillingPeriod,
  type BillingPeriod,
  type Day,
} from "@apportion/domain/period";
import { isEffectiveOn, type Registry } from "@apportion/domain/tenancy";
import { canonicalJson, sha256 } from "@apportion/runtime/hash";
import { limitsOn } from "../allocation/month-limits.js";
import { policiesOn, type Policies } from "../allocation/policy.js";
import { KUBERNETES_SOURCE } from "../allocation/rate-variance.js";
import type { ExpectedReading } from "../config.js";
import { dateTimeParameter } from "../intake/facts-tables.js";

/** A visible snapshot as a run pins it. */
export interface PinnedSnapshot {
  readonly dataset: "cost" | "usage" | "bill";
  readonly source: string;
  readonly scope: string;
  readonly day: Day;
  readonly snapshotId: string;
  readonly readAt: string;
  /** What its dollars are; empty for usage. */
  readonly claims: readonly string[];
}

const CURRENT_SNAPSHOTS_OF_MONTH = defineQuery({
  name: "visible snapshots of a month",
  sql: `SELECT dataset, source, scope, toString(toDate(charge_period_start)) AS day, snapshot_id, read_at, claims
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
    claims: z.array(z.string()),
  }),
});

export async function visibleSnapshots(
  clickhouse: ClickHouse,
  period: BillingPeriod,
): Promise<PinnedSnapshot[]> {
  const rows = await run(clickhouse, CURRENT_SNAPSHOTS_OF_MONTH, {
    start: dateTimeParameter(chargePeriodOf(firstDayOf(period)).start),
    end: dateTimeParameter(chargePeriodOf(firstDayOf(nextBillingPeriod(period))).start),
  });
  return rows.map(({ snapshot_id, read_at, ...rest }) => ({
    ...rest,
    snapshotId: snapshot_id,
    readAt: read_at,
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
  return (await run(clickhouse, COLLECTED_PERIODS, {})).map((row) => row.billing_period);
}

/** The registry and policies with which the allocator works, and since when it does. */
export interface AllocationRules {
  readonly registry: Registry;
  readonly policies: Policies;
  readonly expectedReadings: readonly ExpectedReading[];
  /** ClickHouse DateTime64 text in UTC. */
  readonly activatedAt: string;
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
  /** Of the bill, where it says what Kubernetes cost; empty while a reading of it or of a cluster is missing. */
  readonly billSnapshotIds: readonly string[];
  readonly metersWithoutReading: ReadonlySet<string>;
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
  const missing = [...missingReadings(day, visible, rules.expectedReadings), ...rivals];
  const bills = comparableBills(day, costs, visible, missing);
  // Rivals and bills that are not compared are looked at too: when one drops out, the run must not look older than before.
  const inputs = [...ofDay.filter(({ dataset }) => dataset !== "usage"), ...usages];
  const costSnapshotIds = costs.map((snapshot) => snapshot.snapshotId).sort();
  const usageSnapshotIds = usages.map((snapshot) => snapshot.snapshotId).sort();
  const usageDays = [...new Set(usages.map((snapshot) => snapshot.day))].sort();
  const billSnapshotIds = bills.map((snapshot) => snapshot.snapshotId).sort();
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
    metersWithoutReading: metersWithoutReading(usages, rules.expectedReadings),
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
  if (!last || limitsOn(rules.policies, last.day).length === 0) return days;
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
  { registry, policies }: Pick<AllocationRules, "registry" | "policies">,
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
  };
}

/**
 * Snapshots that became visible at the same moment can claim the same dollars, since each was alone when it was looked at. Here,
 * where one allocator works on the day, of two such claimants the first by source and scope is kept; the other is named.
 */
function withoutRivals(costs: readonly PinnedSnapshot[]): {
  readonly kept: PinnedSnapshot[];
  readonly rivals: string[];
} {
  const owners = new Map<string, PinnedSnapshot>();
  const kept: PinnedSnapshot[] = [];
  const rivals: string[] = [];
  for (const snapshot of costs) {
    const claims = snapshot.claims.filter((claim) => claim !== "");
    const claimed = claims.find((claim) => owners.has(claim));
    const other = claimed === undefined ? undefined : owners.get(claimed);
    if (other) {
      rivals.push(
        `cost/${snapshot.source}/${snapshot.scope} (claims ${claimed}, as ${other.source}/${other.scope} does)`,
      );
      continue;
    }
    for (const claim of claims) owners.set(claim, snapshot);
    kept.push(snapshot);
  }
  return { kept, rivals };
}

/** The bill and Kubecost are compared only where both are whole: otherwise the difference is of what was not read yet. */
function comparableBills(
  day: Day,
  costs: readonly PinnedSnapshot[],
  visible: readonly PinnedSnapshot[],
  missing: readonly string[],
): PinnedSnapshot[] {
  const clusters = costs.filter(({ source }) => source === KUBERNETES_SOURCE);
  const isMissing = missing.some(
    (name) => name.startsWith(`cost/${KUBERNETES_SOURCE}/`) || name.startsWith("bill/"),
  );
  if (isMissing || !clusters.every(isWhole)) return [];
  return visible.filter(
    (snapshot) => snapshot.dataset === "bill" && snapshot.day === day && isWhole(snapshot),
  );
}

function missingReadings(
  day: Day,
  visible: readonly PinnedSnapshot[],
  expected: readonly ExpectedReading[],
): string[] {
  const present = new Set(
    visible
      .filter((snapshot) => snapshot.day === day && isWhole(snapshot))
      .map(({ dataset, source, scope }) => `${dataset}/${source}/${scope}`),
  );
  return expected
    .filter(({ dataset }) => dataset !== "bucket")
    .map(({ dataset, source, scope }) => `${dataset}/${source}/${scope}`)
    .filter((name) => !present.has(name))
    .sort();
}

/**
 * A reading that was made while its day was running is only as long as the day had been. An empty one is whole: intake makes it visible
 * only where nothing ran before either, or when two people said that nothing ran.
 */
function isWhole({ day, readAt }: PinnedSnapshot): boolean {
  return readAt >= `${addDays(day, 1)} 00:00:00.000`;
}

export function metersWithoutReading(
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
