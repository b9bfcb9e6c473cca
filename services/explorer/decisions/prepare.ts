import {
  type Prepared,
  type PreparedAct,
  type PreparedDecision,
  readPrepared,
} from "@apportion/books/decisions/prepared";
import { readMonths } from "@apportion/books/months/read-months";
import { isPending, quarantinedReadings } from "@apportion/books/readings/quarantined";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { canonicalJson, sha256 } from "@apportion/domain/hash";
import { DAY_MS } from "@apportion/domain/period";
import type { Identity } from "../server/identity.js";
import { NotFoundError, RefusedError } from "../server/problem.js";
import { type DecidableDeps, decidedText } from "./decidable.js";
import { nameOnRecord } from "./rights.js";

/** After so many days nobody can approve it any more. */
const EXPIRES_DAYS = 7;

/**
 * Puts on record what waits for somebody else. It changes nothing until then.
 * @throws RefusedError when there is nothing to decide, or something waits already
 */
export async function prepare(
  { clickhouse, clock }: DecidableDeps,
  said: { readonly act: PreparedAct; readonly about: string; readonly reason: string },
  by: Pick<Identity, "name" | "subject">,
): Promise<PreparedDecision> {
  await requireOpen(clickhouse, said);
  const now = clock();
  const ofSame = (await readPrepared(clickhouse, now)).filter(({ about }) => about === said.about);
  requireNone(ofSame);
  const dated = {
    ...said,
    preparedBy: nameOnRecord(by),
    subject: by.subject,
    preparedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + EXPIRES_DAYS * DAY_MS).toISOString(),
  };
  const prepared = { ...dated, id: sha256(canonicalJson(dated)).slice(0, 12) };
  // Of two that are prepared at once ClickHouse stores the first, and the other finds that out here.
  const token = `${said.about}/${ofSame.length}`;
  await insertRows(clickhouse, "prepared_decisions", [rowOf(prepared)], { token });
  const stored = (await readPrepared(clickhouse, now)).filter(({ about }) => about === said.about);
  if (!stored.some(({ id }) => id === prepared.id)) requireNone(stored);
  return prepared;
}

/** Takes back what waits. An approval that is under way at the same moment holds. */
export async function withdraw(
  { clickhouse, clock }: DecidableDeps,
  prepared: PreparedDecision,
  by: Identity,
): Promise<void> {
  const withdrawn = { by: nameOnRecord(by), at: clock().toISOString() };
  const token = `${prepared.id}/withdrawn`;
  await insertRows(clickhouse, "prepared_decisions", [rowOf(prepared, withdrawn)], { token });
}

function requireNone(ofSame: readonly Prepared[]): void {
  const waiting = ofSame.find(({ state }) => state.kind === "waiting");
  if (waiting)
    throw new RefusedError(
      409,
      `${waiting.preparedBy} prepared it already (${waiting.act}): approve that, or withdraw it first`,
    );
}

async function requireOpen(
  clickhouse: ClickHouse,
  { act, about }: Pick<PreparedDecision, "act" | "about">,
): Promise<void> {
  if (act === "close") {
    const known = (await readMonths(clickhouse)).find(({ month }) => month === about);
    if (!known) throw new NotFoundError(`Nothing of ${about} is allocated yet`);
    if (known.isClosed) throw new RefusedError(409, decidedText({ as: "close", by: known.approvedBy }));
    return;
  }
  const [reading] = await quarantinedReadings(clickhouse, about);
  if (about === "" || !reading) throw new NotFoundError(`No reading "${about}" is held back`);
  if (!isPending(reading))
    throw new RefusedError(409, decidedText({ as: reading.decision, by: reading.decided_by }));
  if (act === "release" && reading.snapshot_id === "")
    throw new RefusedError(
      409,
      "Its collector refused it, so it has no rows to release: mend the source and collect the day again",
    );
}

function rowOf(
  { id, act, about, reason, preparedBy, subject, preparedAt, expiresAt }: PreparedDecision,
  withdrawn?: { readonly by: string; readonly at: string },
): Record<string, unknown> {
  return {
    id,
    step: withdrawn ? "withdrawn" : "prepared",
    act,
    about,
    reason,
    prepared_by: preparedBy,
    prepared_subject: subject,
    prepared_at: preparedAt,
    expires_at: expiresAt,
    withdrawn_by: withdrawn?.by ?? "",
    withdrawn_at: withdrawn?.at ?? null,
  };
}
