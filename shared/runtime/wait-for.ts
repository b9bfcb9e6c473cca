import { setTimeout as pause } from "node:timers/promises";
import type { Finding } from "./health.js";
import type { Logger } from "./logger.js";
import { troubleInWords } from "./trouble.js";

/** Something that a process cannot work without, and that may not be there yet. */
export interface Dependency<T> {
  /** `Kafka` */
  readonly what: string;
  /** Its address, as it was configured. Never a secret. */
  readonly where: string;
  /** For the operator, where it does not answer: `check eventLog.brokers, and that the brokers run`. */
  readonly check: string;
  /** Reaches for it, within a bound of its own. */
  readonly attempt: () => Promise<T>;
  /** Whether it can help to wait; by default always. */
  readonly isWorthWaiting?: (error: unknown) => boolean;
}

/** One wait that is going on. */
interface Waiting {
  readonly what: string;
  readonly where: string;
  readonly check: string;
  readonly since: Date;
  /** Undefined while the first attempt is under way. */
  lastError: string | undefined;
}

/** The waits of a process: what ends them, who hears of them, and which go on. */
export interface Patience {
  /** Ends every wait at once. */
  readonly signal: AbortSignal;
  readonly logger: Pick<Logger, "info" | "warn">;
  /** What is waited for at this moment; each wait puts itself in and takes itself out. */
  readonly waiting: Set<Waiting>;
}

const SAID_EVERY_MS = 3_000;
const FIRST_PAUSE_MS = 200;
const PAUSE_MAX_MS = 2_000;

/**
 * Tries until it is there, and says every few seconds what is waited for, where, since when and what was the last error. Without patience
 * there is one attempt, as becomes a command that somebody waits for.
 *
 * @throws Error with the address and what to check, or what waiting cannot mend; the signal's reason when it is aborted
 */
export async function waitFor<T>(dependency: Dependency<T>, patience: Patience | undefined): Promise<T> {
  const { what, where, check, attempt, isWorthWaiting = () => true } = dependency;
  if (!patience) {
    return attempt().catch((error: unknown) => {
      if (!isWorthWaiting(error)) throw error;
      throw new Error(`${what} at ${where} cannot be used: ${troubleInWords(error)}. Please ${check}.`, {
        cause: error,
      });
    });
  }
  const { signal, logger, waiting } = patience;
  const wait: Waiting = { what, where, check, since: new Date(), lastError: undefined };
  waiting.add(wait);
  let waited = false;
  const say = (): void => {
    waited = true;
    logger.warn({ what, where, since: wait.since, lastError: wait.lastError }, inWords(wait));
  };
  const saying = setInterval(say, SAID_EVERY_MS);
  try {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
      try {
        const result = await unlessAborted(attempt, signal);
        if (waited) logger.info({ what, where, since: wait.since }, `${what} at ${where} is there`);
        return result;
      } catch (error) {
        if (signal.aborted || !isWorthWaiting(error)) throw error;
        const isFirst = wait.lastError === undefined;
        wait.lastError = troubleInWords(error);
        if (isFirst) say();
      }
      await pause(pauseMs, undefined, { signal });
    }
  } finally {
    clearInterval(saying);
    waiting.delete(wait);
  }
}

/** A wait as health shows it. */
export function waitingFinding(wait: Waiting): Finding {
  return { what: wait.what, ok: false, detail: `${inWords(wait)}; ${wait.check}` };
}

function inWords({ what, where, since, lastError }: Waiting): string {
  return `waiting for ${what} at ${where} since ${since.toISOString()}: ${lastError ?? "no answer yet"}`;
}

/** What the attempt comes to afterwards is nobody's concern any more. */
async function unlessAborted<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([attempt(), aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
