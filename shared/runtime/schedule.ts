import { parseCron } from "./cron.js";
import type { Logger } from "./logger.js";
import type { Clock } from "./service.js";

export interface Job {
  /** For the log, and for who asks about its health: "collector-bill: recent days". */
  readonly name: string;
  readonly cron: string;
  /** Of the clocks that the expression means; UTC where absent. */
  readonly timeZone?: string | undefined;
  /**
   * Does what is due, and gives the parts that are worth another attempt before the next scheduled time; none when it is done. When it
   * throws, all that was asked for is tried again.
   */
  run(attempt: Attempt, signal: AbortSignal): Promise<readonly string[]>;
}

export interface Attempt {
  /** How often it failed since the scheduled time. */
  readonly failures: number;
  /** The parts that failed; undefined: everything. */
  readonly left?: readonly string[] | undefined;
}

/** Where a schedule goes on: what was due after `since` and did not happen is due at once. */
export interface ScheduleStart {
  /** When it last began; where it never did, from when on scheduled times count. */
  readonly since: Date;
  /** An attempt that failed, or was never finished, before the process ended: it goes on, at its pause after `since`. */
  readonly unfinished?: Attempt;
}

export interface ScheduleState {
  readonly name: string;
  /** The next attempt: scheduled, or again after a failure. */
  readonly nextAt: Date;
  readonly running: boolean;
  /** Why the last attempt failed; absent when it did not. */
  readonly failure?: { readonly at: Date; readonly message: string };
}

export interface Schedule {
  state(): ScheduleState;
  /** Whether this many scheduled times have passed after an instant. */
  missed(times: number, since: Date): boolean;
  /** Interrupts a pause, waits for a run under way (its signal is aborted). */
  stop(): Promise<void>;
}

interface ScheduleDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonicMs?: () => number;
}

/** A timer is not to be trusted for longer: the machine may sleep, its clock may be set, and Node.js counts to 24 days only. */
const POLL_MS = 30_000;
const PAUSE_FIRST_MS = 60_000;
const PAUSE_MAX_MS = 30 * 60_000;

/** Before the attempt after this many failures, at least one: 1, 2, 4, 8, 16, then 30 minutes. */
function pauseAfterMs(failures: number): number {
  return Math.min(PAUSE_FIRST_MS * 2 ** (failures - 1), PAUSE_MAX_MS);
}

/**
 * Runs a job at its scheduled times, or as soon as it can after them.
 *
 * - What became due while a run was under way, the event loop was blocked, the process was frozen or the machine slept begins at once, and
 *   many missed times are one run. Two runs never overlap.
 * - Due is what the wall clock says, looked at every 30 s at the latest. A clock set forward past scheduled times is one run. When it is
 *   set back, the next time is found anew from what it says now, so nothing waits for the step to pass.
 * - What failed is tried again after 1, 2, 4 … 30 minutes by a clock that nobody sets, until the next scheduled time, which does everything.
 */
export function startSchedule(job: Job, deps: ScheduleDeps, start: ScheduleStart): Schedule {
  const { clock, logger, monotonicMs = () => performance.now() } = deps;
  const cron = parseCron(job.cron, job.timeZone);
  const stopping = new AbortController();
  const { signal } = stopping;
  const fields = { schedule: job.name };

  /** What both clocks said when they were last looked at. */
  let seen = { wall: clock(), mono: monotonicMs() };
  let dueAt = cron.next(start.since < seen.wall ? start.since : seen.wall);
  let retry: { readonly atMono: number; readonly attempt: Attempt } | undefined;
  let failure: ScheduleState["failure"];
  let running = false;

  const retryAfter = (attempt: Attempt, fromMono: number): void => {
    retry = { atMono: fromMono + pauseAfterMs(attempt.failures), attempt };
  };
  if (start.unfinished)
    retryAfter(start.unfinished, seen.mono - Math.max(0, seen.wall.getTime() - start.since.getTime()));

  const look = (): void => {
    const now = { wall: clock(), mono: monotonicMs() };
    if (now.wall < seen.wall) {
      const wasDue = now.mono - seen.mono >= dueAt.getTime() - seen.wall.getTime();
      dueAt = wasDue ? now.wall : cron.next(now.wall);
      const setBackS = Math.round((seen.wall.getTime() - now.wall.getTime()) / 1000);
      if (setBackS > 0)
        logger.warn(
          { ...fields, setBackS, nextAt: dueAt },
          "the clock was set back; the next time is found anew",
        );
    }
    seen = now;
  };
  const waitMs = (): number =>
    Math.max(0, Math.min(dueAt.getTime() - seen.wall.getTime(), (retry?.atMono ?? Infinity) - seen.mono));
  const nextAt = (): Date => new Date(seen.wall.getTime() + Math.round(waitMs()));

  const failed = (attempt: Attempt, error?: unknown): void => {
    const { left } = attempt;
    const message = error === undefined ? `${left?.join(", ")} could not be done` : (error as Error).message;
    look();
    failure = { at: seen.wall, message };
    retryAfter(attempt, seen.mono);
    logger.warn(
      {
        ...fields,
        ...(error === undefined ? { left } : { err: error }),
        failures: attempt.failures,
        nextAt: nextAt(),
      },
      "not everything that was due could be done; it is tried again",
    );
  };

  const runOnce = async (attempt: Attempt): Promise<void> => {
    running = true;
    const failures = attempt.failures + 1;
    try {
      const left = await job.run(attempt, signal);
      if (left.length > 0) failed({ failures, left });
      else failure = undefined;
    } catch (error) {
      if (!signal.aborted) failed({ failures, left: attempt.left }, error);
    } finally {
      running = false;
    }
  };

  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      look();
      if (seen.wall >= dueAt) {
        dueAt = cron.next(seen.wall);
        retry = undefined;
        await runOnce({ failures: 0 });
      } else if (retry && seen.mono >= retry.atMono) {
        const { attempt } = retry;
        retry = undefined;
        await runOnce(attempt);
      } else await pause(Math.min(waitMs(), POLL_MS), signal);
    }
  };
  const ended = loop();

  return {
    state: () => ({ name: job.name, nextAt: nextAt(), running, ...(failure && { failure }) }),
    missed(times, since) {
      let at = since;
      for (let time = 0; time < times; time++) at = cron.next(at);
      return at <= clock();
    },
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

/** Resolves after the time, or when it is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
