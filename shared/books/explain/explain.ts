import {
  reasonWithoutOwner,
  subjectOf,
  type AllocationLine,
  type LineOwner,
} from "@apportion/allocation/allocate";
import { idlePartsOf, idlePoolId } from "@apportion/allocation/idle";
import { policiesOn, policyOf, type PolicyOfDay } from "@apportion/allocation/policy";
import { KUBERNETES_SOURCE, RATE_VARIANCE } from "@apportion/allocation/rate-variance";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { run } from "@apportion/clickhouse/query";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { isCommitment, isUsage } from "@apportion/domain/record-types";
import { composeStatements, type StatementLine } from "@apportion/domain/statement";
import { nodePoolOf, ownerResolver, tenantOf } from "@apportion/domain/tenancy";
import { factsOf, recomputables, recomputer, toMonthLine, type Recomputable } from "../runs/recompute.js";
import { postedCorrections, type PostedCorrection } from "./posted-corrections.js";
import { FACTS, POSITIONS, type FactRow } from "./queries.js";

/** A line of a statement, numbered as it is printed. */
export interface NumberedLine extends Omit<StatementLine, "picos" | "cents"> {
  readonly line: number;
  /** Exact decimal, and what is charged in cents. */
  readonly amount: string;
  readonly charged: string;
}

/** One day of a line: what the share follows, and what was split. */
export interface ExplainedDay {
  readonly day: Day;
  readonly runId: string;
  readonly amount: string;
  /** What the whole pool cost on the day; equal to `amount` for direct cost. Of a limit: on all days of the month. */
  readonly poolCost: string;
  /** `driverQuantity ÷ driverTotal` is the share; both empty for direct cost. Of a limit: what the team paid before it, of what all did. */
  readonly driverQuantity: string;
  readonly driverTotal: string;
  readonly meter: string;
  /** Whose use was counted: that of the billing month, or of the day alone; empty where no usage split the pool. */
  readonly usageWindow: string;
  readonly betweenServices: string;
}

export interface ExplainedFact {
  readonly source: string;
  readonly scope: string;
  readonly kind: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly controller: string;
  /** Of idle capacity; empty where it was read for a cluster as a whole. */
  readonly node: string;
  readonly label: string;
  /** hipaa or pci where controller and label are of such a team, and not for everybody; else empty. */
  readonly protectedLevel: string;
  readonly service: string;
  readonly usageType: string;
  readonly amount: string;
  readonly snapshotId: string;
}

export interface ExplainedSnapshot {
  readonly snapshotId: string;
  readonly reading: string;
  readonly readAt: string;
  /** `topic/partition at offset` of its seal. */
  readonly log: string;
}

export interface LineExplanation {
  readonly line: NumberedLine;
  readonly days: readonly ExplainedDay[];
  /** The policy of the pool on the day that is looked at; absent for direct cost. */
  readonly policy?: PolicyOfDay;
  /** The day whose facts follow: the costliest, or the one that was asked for. */
  readonly day: Day;
  /** Facts of that day behind the line, or behind the pool that it has a share of; the costliest first. */
  readonly facts: readonly ExplainedFact[];
  /** How many facts there are; `facts` has at most {@link FACTS_SHOWN}. */
  readonly factCount: number;
  readonly snapshots: readonly ExplainedSnapshot[];
}

export interface Explanation {
  readonly month: BillingPeriod;
  readonly team: string;
  readonly charged: string;
  readonly lines: readonly NumberedLine[];
  /** Of earlier months, posted into this one: beside the statement, not in it. */
  readonly corrections: readonly PostedCorrection[];
}

/** Facts and snapshots that are listed at most: a namespace may have thousands of workloads. */
const FACTS_SHOWN = 20;

export class ExplainError extends Error {
  readonly code = "USAGE";
}

/**
 * The lines of a team's statement, numbered, and what was corrected of earlier months: there may be one without the other.
 * @throws ExplainError when the team has neither
 */
export async function explainStatement(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  team: string,
): Promise<Explanation> {
  const corrections = await postedCorrections(clickhouse, month, team);
  const { explanation } = await load(clickhouse, month, team, corrections.length > 0);
  return { ...explanation, corrections };
}

/**
 * From a line of a statement to what it follows on each day, the policy, and for one day the facts, snapshots and places in the
 * event log. All of it is computed again from what the runs pinned, so an explanation that adds up is also a proof.
 * @throws ExplainError when there is no such line or day
 */
export async function explainLine(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  team: string,
  lineNumber: number,
  onDay?: Day,
): Promise<LineExplanation> {
  const { explanation, computed } = await load(clickhouse, month, team);
  const line = explanation.lines.find((each) => each.line === lineNumber);
  if (!line)
    throw new ExplainError(`--line: the statement of ${team} has lines 1 to ${explanation.lines.length}`);
  const days: { explained: ExplainedDay; amount: bigint; run: Recomputable; behind: AllocationLine[] }[] = [];
  for (const { run: each, lines } of computed) {
    const own = lines.filter((one) => isOf(one, line) && payerOf(one.owner) === team);
    if (own.length === 0) continue;
    const amount = sum(own);
    const behind = line.pool === "" ? own : lines.filter((one) => isOfPool(one, line));
    days.push({ amount, run: each, behind, explained: explainDay(each, own, amount, sum(behind)) });
  }
  const chosen =
    onDay === undefined
      ? days.reduce((most, each) => (size(each.amount) > size(most.amount) ? each : most))
      : days.find(({ explained }) => explained.day === onDay);
  if (!chosen) throw new ExplainError(`--day: the line has nothing on ${onDay}`);
  const { stored, rules } = chosen.run;
  const policyId = line.pool.replace(/^(system|idle)\/.*$/, "$1");
  const facts = await factsBehind(clickhouse, chosen.run, line, team, chosen.behind);
  const used = new Set(facts.slice(0, FACTS_SHOWN).map(({ snapshotId }) => snapshotId));
  const measuring = line.method === "usage" ? stored.usageSnapshotIds : [];
  const pricing = line.category === "rate-variance" ? stored.billSnapshotIds : [];
  const ids = [...used, ...measuring, ...pricing].filter((id) => id !== "");
  const positions = await run(clickhouse, POSITIONS, { snapshotIds: ids });
  return {
    line,
    days: days.map(({ explained }) =>
      line.method === "limit" ? limitedMonth(explained, computed, line, team) : explained,
    ),
    ...(line.pool !== "" && { policy: policyOf(policiesOn(rules.policies, stored.day), policyId) }),
    day: stored.day,
    facts: facts.slice(0, FACTS_SHOWN),
    factCount: facts.length,
    snapshots: positions.map((position) => ({
      snapshotId: position.snapshot_id,
      reading: `${position.kind}/${position.read_from}/${position.part} of ${position.period_start.slice(0, 10)}`,
      readAt: position.read,
      log: `${position.topic}/${position.in_partition} at ${position.at}`,
    })),
  };
}

/** @param mayBeEmpty whether a payer without a statement has an empty one */
async function load(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  team: string,
  mayBeEmpty = false,
): Promise<{
  explanation: Omit<Explanation, "corrections">;
  computed: { run: Recomputable; lines: AllocationLine[] }[];
}> {
  const computed: { run: Recomputable; lines: AllocationLine[] }[] = [];
  const compute = recomputer();
  for await (const day of factsOf(clickhouse, await recomputables(clickhouse, month)))
    computed.push({ run: day.run, lines: compute(day) });
  const statements = composeStatements(computed.flatMap(({ lines }) => lines.map(toMonthLine)));
  const { teams, idle, corporate, unallocated } = statements;
  const all = new Map([
    ...teams.map((each) => [each.teamId, each] as const),
    ...[idle, corporate, unallocated].map((each) => [each.ownerKind as string, each] as const),
  ]);
  if (computed.length === 0 && !mayBeEmpty)
    throw new Error(`Nothing of ${month} is allocated yet; collect and allocate it first`);
  const statement = all.get(team) ?? (mayBeEmpty ? { lines: [], cents: 0n } : undefined);
  if (!statement)
    throw new ExplainError(
      `--team: "${team}" has no statement of ${month}; there are ${[...all.keys()].join(", ")}`,
    );
  const lines = statement.lines.map(({ picos: exact, cents, ...line }, index) => ({
    ...line,
    line: index + 1,
    amount: formatPicos(exact),
    charged: formatPicos(cents * CENT),
  }));
  return { computed, explanation: { month, team, charged: formatPicos(statement.cents * CENT), lines } };
}

const CENT = 10n ** 10n;

/** Under which name a line's payer is asked for: a team's id, or idle, corporate or unallocated, which are kept apart. */
function payerOf(owner: LineOwner): string {
  return owner.kind === "team" ? owner.teamId : owner.kind;
}

function explainDay(
  { stored }: Recomputable,
  own: readonly AllocationLine[],
  amount: bigint,
  poolCost: bigint,
): ExplainedDay {
  const [first] = own;
  const isShared = first?.pool !== "";
  return {
    day: stored.day,
    runId: stored.runId,
    amount: formatPicos(amount),
    poolCost: formatPicos(poolCost),
    driverQuantity: isShared ? formatPicos(first?.driverQuantity ?? 0n) : "",
    driverTotal: isShared ? formatPicos(first?.driverTotal ?? 0n) : "",
    meter: first?.meter ?? "",
    usageWindow: first?.usageWindow ?? "",
    betweenServices: first?.betweenServices ?? "",
  };
}

/** Lines by which a pool's cost of a day was split, of idle that of the resource; limits of the month are no cost of the pool. */
function isOfPool(
  { pool, category, method }: AllocationLine,
  line: Pick<NumberedLine, "pool" | "category">,
): boolean {
  return pool === line.pool && category === line.category && method !== "limit";
}

/** A limit follows the whole month: what the days before it charged the team, of what they charged all teams. */
function limitedMonth(
  limit: ExplainedDay,
  computed: readonly { readonly lines: readonly AllocationLine[] }[],
  line: NumberedLine,
  team: string,
): ExplainedDay {
  const shares = computed
    .flatMap(({ lines }) => lines)
    .filter((one) => isOfPool(one, line) && one.owner.kind === "team");
  const own = shares.filter(({ owner }) => owner.kind === "team" && owner.teamId === team);
  const poolCost = formatPicos(sum(shares));
  return { ...limit, poolCost, driverQuantity: formatPicos(sum(own)), driverTotal: poolCost };
}

/**
 * Facts whose owner is the team, or for a share of a pool the shared service. They add up to what is explained: what is between
 * Kubecost's prices and the bill, and what a policy moved from one pool to another, is named beside them.
 */
async function factsBehind(
  clickhouse: ClickHouse,
  { stored, rules }: Recomputable,
  line: NumberedLine,
  team: string,
  behind: readonly AllocationLine[],
): Promise<ExplainedFact[]> {
  const resolve = ownerResolver(rules.registry, stored.day);
  const rows = await run(clickhouse, FACTS, { day: stored.day, snapshotIds: [...stored.costSnapshotIds] });
  const cluster = /^system\/(.*)$/.exec(line.pool)?.[1];
  const poolKind = line.pool.replace(/\/.*$/, "");
  const facts = rows
    .filter((row) => {
      const cell = { ...row, teamLabel: row.team_label };
      const owner = resolve(subjectOf(cell));
      const isIdle = row.kind === "idle";
      const isCompany = row.kind === "bill" && !isUsage(row.record_type);
      if (poolKind === "corporate") return isCompany && !isCommitment(row.record_type);
      if (poolKind === "unused-commitment") return isCommitment(row.record_type);
      if (poolKind === "unallocated") return !isIdle && !isCompany && owner === undefined;
      const place = { cluster: row.cluster, node: row.idle_node };
      if (poolKind === "idle") {
        const nodePool = nodePoolOf(rules.registry, place, stored.day)?.id ?? "";
        return isIdle && idlePoolId(row.cluster, nodePool) === line.pool;
      }
      if (poolKind === "system") return owner?.kind === "system" && row.cluster === cluster;
      if (poolKind !== "")
        return owner?.kind === "shared-service" && owner.id === poolKind && !isIdle && !isCompany;
      if (line.basis === "idle")
        return isIdle && (tenantOf(rules.registry, place, stored.day) ?? "idle") === team;
      if (isIdle || isCompany) return isCompany && team === "corporate" && isOfCategory(row, line.category);
      if (!isOfCategory(row, line.category)) return false;
      if (owner === undefined) return team === "unallocated" && reasonWithoutOwner(cell) === line.reason;
      return owner.kind === "team" && owner.id === team;
    })
    .map((row) => ({
      source: row.source,
      scope: row.scope,
      kind: row.kind,
      cluster: row.cluster,
      namespace: row.namespace,
      controller: row.controller,
      node: row.idle_node,
      label: row.team_label,
      protectedLevel: row.protected_level,
      service: row.service,
      usageType: row.usage_type,
      amount: formatPicos(line.pool === "" || poolKind === "idle" ? partOf(row, line.category) : row.total),
      snapshotId: row.snapshot_id,
    }))
    .filter(({ amount }) => amount !== "0");
  const variances = behind.filter(({ source }) => source === RATE_VARIANCE.source);
  const rest =
    sum(behind) - sum(variances) - facts.reduce((total, { amount }) => total + parsePicos(amount), 0n);
  const named = (what: string, scope: string, amount: bigint, snapshotId: string): ExplainedFact[] => {
    const nothing = {
      cluster: "",
      namespace: "",
      controller: "",
      node: "",
      label: "",
      protectedLevel: "",
      service: "",
      usageType: "",
    };
    return amount === 0n
      ? []
      : [{ ...RATE_VARIANCE, scope, ...nothing, kind: what, amount: formatPicos(amount), snapshotId }];
  };
  return [
    ...facts,
    ...[...new Set(variances.map(({ scope }) => scope))].flatMap((account) =>
      named(
        "from Kubecost's prices to the bill",
        account,
        sum(variances.filter(({ scope }) => scope === account)),
        stored.billOfAccount.get(account) ?? "",
      ),
    ),
    ...named(
      line.pool === "unallocated"
        ? "shares of other pools whose use nobody owns"
        : "use that nobody owns: moved to what is unallocated",
      "",
      rest,
      "",
    ),
  ];
}

/** What of a fact a direct line, or a line of idle capacity, is about. */
function partOf(row: FactRow, category: string): bigint {
  if (row.kind === "idle") {
    const parts = idlePartsOf(row).filter((part) => part.category === category);
    return parts.reduce((total, { amount }) => total + amount, 0n);
  }
  switch (category) {
    case "cpu":
      return row.cpu;
    case "gpu":
      return row.gpu;
    case "memory":
      return row.memory;
    case "persistent-volume":
      return row.persistent_volume;
    case "load-balancer":
      return row.load_balancer;
    default:
      return row.total;
  }
}

function isOfCategory(
  row: { readonly source: string; readonly kind: string; readonly record_type: string },
  category: string,
): boolean {
  switch (category) {
    case "corporate":
    case "unused-commitment":
      return isCommitment(row.record_type) === (category === "unused-commitment");
    case "object-storage":
    case "network":
      return row.kind === category;
    case "services":
      return row.kind === "bill" || row.kind === "unowned";
    case "rate-variance":
      return false; // it is a difference, and no fact of its own
    default:
      return row.source === KUBERNETES_SOURCE;
  }
}

function isOf(one: AllocationLine, line: NumberedLine): boolean {
  return (
    one.category === line.category &&
    one.basis === line.basis &&
    one.pool === line.pool &&
    one.method === line.method &&
    one.reason === line.reason
  );
}

function sum(lines: readonly { readonly amount: bigint }[]): bigint {
  return lines.reduce((total, { amount }) => total + amount, 0n);
}

function size(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
