import type { Policies } from "@apportion/allocation/policy";
import { activateRules } from "@apportion/allocator/activate-rules";
import { createRequestHandler } from "@apportion/allocator/request-handler";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { EmbeddedClickHouse } from "@apportion/clickhouse/embedded/supervisor";
import { billingPeriodOf, chargePeriodOf, type Day, parseBillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { EventLog } from "@apportion/event-log/log";
import { allocationRequest } from "@apportion/events/allocation-requests";
import { type SnapshotSealed, TOPICS } from "@apportion/events/catalogue";
import { storedSnapshots } from "@apportion/intake/compare";
import { sealSnapshots } from "@apportion/intake/seal";
import { silentLogger } from "@apportion/runtime/logger";
import { withEngine } from "./engine.js";
import type { CompanySize } from "./size.js";

export const MONTH = parseBillingPeriod("2026-10");
const HOURS = 24;

const ID_DIGITS = 4;
export const id = (index: number): string => String(index).padStart(ID_DIGITS, "0");

/** In SQL, what {@link id} gives. */
export const idSql = (index: string): string => `leftPad(toString(${index}), ${ID_DIGITS}, '0')`;

export const rowsOfDay = ({ containers }: CompanySize): number => containers * HOURS;

export function registryOf({ teams, pools }: CompanySize): Registry {
  return {
    teams: Array.from({ length: teams }, (_, index) => ({
      id: `t${id(index)}`,
      name: `Team ${index}`,
      costCenter: `cc-${index}`,
      complianceLevel: "standard",
      contacts: [],
      budgets: [],
    })),
    sharedServices: Array.from({ length: pools }, (_, index) => ({
      id: `s${id(index)}`,
      name: `Service ${index}`,
    })),
    dedicatedClusters: [],
    nodePools: [],
    rules: [
      ...Array.from({ length: teams }, (_, index) => ({
        owner: { kind: "team" as const, id: `t${id(index)}` },
        match: { namespace: `team-${id(index)}` },
      })),
      ...Array.from({ length: pools }, (_, index) => ({
        owner: { kind: "shared-service" as const, id: `s${id(index)}` },
        match: { namespace: `shared-${id(index)}` },
      })),
    ],
  };
}

/** Half of the pools follow a meter, half direct cost. Those that serve each other do so at once. */
export function policiesOf({ pools }: CompanySize) {
  return {
    pools: Array.from({ length: pools / 2 }, (_, index) => ({
      pool: `s${id(index)}`,
      methods: [
        { kind: "usage" as const, meters: [{ meter: `m${id(index)}`, percent: "100" }] },
        { kind: "even" as const },
      ],
      exempt: [],
      caps: {},
      minimums: {},
    })),
    betweenServices: [{ method: "reciprocal" as const, order: [] }],
  };
}

/** A company on an engine of its own. */
export interface Company {
  readonly clickhouse: ClickHouse;
  /** How another process reaches it. */
  readonly engine: EmbeddedClickHouse;
  readonly log: EventLog;
  /** From the request to sealed runs, under the company's rules. */
  readonly allocate: (days: readonly Day[]) => Promise<void>;
  /** Puts other policies into force. */
  readonly activate: (policies: Policies) => Promise<void>;
}

/** Opens a company with the days that `fill` gives it, and closes it when the work is done. */
export async function withCompany<T>(
  size: CompanySize,
  fill: (clickhouse: ClickHouse) => Promise<void>,
  work: (company: Company) => Promise<T>,
): Promise<T> {
  return withEngine(async ({ clickhouse, engine, log }) => {
    await fill(clickhouse);
    const activated = (policies: Policies, day: Day) =>
      activateRules(clickhouse, registryOf(size), policies, [], new Date(`${day}T00:00:00Z`));
    let { rules } = await activated(policiesOf(size), "2026-11-01" as Day);
    const activate = async (policies: Policies): Promise<void> => {
      ({ rules } = await activated(policies, "2026-11-02" as Day));
    };
    const deps = { clickhouse, log, logger: silentLogger, clock: () => new Date() };
    const handle = createRequestHandler(deps, () => rules);
    const allocate = async (days: readonly Day[]): Promise<void> => {
      for (const period of new Set(days.map(billingPeriodOf))) {
        const ofPeriod = days.filter((day) => billingPeriodOf(day) === period);
        const { topic, key, headers, value } = allocationRequest(period, ofPeriod, "bench", new Date());
        const position = { topic, partition: 0, offset: "0" };
        const message = { topic, key, headers, value, position };
        const letters = await handle([message], new AbortController().signal);
        if (letters.length > 0) throw new Error(letters[0]?.reason);
      }
    };
    return await work({ clickhouse, engine, log, allocate, activate });
  });
}

/** One namespace in twenty is a shared service's. */
export function namespaceOf({ teams, pools }: CompanySize): string {
  return `if(container % 20 = 0, concat('shared-', ${idSql(`intDiv(container, 20) % ${pools}`)}),
  concat('team-', ${idSql(`container % ${teams}`)}))`;
}

/** A day of facts, each container's hour a row. A later version of a day costs more and takes the place of the first. */
export async function insertDay(
  clickhouse: ClickHouse,
  size: CompanySize,
  day: Day,
  version: string,
  rows: number = rowsOfDay(size),
): Promise<void> {
  const { containers } = size;
  const snapshot = `${version}-${day}`;
  const cost = version === "first" ? "(1 + container % 97) / 1000" : "(2 + container % 97) / 1000";
  await clickhouse.command({
    query: `INSERT INTO cost_facts (snapshot_id, source, scope, charge_period_start, charge_period_end, kind, cluster, namespace,
  controller_kind, controller, team_label, cpu_cost, ram_cost, effective_cost, billed_cost, cpu_core_hours)
SELECT '${snapshot}', 'kubecost', 'bench', toDateTime('${day} 00:00:00', 'UTC') + toIntervalHour(hour) AS start,
  start + toIntervalHour(1), 'workload', concat('cluster-', toString(container % 3)), ${namespaceOf(size)}, 'deployment',
  concat('workload-', toString(intDiv(container, 4))), '', toDecimal128(${cost}, 12) AS half,
  half, half + half AS cost, cost, toDecimal128(1, 12)
FROM (SELECT number % ${containers} AS container, intDiv(number, ${containers}) AS hour FROM numbers(${rows}))`,
  });
  await seal(clickhouse, { dataset: "cost", source: "kubecost", snapshotId: snapshot, day, version });
}

/** As intake does: costs get their cells. */
export async function seal(
  clickhouse: ClickHouse,
  of: {
    readonly dataset: "cost" | "usage" | "workload-utilisation";
    readonly source: string;
    readonly scope?: string;
    readonly snapshotId: string;
    readonly day: Day;
    readonly version: string;
  },
): Promise<void> {
  const { dataset, source, snapshotId, day, version, scope = "bench" } = of;
  const identity = { dataset, source, snapshotId, scope, chargePeriod: chargePeriodOf(day) };
  const stored = await storedSnapshots(clickhouse, [{ seal: identity }]);
  const found = stored.get(snapshotId);
  if (!found) throw new Error(`${snapshotId} has no rows`);
  const sealed: SnapshotSealed = {
    ...identity,
    readAt: `${version === "first" ? "2026-11-05" : "2026-11-06"}T00:00:00Z`,
    finality: "final",
    currency: "USD",
    chunkCount: 1,
    rowCount: Number(found.rows),
    amount: found.amount,
    contentHash: "",
  };
  const position = { topic: TOPICS.readings.name, partition: 0, offset: "0" };
  const different = await sealSnapshots(clickhouse, [{ seal: sealed, position }], stored);
  if (different.size > 0) throw new Error([...different.values()].join());
}

/** Every meter counts what each team uses on each day, and those of pools that serve others what each pool uses. */
export async function insertUsage(
  clickhouse: ClickHouse,
  { teams, pools, serving = 10 }: CompanySize,
  days: readonly Day[],
): Promise<void> {
  const meters = pools / 2;
  const ofTeams = teams * meters;
  const used = Math.min(meters, serving);
  const service = `intDiv(number - ${ofTeams}, ${used})`;
  for (const day of days) {
    await clickhouse.command({
      query: `INSERT INTO usage_facts (snapshot_id, source, scope, charge_period_start, charge_period_end, meter, unit, team_label, namespace, quantity)
SELECT 'usage-${day}', 'prometheus', 'bench', '${day} 00:00:00', toDateTime('${day} 00:00:00', 'UTC') + toIntervalDay(1),
  concat('m', ${idSql(`if(number < ${ofTeams}, number % ${meters}, (number - ${ofTeams}) % ${used})`)}), 'requests', '',
  if(number < ${ofTeams}, concat('team-', ${idSql(`intDiv(number, ${meters})`)}), concat('shared-', ${idSql(service)})),
  1 + cityHash64(number) % 1000 FROM numbers(${ofTeams + pools * used})`,
    });
    await seal(clickhouse, {
      dataset: "usage",
      source: "prometheus",
      snapshotId: `usage-${day}`,
      day,
      version: "first",
    });
  }
}

/** What ownership needs of the facts, and nothing else. */
export async function groupAll(clickhouse: ClickHouse, snapshots: string): Promise<void> {
  const answer = await clickhouse.query({
    query: `SELECT toDate(charge_period_start) AS day, source, scope, kind, cluster, namespace, team_label,
  if(kind = 'bill', service, '') AS owning_service, if(kind = 'bill', record_type, '') AS owning_record_type,
  sum(toDecimal256(cpu_cost, 12)), sum(toDecimal256(gpu_cost, 12)), sum(toDecimal256(ram_cost, 12)), sum(toDecimal256(pv_cost, 12)),
  sum(toDecimal256(load_balancer_cost, 12)), sum(toDecimal256(effective_cost, 12))
FROM cost_facts WHERE snapshot_id LIKE '${snapshots}'
GROUP BY day, source, scope, kind, cluster, namespace, team_label, owning_service, owning_record_type`,
    format: "JSONEachRow",
  });
  await answer.text();
}
