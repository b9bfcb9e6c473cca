import { EngineError } from "./engine-error.js";

/** How many statements run at once, and how many may wait for that. Both ends are bounded. */
export class Slots {
  readonly #queueMax: number;
  readonly #waitMs: number;
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(slots: number, queueMax: number, waitMs: number) {
    this.#free = slots;
    this.#queueMax = queueMax;
    this.#waitMs = waitMs;
  }

  /** Runs the work when a slot is free, in order of arrival. @throws EngineError 202 when too many wait, or too long */
  async use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#acquire(signal);
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  #acquire(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    if (this.#waiting.size >= this.#queueMax) return Promise.reject(tooMany("too many statements wait"));
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#waiting.delete(granted);
        clearTimeout(timer);
        signal.removeEventListener("abort", aborted);
      };
      const granted = (): void => {
        settle();
        resolve();
      };
      const aborted = (): void => {
        settle();
        reject(signal.reason as Error);
      };
      const timer = setTimeout(() => {
        settle();
        reject(tooMany("waited too long for other statements"));
      }, this.#waitMs);
      signal.addEventListener("abort", aborted, { once: true });
      this.#waiting.add(granted);
    });
  }

  #release(): void {
    const [next] = this.#waiting;
    if (next)
      next(); // the slot passes on without becoming free
    else this.#free += 1;
  }
}

function tooMany(reason: string): EngineError {
  return new EngineError(202, "TOO_MANY_SIMULTANEOUS_QUERIES", `Too many simultaneous queries: ${reason}`);
}
