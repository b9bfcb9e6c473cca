import type { Category } from "@apportion/domain/category";
import { missingBills } from "@apportion/domain/missing";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import {
  everyStatement,
  KEPT_APART,
  type MonthLine,
  type MonthStatements,
  type OwnerKind,
} from "@apportion/domain/statement";
import { accountOf, type Registry } from "@apportion/domain/tenancy";

/** The run that counts for one day. */
export interface DayRun {
  readonly day: Day;
  readonly runId: string;
  /** Readings that were expected and not there; the day is complete when there are none. */
  readonly missing: readonly string[];
  /** Whether its costs were read after the day had ended: before, a day is only as long as it has been. */
  readonly elapsed: boolean;
  /** Exact amounts, in picos. */
  readonly collected: bigint;
  readonly allocated: bigint;
}

/** Cost of one day that agrees in everything a mail can tell apart. */
export interface CostLine extends MonthLine {
  readonly day: Day;
  readonly cluster: string;
  readonly namespace: string;
  /** Pool of the nodes whose capacity was idle; else empty. */
  readonly nodePool: string;
  /** Service of the bill; else empty. */
  readonly service: string;
  /** Team label or tag of a cost that nobody owns; else empty. */
  readonly label: string;
  /** What the share follows: a meter, several with percentages, `gpu-cost`; empty for direct cost and where nothing was split. */
  readonly meter: string;
  /** Where a meter splits the pool, whose use counts: that of the `billing-month`, or of the `day` alone; else empty. */
  readonly usageWindow: string;
  /** `step-down` or `reciprocal` where the pool also serves other services: the driver is then a ratio; else empty. */
  readonly betweenServices: string;
  /** What the line weighed, in units of 10⁻¹²: units of the meter, or currency when the method is `proportional`. */
  readonly driverQuantity: bigint;
  readonly driverTotal: bigint;
}

/** All that is sealed of a month, as of one moment. */
export interface MonthCosts {
  readonly period: BillingPeriod;
  /** In their order; days without a run are absent. */
  readonly days: readonly DayRun[];
  readonly lines: readonly CostLine[];
  /** Accounts whose bill was read, each with the days whose run has Kubernetes at the price of that bill. */
  readonly bills: ReadonlyMap<string, ReadonlySet<Day>>;
}

/** The same of lines that tell less apart. */
export type MonthOf<L> = Omit<MonthCosts, "lines"> & { readonly lines: readonly L[] };

type Accounts = Pick<Registry, "accounts">;

/** What says which days of a month are settled. */
export interface MonthStanding extends Pick<MonthCosts, "days" | "bills"> {
  /** Where there was cost, and of what: amounts do not matter. */
  readonly lines: readonly Pick<CostLine, "day" | "cluster" | "category">[];
}

/** What says whether a cost counts for budgets. */
type Countable = Pick<CostLine, "day" | "cluster" | "category" | "basis">;

export function isComplete(run: DayRun): boolean {
  return run.missing.length === 0;
}

/** What Kubernetes' dollars are spent on, at Kubecost's prices until the difference to the bill is beside them. */
const KUBERNETES_CATEGORIES: ReadonlySet<Category> = new Set([
  "cpu",
  "gpu",
  "memory",
  "persistent-volume",
  "load-balancer",
  "idle-cpu",
  "idle-gpu",
  "idle-memory",
  "idle",
  "idle-variance",
]);

export function isKubernetes({ category }: Pick<CostLine, "category">): boolean {
  return KUBERNETES_CATEGORIES.has(category);
}

/**
 * Whether a cost of Kubernetes is at list price only because the bill of its account is not compared with it yet: that was not read of
 * the day, not as a whole or before AWS had billed all of it, or a cluster beside it was not. Commitments and discounts can make the
 * bill much less. Where no bill is read, and on clusters that are on none, list price is the price.
 */
function isBeforeTheBill(
  { days, bills }: Pick<MonthCosts, "days" | "bills">,
  registry: Accounts,
): (line: MonthStanding["lines"][number]) => boolean {
  const expected = days.flatMap(({ missing }) => missingBills(missing));
  return (line) => {
    const account = isKubernetes(line) ? accountOf(registry, line.cluster) : undefined;
    if (account === undefined || !(bills.has(account) || expected.includes(account))) return false;
    return !bills.get(account)?.has(line.day);
  };
}

/** Days with Kubernetes costs before the bill: what anybody pays of a pool on them can still be less. */
export function daysBeforeTheBill(month: MonthStanding, registry: Accounts): ReadonlySet<Day> {
  return new Set(month.lines.filter(isBeforeTheBill(month, registry)).map(({ day }) => day));
}

/** Days whose costs are settled: over, with all readings, and at the bill's price where there is one. */
export function settledDays(month: MonthStanding, registry: Accounts): Day[] {
  const beforeTheBill = daysBeforeTheBill(month, registry);
  return month.days
    .filter((run) => run.elapsed && isComplete(run) && !beforeTheBill.has(run.day))
    .map(({ day }) => day);
}

/**
 * The costs by which budgets are measured. Direct costs are facts from the moment they were read, but for Kubernetes at a price that
 * is not the bill's yet. What a team pays of a pool depends on everybody's costs and usage: as long as a reading of the day is
 * missing its share could still be anything, so it waits. A source that is down therefore delays what it feeds and nothing else.
 */
export function countedLines<L extends Countable>(month: MonthOf<L>, registry: Accounts): L[] {
  return partition(month, registry).counted;
}

/** The costs that do not count yet: what mails and reports show as not settled, beside what counts. */
export function unsettledLines<L extends Countable>(month: MonthOf<L>, registry: Accounts): L[] {
  return partition(month, registry).unsettled;
}

function partition<L extends Countable>(
  month: MonthOf<L>,
  registry: Accounts,
): { readonly counted: L[]; readonly unsettled: L[] } {
  const complete = new Set(month.days.filter(isComplete).map((run) => run.day));
  const beforeTheBill = daysBeforeTheBill(month, registry);
  const isHeldBack = isBeforeTheBill(month, registry);
  const counts = (line: L): boolean =>
    line.basis === "shared" ? complete.has(line.day) && !beforeTheBill.has(line.day) : !isHeldBack(line);
  const counted: L[] = [];
  const unsettled: L[] = [];
  for (const line of month.lines) (counts(line) ? counted : unsettled).push(line);
  return { counted, unsettled };
}

export function linesOfTeam(lines: readonly CostLine[], teamId: string): CostLine[] {
  return lines.filter((line) => line.ownerKind === "team" && line.teamId === teamId);
}

/** The lines of each team, by its id: whoever asks for many teams goes through a month once. */
export function linesByTeam<L extends Pick<CostLine, "ownerKind" | "teamId">>(
  lines: readonly L[],
): ReadonlyMap<string, readonly L[]> {
  return groupedBy(lines, ({ ownerKind, teamId }) => (ownerKind === "team" ? teamId : undefined));
}

/** By the name under which a payer is asked for. */
export function linesByPayer<L extends Payer>(lines: readonly L[]): ReadonlyMap<string, readonly L[]> {
  return groupedBy(lines, payerOf);
}

/** Without those that have no key. */
function groupedBy<L>(
  lines: readonly L[],
  keyOf: (line: L) => string | undefined,
): ReadonlyMap<string, readonly L[]> {
  const groups = new Map<string, L[]>();
  for (const line of lines) {
    const key = keyOf(line);
    if (key === undefined) continue;
    const own = groups.get(key);
    if (own) own.push(line);
    else groups.set(key, [line]);
  }
  return groups;
}

export function linesOfKind(lines: readonly CostLine[], kind: OwnerKind): CostLine[] {
  return lines.filter((line) => line.ownerKind === kind);
}

export function sumOf(lines: readonly { readonly picos: bigint }[]): bigint {
  return lines.reduce((sum, line) => sum + line.picos, 0n);
}

/** Sums lines by what `keyOf` makes of them, the largest first; of equal sums the earlier key. */
export function sumBy<L extends { readonly picos: bigint }>(
  lines: readonly L[],
  keyOf: (line: L) => string,
): { readonly key: string; readonly picos: bigint }[] {
  const sums = new Map<string, bigint>();
  for (const line of lines) sums.set(keyOf(line), (sums.get(keyOf(line)) ?? 0n) + line.picos);
  return [...sums]
    .map(([key, picos]) => ({ key, picos }))
    .toSorted((a, b) => (a.picos === b.picos ? (a.key < b.key ? -1 : 1) : a.picos > b.picos ? -1 : 1));
}

/** Who pays: a team, or what is kept apart of all. */
export interface Payer {
  readonly ownerKind: OwnerKind;
  /** Empty unless `ownerKind` is `team`. */
  readonly teamId: string;
}

/** Under which name a payer is asked for and shown: a team's id, or idle, corporate or unallocated, which are kept apart. */
export function payerOf({ ownerKind, teamId }: Payer): string {
  return ownerKind === "team" ? teamId : ownerKind;
}

/** The payer of such a name. */
export function payerNamed(name: string): Payer {
  const kept = KEPT_APART.find((kind) => kind === name);
  return kept === undefined ? { ownerKind: "team", teamId: name } : { ownerKind: kept, teamId: "" };
}

/** `team/search`, or `idle/`, `corporate/`, `unallocated/`: whom a posting charges. */
export function ownerOf(kind: OwnerKind, teamId: string): string {
  return `${kind}/${teamId}`;
}

/** What everybody's statement of a month comes to, in cents, by {@link ownerOf}. */
export function centsByOwner(month: MonthStatements): Map<string, bigint> {
  return new Map(
    everyStatement(month).map(({ ownerKind, teamId, cents }) => [ownerOf(ownerKind, teamId), cents]),
  );
}
