import type { Platform } from "@apportion/platform/platform";
import { startAll, type Service } from "@apportion/runtime/service";

/** What is in hand has longer than that to end by itself: 30 s, and a little for leaving. */
export const STOP_MAX_MS = 45_000;

interface Running {
  readonly services: readonly Service[];
  readonly platform: Pick<Platform, "failed" | "close">;
  /** Asks them to end. */
  readonly signal: AbortSignal;
  readonly onRunning: () => void;
  readonly onEnding: () => void;
}

/**
 * Runs services until the signal, or until the platform cannot go on, and then lets what is in hand end: for {@link STOP_MAX_MS}, since what
 * hangs is often why the process has to end.
 * @throws what it could not go on with; a service that did not start; Error when something in hand did not end
 */
export async function runUntilEnded({
  services,
  platform,
  signal,
  onRunning,
  onEnding,
}: Running): Promise<void> {
  let failure: Error | undefined;
  const ending = Promise.race<unknown>([
    untilAborted(signal),
    platform.failed.then((error) => (failure = error)),
  ]);
  const starting = startAll(services);
  const stopAndClose = async (): Promise<void> => {
    try {
      await (await starting).stop();
    } finally {
      await platform.close();
    }
  };
  try {
    await Promise.race([starting.then(onRunning), ending]);
    await ending;
    onEnding();
    await withinStopTime(stopAndClose());
  } catch (error) {
    // Why it did not start, or did not end, is what must be seen; and what hangs may hang here too.
    await withinStopTime(platform.close()).catch(() => undefined);
    throw failure ?? error;
  }
  if (failure) throw failure;
}

async function withinStopTime(ending: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new Error(
            `Something in hand did not end within ${STOP_MAX_MS / 1000} s; it is delivered again after the next start`,
          ),
        ),
      STOP_MAX_MS,
    );
  });
  await Promise.race([ending, late]).finally(() => clearTimeout(timer));
}

export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
