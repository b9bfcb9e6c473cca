import { gzipSync } from "node:zlib";
import type { Reading } from "@apportion/domain/facts";
import type { LogMessage } from "@apportion/event-log/log";
import { messagesOf, READ_AT } from "./platform.js";

/** The rows as programs wrote them before chunks were Arrow streams: a line of JSON each, with the columns of its snapshot. */
export function jsonLines({ key, rows }: Reading, snapshotId: string, chunk = 0): string {
  const common = {
    snapshot_id: snapshotId,
    chunk,
    source: key.source,
    scope: key.scope,
    charge_period_start: Date.parse(key.chargePeriod.start) / 1000,
    charge_period_end: Date.parse(key.chargePeriod.end) / 1000,
  };
  return rows
    .map((row) =>
      Object.entries(row).filter(([, value]) => value !== "" && value !== "0" && value !== undefined),
    )
    .map((told) => `${JSON.stringify({ ...common, ...Object.fromEntries(told) })}\n`)
    .join("");
}

/** The messages of a reading as such a program published them: one chunk of lines, then the seal. */
export async function messagesOfBefore(reading: Reading, readAt = READ_AT): Promise<LogMessage[]> {
  const [chunk, seal] = await messagesOf(reading, readAt);
  if (!chunk || !seal) throw new Error("a reading with rows has a chunk and a seal");
  const value = gzipSync(jsonLines(reading, chunk.headers["ce_snapshotid"] ?? ""));
  const headers = {
    ...chunk.headers,
    ce_type: "apportion.snapshot.chunk.v1",
    "content-type": "application/x-ndjson",
  };
  return [{ ...chunk, headers, value }, seal];
}
