import { foreignMessage, foreignText } from "@apportion/runtime/foreign-text";
import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { migrationsToApply } from "@apportion/clickhouse/migrate";
import { defineQuery, select } from "@apportion/clickhouse/query";
import type { EventLog, SubscriptionState } from "@apportion/event-log/log";
import type { Finding, HealthCheck } from "@apportion/runtime/health";

/** A consumer that has heard nothing from the log for so long is not ready: three sessions of Kafka's. */
const SEEN_MAX_MS = 60_000;
/** And after so long only a new start may help; a process that starts waits for a log that is away. */
const LOST_MS = 15 * 60_000;

/** That the log answers, and how the groups of this process fare: membership, age of the last poll, lag. */
export function eventLogCheck(log: EventLog, kind: string): HealthCheck {
  const lagOf = async ({ group, topics }: SubscriptionState): Promise<Finding> => ({
    what: `lag of ${group}`,
    ok: true,
    detail: `${await log.lag(group, topics)} messages behind`,
  });
  return async () => {
    const subscriptions = log.subscriptions().filter(({ state }) => state !== "stopped");
    const groups = subscriptions.map((subscription) => groupFinding(subscription, Date.now()));
    try {
      await log.ping();
      const answers = { what: "event log", ok: true, detail: `the ${kind} log answers` };
      return [answers, ...groups, ...(await Promise.all(subscriptions.map(lagOf)))];
    } catch (error) {
      return [
        { what: "event log", ok: false, detail: `the ${kind} log: ${foreignMessage(error)}` },
        ...groups,
      ];
    }
  };
}

function groupFinding(subscription: SubscriptionState, nowMs: number): Finding {
  const { group, state, lastSeenAt, handlingSince, restarts, lastError } = subscription;
  const silentMs = lastSeenAt ? nowMs - lastSeenAt.getTime() : 0;
  const parts = [
    state === "consuming" ? "in the group" : "not in the group, and trying to join",
    lastSeenAt ? `last poll ${seconds(silentMs)} ago` : "no poll yet",
    ...(handlingSince ? [`a batch in hand for ${seconds(nowMs - handlingSince.getTime())}`] : []),
    ...(restarts > 0
      ? [`consumer replaced ${restarts} times, last because: ${foreignText(lastError ?? "unknown")}`]
      : []),
  ];
  return {
    what: `group ${group}`,
    ok: state === "consuming" && silentMs <= SEEN_MAX_MS,
    detail: parts.join("; "),
  };
}

/** Finds a consumer that has been lost for so long that the process should be started again. Counts from when it was first asked. */
export function lostConsumers(log: EventLog, now: () => number = Date.now): () => string | undefined {
  const seenMs = new Map<string, number>();
  return () => {
    for (const { group, state, lastSeenAt } of log.subscriptions()) {
      if (state === "stopped") continue;
      // A consumer that is being replaced has seen nothing yet: what the one before it saw counts.
      const seen = Math.max(seenMs.get(group) ?? now(), lastSeenAt?.getTime() ?? 0);
      seenMs.set(group, seen);
      const silentMs = now() - seen;
      if (silentMs > LOST_MS) return `group ${group} has heard nothing from the log for ${seconds(silentMs)}`;
    }
    return undefined;
  };
}

/** That the database answers and has exactly the tables that this program was written for. */
export function databaseCheck(client: ClickHouse, directory: string): HealthCheck {
  return async () => {
    try {
      const pending = await migrationsToApply(client, directory);
      const answers = { what: "ClickHouse", ok: true, detail: "answers" };
      return pending.length === 0
        ? [answers, { what: "migrations", ok: true, detail: "all applied, and none that is newer" }]
        : [answers, { what: "migrations", ok: false, detail: `not applied: ${pending.join(", ")}` }];
    } catch (error) {
      return [{ what: "ClickHouse", ok: false, detail: foreignMessage(error) }];
    }
  };
}

/** A reading that is older is stale, as `completeness` has it too. */
const STALE_HOURS = 48;
/** Readings of days long past are not made any more; those that still are tell whether the source answers. */
const LOOKBACK_DAYS = 14;
/** The newest reading of a source is news for hours: asked more often, it would cost more than it tells. */
const READINGS_KEPT_MS = 60_000;

const LAST_READINGS = defineQuery({
  name: "health/last-readings",
  sql: `SELECT source, min(newest) AS oldest_scope, argMin(scope, newest) AS scope, count() AS scopes FROM
(SELECT source, scope, max(read_at) AS newest FROM last_readings
 WHERE charge_period_start >= {since:DateTime('UTC')} GROUP BY source, scope)
GROUP BY source ORDER BY source LIMIT 50`,
  params: z.object({ since: z.string() }),
  row: z.object({
    source: z.string(),
    oldest_scope: z.string(),
    scope: z.string(),
    scopes: z.coerce.number(),
  }),
});

/**
 * How old the last reading of each source is; of several scopes that of the oldest. It is told and does not make the process unready: it
 * can do its work, and a stale source must not hold up the rollout that mends it.
 */
export function lastReadingsCheck(client: ClickHouse, now: () => Date): HealthCheck {
  let kept: { readonly atMs: number; readonly rows: z.infer<(typeof LAST_READINGS)["row"]>[] } | undefined;
  return async () => {
    if (!kept || Date.now() - kept.atMs > READINGS_KEPT_MS)
      kept = { atMs: Date.now(), rows: await select(client, LAST_READINGS, { since: lookedBackTo(now()) }) };
    return kept.rows.map(({ source, oldest_scope, scope, scopes }) => {
      const hours = (now().getTime() - Date.parse(`${oldest_scope.replace(" ", "T")}Z`)) / 3_600_000;
      const stale = hours > STALE_HOURS ? `: stale, more than ${STALE_HOURS} h; see \`completeness\`` : "";
      const of = scopes > 1 ? ` (${scope}, the oldest of ${scopes} scopes)` : "";
      return {
        what: `last reading of ${source}`,
        ok: true,
        detail: `${Math.max(0, hours).toFixed(1)} h ago${of}${stale}`,
      };
    });
  };
}

/** As a parameter of a query, in whole seconds. */
function lookedBackTo(now: Date): string {
  return new Date(now.getTime() - LOOKBACK_DAYS * 86_400_000).toISOString().slice(0, 19).replace("T", " ");
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.round(ms / 1000))} s`;
}
