import { type Category, categoryRank } from "./category.js";
import { roundedDivision } from "./rounding.js";
import { roundTogether } from "./split.js";

/** Amounts are counts of 10⁻¹² of the currency's unit; a cent is so many of them. */
export const PICOS_PER_CENT = 10n ** 10n;

/** Kept apart, on no team's statement; they are asked for by these names as teams are by their ids. */
export const KEPT_APART = ["idle", "corporate", "unallocated"] as const;

export type OwnerKind = "team" | (typeof KEPT_APART)[number];

/** What a line is about. Two lines that agree in all of it are one. */
export interface LineIdentity {
  readonly category: Category;
  /** `direct`, `shared` or `idle`. */
  readonly basis: string;
  /** Shared service or system pool; empty for direct cost. */
  readonly pool: string;
  /** How the pool was split; empty for direct cost. */
  readonly method: string;
  /** Why a fallback was taken, or why nobody owns the amount; else empty. */
  readonly reason: string;
}

/** Lines of a month, summed. */
export interface MonthLine extends LineIdentity {
  readonly ownerKind: OwnerKind;
  /** Empty unless `ownerKind` is `team`. */
  readonly teamId: string;
  /** Exact amount, in picos. */
  readonly picos: bigint;
}

export interface StatementLine extends LineIdentity {
  readonly picos: bigint;
  /** What is charged for the line: the cents of a statement's lines add up to the statement's. */
  readonly cents: bigint;
}

export interface Statement {
  readonly ownerKind: OwnerKind;
  readonly teamId: string;
  readonly picos: bigint;
  /** What is charged: the cents of all statements add up to the month's. */
  readonly cents: bigint;
  readonly lines: readonly StatementLine[];
}

/** A month in cents: every dollar is on one team's statement or in one of the three named pools. */
export interface MonthStatements {
  readonly picos: bigint;
  /** The exact total, rounded half to even. */
  readonly cents: bigint;
  /** In the order of the team ids. */
  readonly teams: readonly Statement[];
  readonly idle: Statement;
  /** Tax, support, credits, refunds and fees of the bill, and commitments that nobody used: the company's. */
  readonly corporate: Statement;
  readonly unallocated: Statement;
}

/** Those of teams, then what is kept apart. */
export function everyStatement({
  teams,
  idle,
  corporate,
  unallocated,
}: MonthStatements): readonly Statement[] {
  return [...teams, idle, corporate, unallocated];
}

/**
 * Rounds a month to cents so that everything adds up: the month's exact total is rounded once, its cents are distributed over
 * the statements by largest remainder, and each statement's cents over its lines likewise ({@link roundByPool}).
 *
 * Of equal remainders the earlier takes the cent: teams by id, then `idle`, `corporate` and `unallocated`; within a statement by category
 * ({@link CATEGORIES}), pool, basis, method, reason. The order of `lines` does not matter.
 *
 * Example: teams a, b and c owe 0.333… each → the month is 1.00, a 0.34, b 0.33, c 0.33.
 * @param teamIds teams that get a statement even when they owe nothing
 */
export function composeStatements(
  lines: readonly MonthLine[],
  teamIds: readonly string[] = [],
): MonthStatements {
  const owed = new Map<string, MonthLine[]>(teamIds.map((teamId) => [teamId, []]));
  const pools: Record<Exclude<OwnerKind, "team">, MonthLine[]> = { idle: [], corporate: [], unallocated: [] };
  for (const line of lines) {
    if (line.ownerKind !== "team") pools[line.ownerKind].push(line);
    else {
      const own = owed.get(line.teamId) ?? [];
      own.push(line);
      owed.set(line.teamId, own);
    }
  }
  const groups = [
    ...[...owed].toSorted(([a], [b]) => byText(a, b)).map(([teamId, own]) => group(own, "team", teamId)),
    group(pools.idle, "idle", ""),
    group(pools.corporate, "corporate", ""),
    group(pools.unallocated, "unallocated", ""),
  ];
  const picos = sum(groups.map((each) => each.picos));
  const cents = roundedDivision(picos, PICOS_PER_CENT);
  const shares = roundTogether(
    groups.map((each) => each.picos),
    PICOS_PER_CENT,
    cents,
  );
  const statements = groups.map((each, index) => toStatement(each, shares[index] ?? 0n));
  const [idle, corporate, unallocated] = statements.slice(-3);
  if (!idle || !corporate || !unallocated) throw new RangeError("The named pools are always there");
  return { picos, cents, teams: statements.slice(0, -3), idle, corporate, unallocated };
}

type Group = Omit<Statement, "cents" | "lines"> & { readonly lines: readonly Omit<StatementLine, "cents">[] };

function group(own: readonly MonthLine[], ownerKind: OwnerKind, teamId: string): Group {
  const merged = new Map<string, Omit<StatementLine, "cents">>();
  for (const line of own) {
    const { category, basis, pool, method, reason } = line;
    const key = JSON.stringify([category, basis, pool, method, reason]);
    const picos = (merged.get(key)?.picos ?? 0n) + line.picos;
    merged.set(key, { category, basis, pool, method, reason, picos });
  }
  const lines = [...merged.values()].toSorted(byLineOrder);
  return { ownerKind, teamId, picos: sum(lines.map((line) => line.picos)), lines };
}

function toStatement({ lines, ...rest }: Group, cents: bigint): Statement {
  const shares = roundByPool(
    lines.map(({ picos, ...line }) => ({ ...line, exact: picos })),
    cents,
  );
  return { ...rest, cents, lines: lines.map((line, index) => ({ ...line, cents: shares[index] ?? 0n })) };
}

/**
 * Distributes the cents of one statement over its lines: first over its pools and the lines without one, then over the lines of each
 * pool. So what is charged of a pool is rounded once, also where a cap or a fallback makes two lines of it: a cap of 15.00 stays 15.00.
 */
export function roundByPool(
  lines: readonly { readonly category: string; readonly pool: string; readonly exact: bigint }[],
  cents: bigint,
): bigint[] {
  const pools = new Map<string, number[]>();
  for (const [index, { category, pool }] of lines.entries()) {
    const key = pool === "" ? String(index) : JSON.stringify([category, pool]);
    pools.set(key, [...(pools.get(key) ?? []), index]);
  }
  const members = [...pools.values()];
  const exactOf = (indices: readonly number[]): bigint[] => indices.map((index) => lines[index]?.exact ?? 0n);
  const ofPools = roundTogether(
    members.map((indices) => sum(exactOf(indices))),
    PICOS_PER_CENT,
    cents,
  );
  const result = lines.map(() => 0n);
  for (const [at, indices] of members.entries()) {
    const parts = roundTogether(exactOf(indices), PICOS_PER_CENT, ofPools[at] ?? 0n);
    for (const [place, index] of indices.entries()) result[index] = parts[place] ?? 0n;
  }
  return result;
}

function byLineOrder(a: LineIdentity, b: LineIdentity): number {
  return (
    categoryRank(a.category) - categoryRank(b.category) ||
    byText(a.pool, b.pool) ||
    byText(a.basis, b.basis) ||
    byText(a.method, b.method) ||
    byText(a.reason, b.reason)
  );
}

/** By code unit: the same order on every machine, whatever its locale. */
function byText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
