import type { BillingPeriod } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { roundTogether } from "@apportion/domain/split";
import { composeStatements, PICOS_PER_CENT, type MonthLine } from "@apportion/domain/statement";
import type { Team } from "@apportion/domain/tenancy";
import { canonicalJson, sha256 } from "@apportion/runtime/hash";

/** Who is charged, or for `clearing` the source that is credited. */
export type Account = "team" | "idle" | "corporate" | "unallocated" | "clearing";

/** Two entries of a journal never agree in all but the amount. */
export interface Entry {
  readonly account: Account;
  readonly teamId: string;
  readonly costCenter: string;
  readonly source: string;
  readonly category: string;
  readonly basis: string;
  readonly pool: string;
  readonly method: string;
  readonly reason: string;
  /** Positive for a debit, negative for a credit. */
  readonly cents: bigint;
}

/** What a month costs by source, exactly. */
export interface SourceTotal {
  readonly source: string;
  readonly picos: bigint;
}

/** A journal before it has a place in the ledger. */
export interface JournalDraft {
  readonly kind: "statement" | "correction";
  /** In whose books it is posted. */
  readonly billingPeriod: BillingPeriod;
  /** Empty for a statement. */
  readonly correctsPeriod: BillingPeriod | "";
  readonly preparedBy: string;
  readonly approvedBy: string;
  readonly reason: string;
  /** What it was made from, as canonical JSON. */
  readonly evidence: string;
  readonly entries: readonly Entry[];
}

export interface Journal extends JournalDraft {
  readonly seq: bigint;
  /** ISO 8601 with milliseconds, UTC. */
  readonly postedAt: string;
  readonly previousHash: string;
  readonly hash: string;
}

/**
 * The entries of a month: each statement line debits its team's cost center (or idle, corporate, unallocated), the sources are
 * credited with the same cents.
 */
export function monthEntries({ lines, sources }: ExactMonth, teams: readonly Team[]): Entry[] {
  const month = composeStatements(lines);
  const costCenters = new Map(teams.map((team) => [team.id, team.costCenter]));
  const charged = [...month.teams, month.idle, month.corporate, month.unallocated].flatMap(
    ({ ownerKind, teamId, lines: statementLines }) =>
      statementLines.map(({ category, basis, pool, method, reason, cents }): Entry => ({
        account: ownerKind,
        teamId,
        costCenter: costCenters.get(teamId) ?? "",
        source: "",
        category,
        basis,
        pool,
        method,
        reason,
        cents,
      })),
  );
  const inOrder = sources.toSorted((a, b) => (a.source < b.source ? -1 : 1));
  const credits = roundTogether(
    inOrder.map(({ picos }) => picos),
    PICOS_PER_CENT,
    month.cents,
  );
  const cleared = inOrder.map(({ source }, index) => clearing(source, -(credits[index] ?? 0n)));
  return [...charged, ...cleared].filter(({ cents }) => cents !== 0n);
}

function clearing(source: string, cents: bigint): Entry {
  const nothing = { category: "", basis: "", pool: "", method: "", reason: "" };
  return { account: "clearing", teamId: "", costCenter: "", source, ...nothing, cents };
}

/** A month as its runs had it at one time, exactly. */
export interface ExactMonth {
  readonly lines: readonly MonthLine[];
  readonly sources: readonly SourceTotal[];
}

/**
 * By how much a month turned out to differ: empty when it did not. What is rounded are the differences, so that a line that did not
 * change is not touched by a cent; they add up to what brings all that was posted of the month to its rounded total.
 * @param then the month as it was posted last
 * @param postedCents what all journals of the month have charged so far
 */
export function correctionEntries(
  now: ExactMonth,
  then: ExactMonth,
  postedCents: bigint,
  teams: readonly Team[],
): Entry[] {
  const total = now.lines.reduce((sum, { picos }) => sum + picos, 0n);
  const cents = roundedDivision(total, PICOS_PER_CENT) - postedCents;
  const costCenters = new Map(teams.map((team) => [team.id, team.costCenter]));
  const charged = rounded(changes(now.lines, then.lines, lineKey), cents).map(([key, change]): Entry => ({
    ...entryOfKey(key, costCenters),
    cents: change,
  }));
  const credited = rounded(
    changes(now.sources, then.sources, ({ source }) => source),
    cents,
  ).map(([source, change]) => clearing(source, -change));
  return [...charged, ...credited].filter((entry) => entry.cents !== 0n);
}

/** What changed, by key in the order of the keys. */
function changes<T extends { readonly picos: bigint }>(
  now: readonly T[],
  then: readonly T[],
  keyOf: (item: T) => string,
): [string, bigint][] {
  const sums = new Map<string, bigint>();
  for (const item of now) sums.set(keyOf(item), (sums.get(keyOf(item)) ?? 0n) + item.picos);
  for (const item of then) sums.set(keyOf(item), (sums.get(keyOf(item)) ?? 0n) - item.picos);
  return [...sums].filter(([, picos]) => picos !== 0n).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function rounded(exact: readonly [string, bigint][], cents: bigint): [string, bigint][] {
  const parts =
    exact.length === 0
      ? []
      : roundTogether(
          exact.map(([, picos]) => picos),
          PICOS_PER_CENT,
          cents,
        );
  return exact.map(([key], index) => [key, parts[index] ?? 0n]);
}

function lineKey({ ownerKind, teamId, category, basis, pool, method, reason }: MonthLine): string {
  return JSON.stringify([ownerKind, teamId, category, basis, pool, method, reason]);
}

function entryOfKey(key: string, costCenters: ReadonlyMap<string, string>): Omit<Entry, "cents"> {
  const [account, teamId = "", category = "", basis = "", pool = "", method = "", reason = ""] = JSON.parse(
    key,
  ) as [Account, ...string[]];
  const costCenter = costCenters.get(teamId) ?? "";
  return { account, teamId, costCenter, source: "", category, basis, pool, method, reason };
}

export class UnbalancedError extends Error {
  readonly code = "UNBALANCED";
}

/**
 * Gives a draft its place: the next number and the hash that chains it to the journal before.
 * @throws UnbalancedError when its debits are not its credits
 */
export function chain(
  draft: JournalDraft,
  previous: { readonly seq: bigint; readonly hash: string },
  postedAt: Date,
): Journal {
  const balance = draft.entries.reduce((sum, { cents }) => sum + cents, 0n);
  if (balance !== 0n)
    throw new UnbalancedError(`The debits of the journal exceed its credits by ${balance} cents`);
  const unsigned = {
    ...draft,
    seq: previous.seq + 1n,
    postedAt: postedAt.toISOString(),
    previousHash: previous.hash,
  };
  return { ...unsigned, hash: hashOf(unsigned) };
}

export function journalIdOf({ hash }: Pick<Journal, "hash">): string {
  return hash.slice(0, 32);
}

/** Over everything that the journal says; the order of its fields does not matter. */
export function hashOf({ seq, entries, ...rest }: Omit<Journal, "hash">): string {
  const text = entries.map(({ cents, ...entry }) => ({ ...entry, cents: String(cents) }));
  return sha256(canonicalJson({ ...rest, seq: String(seq), entries: text }));
}

/** What a journal charges in all, in cents: the same that it credits to the sources. */
export function chargedBy({ entries }: Pick<Journal, "entries">): bigint {
  return entries.reduce((sum, { account, cents }) => (account === "clearing" ? sum : sum + cents), 0n);
}
