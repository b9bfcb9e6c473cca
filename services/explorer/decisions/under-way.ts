import { RefusedError } from "../server/problem.js";

/** How long it is known how something ended of which nobody has heard: pages ask again at once. */
const UNHEARD_MS = 60_000;

/** How far something is that takes long. */
export interface Progress {
  /** Who began it, as they stand on record. */
  readonly by: string;
  readonly done: number;
  /** 0 while it is not known. */
  readonly total: number;
}

interface Going<T> {
  progress: Progress;
  readonly outcome: Promise<T>;
  hasEnded: boolean;
}

/** What goes on in this process, maybe for longer than anybody waits for an answer: by what it is about. */
export interface UnderWay<T> {
  of(id: string): Progress | undefined;
  /**
   * Begins it, unless the same person began it before: then that is waited for, so whoever asks again finds it, or how it ended.
   * @returns its outcome, or how far it is after so long
   * @throws RefusedError while somebody else does it
   */
  join(
    id: string,
    by: string,
    begin: (onProgress: (done: number, total: number) => void) => Promise<T>,
    waitMs: number,
  ): Promise<{ readonly outcome: T } | { readonly going: Progress }>;
}

export function keepUnderWay<T>(): UnderWay<T> {
  const all = new Map<string, Going<T>>();
  const forget = (id: string, going: Going<T>): void => {
    if (all.get(id) === going) all.delete(id);
  };
  const started = (id: string, by: string, begin: Parameters<UnderWay<T>["join"]>[2]): Going<T> => {
    const going: Going<T> = {
      progress: { by, done: 0, total: 0 },
      hasEnded: false,
      outcome: Promise.resolve()
        .then(() => begin((done, total) => (going.progress = { by, done, total })))
        .finally(() => {
          going.hasEnded = true;
          setTimeout(() => forget(id, going), UNHEARD_MS).unref();
        }),
    };
    going.outcome.catch(() => undefined); // who waits for it hears of it; maybe nobody does
    all.set(id, going);
    return going;
  };
  return {
    of(id) {
      const going = all.get(id);
      return going?.hasEnded ? undefined : going?.progress;
    },
    async join(id, by, begin, waitMs) {
      const before = all.get(id);
      const isOwn = before?.progress.by === by;
      if (before && !before.hasEnded && !isOwn)
        throw new RefusedError(409, `${before.progress.by} approves it at this moment`);
      const going = before && isOwn ? before : started(id, by, begin);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<"late">((resolve) => (timer = setTimeout(() => resolve("late"), waitMs)));
      try {
        const first = await Promise.race([going.outcome.then((outcome) => ({ outcome })), late]);
        return first === "late" ? { going: going.progress } : first;
      } finally {
        clearTimeout(timer);
        // Whoever began it has heard how it ended: the next time it begins anew.
        if (going.hasEnded) forget(id, going);
      }
    },
  };
}
