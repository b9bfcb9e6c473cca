import { setTimeout as pause } from "node:timers/promises";

export interface RetryOptions {
  /** Calls in all, the first included. */
  readonly attemptsMax: number;
  readonly initialPauseMs: number;
  readonly pauseMaxMs: number;
  /** Whether calling again can help. */
  readonly isRetriable: (error: unknown) => boolean;
  /** Pause that the other side asked for (Retry-After), in milliseconds; it is bounded by `pauseMaxMs`. */
  readonly askedPauseMs?: (error: unknown) => number | undefined;
  readonly signal?: AbortSignal;
}

/** Calls until it succeeds, the error is not worth a retry, or the attempts are used up; then throws the last error. */
export async function withRetry<T>(call: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= options.attemptsMax || options.signal?.aborted || !options.isRetriable(error))
        throw error;
      const growing = options.initialPauseMs * 2 ** (attempt - 1);
      const pauseMs = Math.min(options.askedPauseMs?.(error) ?? growing, options.pauseMaxMs);
      await pause(pauseMs, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}
