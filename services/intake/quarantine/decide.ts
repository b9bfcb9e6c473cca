import type { StoredSnapshot } from "@apportion/books/readings/facts-tables";
import {
  isPending,
  type QuarantinedReading,
  quarantinedReadings,
} from "@apportion/books/readings/quarantined";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { isExplanation } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { areTwoPeople, isPlaceholder } from "@apportion/domain/two-people";
import type { EventLog } from "@apportion/event-log/log";
import { requestsFor } from "@apportion/events/allocation-requests";
import type { SnapshotSealed } from "@apportion/events/catalogue";
import { requirePrintable } from "@apportion/runtime/printable";
import type { Clock } from "@apportion/runtime/service";
import { readClaims, rivalObjection } from "../claims.js";
import { mismatchOf, storedSnapshots } from "../compare.js";
import type { ReceivedSeal } from "../received-seal.js";
import { sealSnapshots } from "../seal.js";

export interface Decision {
  readonly id: string;
  readonly decision: "release" | "drop";
  readonly preparedBy: string;
  /** Somebody else than who prepared it. */
  readonly approvedBy: string;
  readonly reason: string;
}

/** A decision that cannot be taken; the message says why. */
class DecisionError extends Error {
  readonly code = "USAGE";
}

/** By how much what is visible of a reading's period changes. */
export interface Effect {
  readonly dataset: QuarantinedReading["dataset"];
  /** Decimal string, in `unit`; 0 for a drop. */
  readonly change: string;
  /** The currency, or what the meter counts. */
  readonly unit: string;
}

interface DecideDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly clock: Clock;
  /** ISO 4217; the deployment's one currency. */
  readonly currency: string;
}

/**
 * Releases a quarantined reading, which makes it visible as it was read, or drops it. Either goes on record with who prepared and
 * who approved it, why, and by how much the visible amount of its period changed.
 * @throws DecisionError when it is not pending, has no rows, or must not become visible whoever approves it
 */
export async function decide(deps: DecideDeps, decision: Decision): Promise<Effect> {
  const { clickhouse, log, clock } = deps;
  const { preparedBy, approvedBy, reason } = decision;
  requirePrintable({ "--prepared-by": preparedBy, "--approved-by": approvedBy, "--reason": reason });
  if (!areTwoPeople(decision.preparedBy, decision.approvedBy))
    throw new DecisionError("--prepared-by and --approved-by must be two people, each by their name");
  if (decision.reason.trim() === "" || isPlaceholder(decision.reason))
    throw new DecisionError("--reason must say why: it is what an auditor reads later");
  const reading = await pendingReading(deps, decision);
  const effect = effectOf(reading, decision.decision, deps.currency);
  let release = async (): Promise<void> => undefined;
  if (decision.decision === "release") {
    const received = releasable(reading, deps.currency);
    const stored = await soundRows(clickhouse, received);
    release = async () => {
      const [difference] = (await sealSnapshots(clickhouse, [received], stored)).values();
      if (difference !== undefined) throw new DecisionError(`It cannot become visible: ${difference}`);
      await requestAllocation(log, received);
    };
  }
  const row = {
    id: decision.id,
    decision: decision.decision,
    prepared_by: decision.preparedBy,
    approved_by: decision.approvedBy,
    reason: decision.reason,
    // A measured quantity has no dollars of its own: what it moves between teams the runs of its days say.
    effect: effect.unit === deps.currency ? effect.change : "0",
    decided_at: clock().toISOString(),
  };
  // One decision for a reading, ever: of two that are taken at once ClickHouse stores the first, and the other finds that out here, also
  // where both are the same: who is told that they decided is on record.
  await insertRows(clickhouse, "quarantine_decisions", [row], { token: decision.id });
  const [decided] = await quarantinedReadings(clickhouse, decision.id);
  const isFinished = reading.decision === decision.decision;
  const isOwn = decided?.decision === decision.decision && decided.decided_by === decision.approvedBy;
  if (!isFinished && !isOwn) throw decidedAlready(decided ?? reading);
  await release();
  return effect;
}

async function requestAllocation(log: EventLog, { seal }: ReceivedSeal): Promise<void> {
  const requests = requestsFor([seal]);
  if (requests.length > 0) await log.publish(requests);
}

function effectOf(reading: QuarantinedReading, decision: Decision["decision"], currency: string): Effect {
  const { dataset } = reading;
  const isRelease = decision === "release";
  if (isExplanation(dataset))
    return {
      dataset,
      change: String(isRelease ? reading.row_count - reading.visible_rows : 0),
      unit: dataset === "bucket" ? "buckets" : "workloads",
    };
  const change = isRelease
    ? formatPicos(parsePicos(reading.amount) - parsePicos(reading.visible_amount))
    : "0";
  return { dataset, change, unit: dataset === "usage" ? reading.unit : currency };
}

async function pendingReading(
  { clickhouse, log, currency }: DecideDeps,
  { id, decision }: Decision,
): Promise<QuarantinedReading> {
  const [reading] = await quarantinedReadings(clickhouse, id);
  if (!reading)
    throw new DecisionError(`There is no quarantined reading "${id}"; see \`apportion quarantine list\``);
  // A release that died between its record and its effect is finished by asking for it again.
  const isReleased = decision === "release" && reading.decision === "release";
  const isUnfinished = isReleased && !reading.is_visible;
  // It may have died before the allocation was asked for, which is harmless to repeat.
  if (isReleased && !isUnfinished) await requestAllocation(log, releasable(reading, currency));
  if (!isPending(reading) && !isUnfinished)
    throw new DecisionError(
      reading.decision === ""
        ? `${id} needs no decision: a later reading of the same period is visible`
        : decidedAlready(reading).message,
    );
  return reading;
}

function decidedAlready({ id, decision, decided_by }: QuarantinedReading): DecisionError {
  return new DecisionError(`${id} was decided on already: ${decision}, approved by ${decided_by}`);
}

function releasable(reading: QuarantinedReading, currency: string): ReceivedSeal {
  if (reading.snapshot_id === "")
    throw new DecisionError(
      `${reading.id} was refused by its collector and has no rows to release; mend the source and collect the day again`,
    );
  if (reading.currency !== currency)
    throw new DecisionError(
      `${reading.id} is in ${reading.currency}; this deployment charges in ${currency}`,
    );
  return sealOfQuarantined(reading, currency);
}

/** The seal that a reading in quarantine came with. */
export function sealOfQuarantined(reading: QuarantinedReading, currency: string): ReceivedSeal {
  const seal: SnapshotSealed = {
    snapshotId: reading.snapshot_id,
    dataset: reading.dataset,
    source: reading.source,
    scope: reading.scope,
    chargePeriod: { start: reading.period_start, end: reading.period_end },
    readAt: reading.read_at,
    finality: reading.finality === "final" ? "final" : "provisional",
    currency,
    chunkCount: reading.chunk_count,
    rowCount: reading.row_count,
    amount: reading.amount,
    contentHash: reading.content_hash,
  };
  const { log_topic: topic, log_partition: partition, log_offset: offset } = reading;
  return { seal, position: { topic, partition, offset } };
}

/** Rows that are not what was sealed, or dollars that another source charges: no approval makes these right. */
async function soundRows(
  clickhouse: ClickHouse,
  received: ReceivedSeal,
): Promise<ReadonlyMap<string, StoredSnapshot>> {
  const stored = await storedSnapshots(clickhouse, [received]);
  const objection =
    mismatchOf(received.seal, stored.get(received.seal.snapshotId)) ??
    rivalObjection(received, await readClaims(clickhouse, [received], stored), []);
  if (objection !== undefined) throw new DecisionError(`It cannot be released: ${objection}`);
  return stored;
}
