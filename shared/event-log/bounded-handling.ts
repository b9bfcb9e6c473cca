import type { BatchHandler } from "./log.js";

/** A batch that takes longer is asked to give up, and delivered again: what it has done by then stays done. */
export const HANDLING_MAX_MS = 15 * 60_000;
/** A handler that was asked to give up and goes on for so long never ends. */
export const GIVE_UP_MS = 60_000;

export class HandlerHangsError extends Error {
  readonly code = "HANDLER_HANGS";
  constructor(group: string) {
    super(
      `A batch of ${group} was asked to give up ${GIVE_UP_MS / 1000} s ago and has not ended: the process ends, and what it had in hand is delivered again after its start`,
    );
  }
}

/**
 * No batch stays in hand for ever. The handler's signal is aborted when the caller's is, or after {@link HANDLING_MAX_MS}; one that
 * does not end {@link GIVE_UP_MS} after that is reported, since neither waiting for it nor working beside it would be right.
 */
export function boundedHandling(
  handle: BatchHandler,
  group: string,
  onFatal: (error: Error) => void,
): BatchHandler {
  return async (batch, signal) => {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), HANDLING_MAX_MS);
    const bounded = AbortSignal.any([signal, late.signal]);
    let hanging: NodeJS.Timeout | undefined;
    const watch = (): void => {
      hanging = setTimeout(() => onFatal(new HandlerHangsError(group)), GIVE_UP_MS);
    };
    if (bounded.aborted) watch();
    else bounded.addEventListener("abort", watch, { once: true });
    try {
      return await handle(batch, bounded);
    } finally {
      bounded.removeEventListener("abort", watch);
      clearTimeout(timer);
      clearTimeout(hanging);
    }
  };
}
