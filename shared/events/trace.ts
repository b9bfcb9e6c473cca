import { randomBytes } from "node:crypto";

/**
 * A W3C trace context (`00-<trace id>-<span id>-01`), which follows a reading from the collector to the mail that it causes: the CloudEvents
 * extension `traceparent`, for logs. Nothing that is stored, hashed or compared depends on it.
 */
export type Traceparent = string;

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** Of what is merged, at most so many are named as links. */
const LINKS_MAX = 10;

/** A new trace, or the next step of one. */
export function newTraceparent(traceId: string = randomBytes(16).toString("hex")): Traceparent {
  return `00-${traceId}-${randomBytes(8).toString("hex")}-01`;
}

export function traceIdOf(traceparent: Traceparent): string {
  return TRACEPARENT.exec(traceparent)?.[1] ?? "";
}

/** Of an event's headers; undefined where there is none, or something else. */
export function traceparentOf(headers: Readonly<Record<string, string>>): Traceparent | undefined {
  const found = headers["ce_traceparent"];
  return found !== undefined && TRACEPARENT.test(found) ? found : undefined;
}

/** What one piece of work goes on with, and what its log lines carry. */
export interface MergedTrace {
  readonly traceparent: Traceparent;
  readonly fields: { readonly traceId: string; readonly links?: readonly string[] };
}

/** One cause is gone on with; several become one new trace that names them as links. */
export function mergeTraces(causes: Iterable<Traceparent | undefined>): MergedTrace {
  const traceIds = new Set<string>();
  for (const cause of causes) if (cause !== undefined) traceIds.add(traceIdOf(cause));
  const [only, ...others] = traceIds;
  const traceparent = newTraceparent(others.length === 0 ? only : undefined);
  const traceId = traceIdOf(traceparent);
  return {
    traceparent,
    fields: others.length === 0 ? { traceId } : { traceId, links: [...traceIds].slice(0, LINKS_MAX) },
  };
}
