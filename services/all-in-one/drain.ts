import { setTimeout as pause } from "node:timers/promises";
import type { EventLog } from "@apportion/event-log/log";

/** How often the lag is asked for, in milliseconds. */
const POLL_MS = 25;

/**
 * Resolves when the group has handled everything that lies in the topics.
 * @throws Error when it has not after `deadlineMs`: something it depends on is away, and the log says what.
 */
export async function untilCaughtUp(
  log: EventLog,
  group: string,
  topics: readonly string[],
  { deadlineMs, onLag }: { readonly deadlineMs: number; readonly onLag?: (lag: number) => void },
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const lag = await log.lag(group, topics);
    onLag?.(lag);
    if (lag === 0) return;
    if (Date.now() > deadline)
      throw new Error(
        `${group} is still ${lag} messages behind after ${Math.round(deadlineMs / 1000)} s; see the log above`,
      );
    await pause(POLL_MS);
  }
}
