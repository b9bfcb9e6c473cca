import { schedule, type ScheduledTask } from "node-cron";
import type { Logger } from "@apportion/runtime/logger";

interface ReportScheduleDeps {
  /** Sends what is due by now. */
  readonly report: () => Promise<void>;
  readonly logger: Logger;
}

/**
 * Sends the reports that are due when the cron expression (UTC) says so. A failure is tried again after a pause: the next
 * scheduled time may be far away, and what was sent already is on record.
 */
export function startReportSchedule(
  { report, logger }: ReportScheduleDeps,
  expression: string,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let underWay: Promise<void> = Promise.resolve();
  const reportUntilDone = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      try {
        await report();
        return;
      } catch (error) {
        logger.error({ err: error }, "reports could not be sent; they are tried again");
        await pauseOf(failures, stopping.signal);
      }
    }
  };
  const task: ScheduledTask = schedule(
    expression,
    () => {
      underWay = reportUntilDone();
      return underWay;
    },
    { timezone: "Etc/UTC", noOverlap: true },
  );
  return {
    async stop() {
      stopping.abort();
      await task.destroy();
      await underWay;
    },
  };
}

const PAUSE_FIRST_MS = 30_000;
const PAUSE_MAX_MS = 15 * 60_000;

function pauseOf(failures: number, signal: AbortSignal): Promise<void> {
  const pauseMs = Math.min(PAUSE_FIRST_MS * 2 ** failures, PAUSE_MAX_MS);
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, pauseMs);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
