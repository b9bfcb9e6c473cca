import { randomUUID } from "node:crypto";
import type { EventLog } from "@apportion/event-log/log";
import { decodeEvent, encodeEvent, EVENTS, TOPICS } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";

/**
 * By which the tables know this log from a new one under the same name: the first message of the records, which are kept for ever.
 * Offsets of two logs must not be compared.
 * @param prepare called with the id of a log that has none yet, before the log is told: what must be true of it from the start
 */
export async function logIdOf(log: EventLog, prepare: (logId: string) => Promise<void>): Promise<string> {
  const found = await readLogId(log);
  if (found !== undefined) return found;
  const logId = randomUUID();
  await prepare(logId);
  const attributes = {
    id: logId,
    source: "/apportion/recovery",
    key: "log",
    subject: "log",
    time: new Date(),
  };
  await log.publish([encodeEvent("logStarted", { logId }, attributes)]);
  return (await readLogId(log)) ?? logId; // another process may have been first
}

async function readLogId(log: EventLog): Promise<string | undefined> {
  for await (const { headers, value } of log.replay(TOPICS.records.name)) {
    if (eventTypeOf(headers) !== EVENTS.logStarted.type) continue;
    const decoded = decodeEvent("logStarted", value);
    if (decoded.ok) return decoded.data.logId;
  }
  return undefined;
}
