import { randomUUID } from "node:crypto";
import { z } from "zod";
import {
  CURRENT_CONTENT,
  dateTimeParameter,
  SEALED_SNAPSHOTS,
  type StoredSnapshot,
} from "@apportion/books/readings/facts-tables";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { chargeDayOf, isExplanation, readingName } from "@apportion/domain/facts";
import { sha256 } from "@apportion/domain/hash";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { EventLog } from "@apportion/event-log/log";
import type { SnapshotSealed } from "@apportion/events/catalogue";
import type { DollarOwners } from "@apportion/platform/dollar-owners";
import { readClaims, rivalObjection, type Claims } from "./claims.js";
import { mismatchOf, NOTHING_STORED, readAgain, storedSnapshots, UNLIKE_SEAL } from "./compare.js";
import type { Decided } from "./decisions.js";
import { givenAwayLines, historyWithout, withoutGivenAway, type GivenAway } from "./given-away.js";
import { explainingClusters, lostBytesObjection, type ExplainingClusters } from "./lost-bytes.js";
import { quarantineSeal } from "./quarantine/hold.js";
import { snapshotRow, type ReceivedSeal } from "./received-seal.js";
import {
  amountsBefore,
  ceilingObjection,
  hadCosts,
  jumpObjection,
  type AmountHistory,
  type SanityConfig,
} from "./sanity.js";
import { writeCells } from "./write-cells.js";

export interface SealDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  /** ISO 4217; the deployment's one currency. */
  readonly currency: string;
  readonly sanity: SanityConfig;
  readonly dollarOwners: Pick<DollarOwners, "isChargedElsewhere" | "comesAtOnce">;
  /** What was decided of snapshots when they came first, for a replay. */
  readonly decided?: Decided;
  readonly attempt?: string;
}

export type SealOutcome =
  | { readonly kind: "visible" }
  /** The rows are not what the seal says, or must not be charged; the last good snapshot stays visible. */
  | {
      readonly kind: "quarantined";
      readonly reason: string;
      /** Chunks are missing: the seal, published again behind them, makes the snapshot visible. */
      readonly isIncomplete: boolean;
    };

/**
 * Makes snapshots visible whose rows in ClickHouse equal their seal, with their cells and all of them with one insert. When one does not (a chunk was
 * redelivered after the deduplication window had forgotten it, or was lost), it is deleted whole and read again from the log, once.
 * @param known snapshots that are sealed already
 */
export async function applySeals(
  deps: SealDeps,
  all: readonly ReceivedSeal[],
  known: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<ReceivedSeal, SealOutcome>> {
  const { clickhouse } = deps;
  const outcomes = new Map<ReceivedSeal, SealOutcome>();
  // Delivered again: what is visible stays so, whatever has become visible since.
  for (const each of all) if (known.has(each.seal.snapshotId)) outcomes.set(each, { kind: "visible" });
  const received = all.filter(({ seal }) => !known.has(seal.snapshotId));
  const stored = await storedSnapshots(clickhouse, received);
  for (const each of received) {
    if (mismatchOf(each.seal, stored.get(each.seal.snapshotId)) === undefined) continue;
    await readAgain(deps, each, signal);
    for (const [id, mended] of await storedSnapshots(clickhouse, [each])) stored.set(id, mended);
  }
  const givenAway = await givenAwayLines(clickhouse, received, deps.dollarOwners);
  const [claims, before, explaining, held] = await Promise.all([
    readClaims(clickhouse, received, stored),
    amountsBefore(clickhouse, received),
    explainingClusters(clickhouse, received),
    heldBefore(clickhouse, received),
  ]);
  const history = historyWithout(before, givenAway);
  const findings: Findings = { stored, givenAway, claims, history, explaining, held };
  const sound: ReceivedSeal[] = [];
  for (const each of received) {
    const reason = await objectionTo(deps, each, findings, sound);
    if (reason === undefined) {
      sound.push(each);
      outcomes.set(each, { kind: "visible" });
      continue;
    }
    await quarantineSeal(clickhouse, each, reason, deps.attempt);
    const chunks = Number(stored.get(each.seal.snapshotId)?.chunks ?? 0);
    outcomes.set(each, { kind: "quarantined", reason, isIncomplete: chunks < each.seal.chunkCount });
  }
  const different = await writeSeals(clickhouse, sound, stored, deps.attempt);
  for (const each of sound) {
    const reason = different.get(each.seal.snapshotId);
    if (reason === undefined) continue;
    await quarantineSeal(clickhouse, each, reason, deps.attempt);
    outcomes.set(each, { kind: "quarantined", reason, isIncomplete: false });
  }
  return outcomes;
}

/** What was found out about all snapshots of a batch at once. */
interface Findings {
  readonly stored: ReadonlyMap<string, StoredSnapshot>;
  readonly claims: Claims;
  readonly history: AmountHistory;
  readonly explaining: ExplainingClusters;
  readonly held: ReadonlyMap<string, HeldSnapshot>;
  readonly givenAway: GivenAway;
}

/** Why the snapshot must not become visible, or undefined. `before` are those of the same batch that will. */
async function objectionTo(
  { clickhouse, currency, sanity, dollarOwners, decided }: SealDeps,
  received: ReceivedSeal,
  { stored, claims, history, explaining, held, givenAway }: Findings,
  before: readonly ReceivedSeal[],
): Promise<string | undefined> {
  const { seal } = received;
  const first = decided?.get(seal.snapshotId);
  if (first) return first;
  if (seal.currency !== currency)
    return `the reading is in ${seal.currency}, this deployment charges in ${currency}`;
  const known = held.get(seal.snapshotId);
  if (known?.isDropped) return "it was dropped from quarantine: it never becomes visible";
  const mismatch = mismatchOf(seal, stored.get(seal.snapshotId));
  if (mismatch !== undefined) return mismatch;
  if (first !== undefined) return undefined;
  // Two people decide on it: limits and readings of now would let it pass unseen.
  if (known && !known.reason.startsWith(UNLIKE_SEAL)) return known.reason;
  const emptied = await emptiedObjection(clickhouse, seal, before, givenAway);
  if (emptied !== undefined) return emptied;
  if (seal.rowCount === 0 && seal.dataset === "cost" && seal.finality === "final" && hadCosts(seal, history))
    return "the reading is empty, though the days before it had costs; release it if nothing ran";
  return (
    rivalObjection(received, claims, before) ??
    lostBytesObjection(received, explaining, stored, before) ??
    ceilingObjection(seal, sanity) ??
    jumpObjection(received, history, before, { ...sanity, comesAtOnce: dollarOwners.comesAtOnce })
  );
}

const HELD = defineQuery({
  name: "snapshots in quarantine",
  sql: `SELECT snapshot_id, any(reason) AS why, max(id IN (SELECT id FROM quarantine_decisions WHERE decision = 'drop')) AS is_dropped
FROM quarantined_readings WHERE snapshot_id IN {snapshotIds:Array(String)} GROUP BY snapshot_id`,
  params: z.object({ snapshotIds: z.array(z.string()) }),
  row: z.object({
    snapshot_id: z.string(),
    why: z.string(),
    is_dropped: z.union([z.boolean(), z.literal([0, 1])]).transform(Boolean),
  }),
});

interface HeldSnapshot {
  readonly reason: string;
  /** Somebody decided against it. */
  readonly isDropped: boolean;
}

/** Those that are in quarantine. The log may deliver them again at any time, all of them where Kafka has forgotten how far it was read. */
async function heldBefore(
  clickhouse: ClickHouse,
  received: readonly ReceivedSeal[],
): Promise<Map<string, HeldSnapshot>> {
  if (received.length === 0) return new Map();
  const snapshotIds = received.map(({ seal }) => seal.snapshotId);
  const rows = await select(clickhouse, HELD, { snapshotIds });
  return new Map(rows.map((row) => [row.snapshot_id, { reason: row.why, isDropped: row.is_dropped }]));
}

/**
 * Makes snapshots visible, those of costs with their cells. Those that are already stay as they are.
 * @param attempt names the inserts of a replay
 * @returns by snapshot, why it is not visible: its cells are not its facts
 */
export async function sealSnapshots(
  clickhouse: ClickHouse,
  received: readonly ReceivedSeal[],
  stored: ReadonlyMap<string, StoredSnapshot>,
  attempt?: string,
): Promise<ReadonlyMap<string, string>> {
  if (received.length === 0) return new Map();
  const snapshotIds = received.map(({ seal }) => seal.snapshotId);
  const sealed = await select(clickhouse, SEALED_SNAPSHOTS, { snapshotIds });
  const known = new Set(sealed.map(({ snapshot_id }) => snapshot_id));
  const unsealed = received.filter(({ seal }) => !known.has(seal.snapshotId));
  return writeSeals(clickhouse, unsealed, stored, attempt);
}

async function writeSeals(
  clickhouse: ClickHouse,
  received: readonly ReceivedSeal[],
  stored: ReadonlyMap<string, StoredSnapshot>,
  attempt: string | undefined,
): Promise<ReadonlyMap<string, string>> {
  const unsealed = new Map(received.map((each) => [each.seal.snapshotId, each]));
  const costs = [...unsealed.values()]
    .filter(({ seal }) => seal.dataset === "cost")
    .map(({ seal: { snapshotId, chargePeriod } }) => {
      const inTable = stored.get(snapshotId) ?? NOTHING_STORED;
      return { snapshotId, day: chargeDayOf(chargePeriod), stored: inTable };
    });
  const cellsAttempt = attempt ?? randomUUID();
  const different = await writeCells(clickhouse, costs, cellsAttempt);
  for (const id of different.keys()) unsealed.delete(id);
  const rows = [...unsealed].map(([id, each]) => ({
    ...snapshotRow(each),
    claims: stored.get(id)?.claims ?? [],
    ...(each.seal.dataset === "cost" && { cells_attempt: `${cellsAttempt}/${id}` }),
  }));
  const token = sha256([...unsealed.keys(), ...(attempt === undefined ? [] : [attempt])].join("/"));
  await insertRows(clickhouse, "snapshots", rows, { token });
  return different;
}

/**
 * An empty answer, or one in which everything is zero, does not replace what is visible, or is about to be, unseen. Lines that a bill gave
 * away to a collector that was added are not missing.
 */
async function emptiedObjection(
  clickhouse: ClickHouse,
  seal: SnapshotSealed,
  before: readonly ReceivedSeal[],
  givenAway: GivenAway,
): Promise<string | undefined> {
  const isEmpty = seal.rowCount === 0;
  // What explains costs comes to nothing by its nature.
  if (!isEmpty && (isExplanation(seal.dataset) || parsePicos(seal.amount) !== 0n)) return undefined;
  const now = await contentNow(clickhouse, seal, before);
  const { rowCount, amount } = withoutGivenAway(now.snapshotId, now, givenAway);
  if (isEmpty && rowCount > 0)
    return "the reading is empty, the one before it was not: an empty answer never replaces costs silently";
  if (amount !== 0n)
    return `the reading comes to nothing, the one before it came to ${formatPicos(amount)}; release it if that is right`;
  return undefined;
}

interface Content {
  readonly snapshotId: string;
  readonly rowCount: number;
  readonly amount: bigint;
}

async function contentNow(
  clickhouse: ClickHouse,
  seal: SnapshotSealed,
  before: readonly ReceivedSeal[],
): Promise<Content> {
  const inBatch = before.findLast((each) => readingName(each.seal) === readingName(seal))?.seal;
  if (inBatch) return { ...inBatch, amount: parsePicos(inBatch.amount) };
  const { dataset, source, scope, chargePeriod } = seal;
  const start = dateTimeParameter(chargePeriod.start);
  const [current] = await select(clickhouse, CURRENT_CONTENT, { dataset, source, scope, start });
  return {
    snapshotId: current?.snapshot_id ?? "",
    rowCount: Number(current?.row_count ?? 0),
    amount: parsePicos(current?.visible_amount ?? "0"),
  };
}
