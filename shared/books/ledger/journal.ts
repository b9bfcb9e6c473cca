import { sumOfCents } from "@apportion/domain/cents";
import type { Category } from "@apportion/domain/category";
import { canonicalJson, sha256 } from "@apportion/domain/hash";
import type { JournalKind } from "@apportion/domain/journal-kind";
import type { BillingPeriod } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { roundTogether } from "@apportion/domain/split";
import {
  everyStatement,
  type MonthLine,
  type OwnerKind,
  PICOS_PER_CENT,
  roundByPool,
} from "@apportion/domain/statement";
import type { Team } from "@apportion/domain/tenancy";

import { statementsOf } from "../months/statements.js";
/** Who is charged, or for `clearing` the source that is credited. */
export type Account = "team" | "idle" | "corporate" | "unallocated" | "clearing";

/** Two entries of a journal never agree in all but the amount. */
export interface Entry {
  readonly account: Account;
  readonly teamId: string;
  readonly costCenter: string;
  readonly source: string;
  /** Empty for `clearing`. */
  readonly category: Category | "";
  readonly basis: string;
  readonly pool: string;
  readonly method: string;
  readonly reason: string;
  /** Month that it is about, where that is not the one that its journal is about: of an amount that is moved between months. */
  readonly concerns?: BillingPeriod;
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
  readonly kind: JournalKind;
  /** In whose books it is posted. */
  readonly billingPeriod: BillingPeriod;
  /** Empty for a statement; of an adjustment it may be the month itself. */
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
  const month = statementsOf(lines);
  const costCenters = new Map(teams.map((team) => [team.id, team.costCenter]));
  const charged = everyStatement(month).flatMap(({ ownerKind, teamId, lines: statementLines }) =>
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
  const nothing = { category: "" as const, basis: "", pool: "", method: "", reason: "" };
  return { account: "clearing", teamId: "", costCenter: "", source, ...nothing, cents };
}

/** A month as its runs had it at one time, exactly. */
export interface ExactMonth {
  readonly lines: readonly MonthLine[];
  readonly sources: readonly SourceTotal[];
}

/**
 * By how much a month turned out to differ: empty when it did not. Only lines that changed are touched, and only statements that have
 * one. Each of those is brought to its exact amount by now, less the cents that were posted of it so far, and all together to the month's
 * rounded total. So no cent is lost or charged twice, however often and in however small steps a month is restated.
 * @param then the month as it was posted last
 * @param posted the entries of all journals of the month so far that were made of runs. What people moved is none of them: a line that is brought
 *   to its amount must not take back what was moved on purpose
 */
export function correctionEntries(
  now: ExactMonth,
  then: ExactMonth,
  posted: readonly Entry[],
  teams: readonly Team[],
): Entry[] {
  const total = now.lines.reduce((sum, { picos }) => sum + picos, 0n);
  const cents = roundedDivision(total, PICOS_PER_CENT) - chargedBy({ entries: posted });
  const charges = posted.filter(({ account }) => account !== "clearing");
  const costCenters = costCentersOf(teams, charges);
  const postedLines = sums(charges, lineKeyOfEntry, (entry) => entry.cents * PICOS_PER_CENT);
  const nowLines = sums(now.lines, lineKey, ({ picos }) => picos);
  const changedLines = changed(
    nowLines,
    sums(then.lines, lineKey, ({ picos }) => picos),
  );
  const lines = changedLines.map((key) => ({
    key,
    entry: entryOfKey(key, costCenters),
    exact: (nowLines.get(key) ?? 0n) - (postedLines.get(key) ?? 0n),
  }));
  const owners = [...new Set(lines.map(({ entry }) => ownerOf(entry)))];
  const nowOwners = sums(now.lines, ownerOf, ({ picos }) => picos);
  const postedOwners = sums(charges, ownerOf, (entry) => entry.cents * PICOS_PER_CENT);
  const statements = together(
    owners.map((owner) => (nowOwners.get(owner) ?? 0n) - (postedOwners.get(owner) ?? 0n)),
    cents,
  );
  const charged = owners.flatMap((owner, at) => {
    const own = lines.filter(({ entry }) => ownerOf(entry) === owner);
    const parts = roundByPool(
      own.map(({ entry, exact }) => ({ category: entry.category, pool: entry.pool, exact })),
      statements[at] ?? 0n,
    );
    return own.map(({ entry }, index) => ({ ...entry, cents: parts[index] ?? 0n }));
  });
  return [...charged, ...creditsOf(now, then, posted, cents)].filter((entry) => entry.cents !== 0n);
}

/** The sources that changed are credited with what is charged. */
function creditsOf(now: ExactMonth, then: ExactMonth, posted: readonly Entry[], cents: bigint): Entry[] {
  const nowSources = sums(
    now.sources,
    ({ source }) => source,
    ({ picos }) => picos,
  );
  const thenSources = sums(
    then.sources,
    ({ source }) => source,
    ({ picos }) => picos,
  );
  const credited = sums(
    posted.filter(({ account }) => account === "clearing"),
    ({ source }) => source,
    (entry) => -entry.cents * PICOS_PER_CENT,
  );
  const sources = changed(nowSources, thenSources);
  const parts = together(
    sources.map((source) => (nowSources.get(source) ?? 0n) - (credited.get(source) ?? 0n)),
    cents,
  );
  return sources.map((source, index) => clearing(source, -(parts[index] ?? 0n)));
}

function sums<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  picosOf: (item: T) => bigint,
): Map<string, bigint> {
  const result = new Map<string, bigint>();
  for (const item of items) result.set(keyOf(item), (result.get(keyOf(item)) ?? 0n) + picosOf(item));
  return result;
}

/** Keys with another amount than before, in their order. */
function changed(now: ReadonlyMap<string, bigint>, then: ReadonlyMap<string, bigint>): string[] {
  return [...new Set([...now.keys(), ...then.keys()])]
    .filter((key) => (now.get(key) ?? 0n) !== (then.get(key) ?? 0n))
    .toSorted();
}

function together(exact: readonly bigint[], cents: bigint): bigint[] {
  return exact.length === 0 ? [] : roundTogether(exact, PICOS_PER_CENT, cents);
}

/** A team that has left the configuration since keeps the cost center on which it was posted. */
function costCentersOf(teams: readonly Team[], posted: readonly Entry[]): Map<string, string> {
  return new Map([
    ...posted.map(({ teamId, costCenter }) => [teamId, costCenter] as const),
    ...teams.map(({ id, costCenter }) => [id, costCenter] as const),
  ]);
}

function ownerOf(
  line: { readonly teamId: string } & ({ account: Account } | { ownerKind: OwnerKind }),
): string {
  return JSON.stringify(["account" in line ? line.account : line.ownerKind, line.teamId]);
}

/** What {@link lineKey} puts down. */
type LineKey = [
  account: Account,
  teamId: string,
  category: Category,
  basis: string,
  pool: string,
  method: string,
  reason: string,
];

function lineKey({ ownerKind, teamId, category, basis, pool, method, reason }: MonthLine): string {
  return JSON.stringify([ownerKind, teamId, category, basis, pool, method, reason]);
}

function lineKeyOfEntry({ account, teamId, category, basis, pool, method, reason }: Entry): string {
  return JSON.stringify([account, teamId, category, basis, pool, method, reason]);
}

function entryOfKey(key: string, costCenters: ReadonlyMap<string, string>): Omit<Entry, "cents"> {
  const [account, teamId, category, basis, pool, method, reason] = JSON.parse(key) as LineKey;
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
  const balance = sumOfCents(draft.entries);
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

/** The month that a journal is about: in whose books it is posted may be a later one. */
export function aboutMonth({
  billingPeriod,
  correctsPeriod,
}: Pick<JournalDraft, "billingPeriod" | "correctsPeriod">): BillingPeriod {
  return correctsPeriod === "" ? billingPeriod : correctsPeriod;
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
