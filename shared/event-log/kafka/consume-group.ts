import { setTimeout as pause } from "node:timers/promises";
import { boundedHandling } from "../bounded-handling.js";
import type { RunningSubscription, SubscriptionState } from "../log.js";
import { redeliveryPauseMs } from "../redelivery.js";
import { SESSION_TIMEOUT_MS, startConsumer, type ConsumerDeps, type OneConsumer } from "./one-consumer.js";

interface GroupConsumer extends Omit<ConsumerDeps, "stopping" | "aborting"> {
  /** The batch in hand does not end although it was asked to: the process has to. */
  readonly onFatal: (error: Error) => void;
  /** Told of each consumer that ended, and of each one that joined (undefined). */
  readonly onOutcome: (error: Error | undefined) => void;
}

const GRACE_MS = 30_000;
/** Longest pause before another consumer is tried: what was mended is noticed within it. */
const RESTART_PAUSE_MAX_MS = 5_000;

/** A coordinator that is loading or moving costs a consumer or two. */
const EXPECTED_FAILURES = 2;

export interface SupervisedSubscription extends RunningSubscription {
  state(): SubscriptionState;
}

/**
 * Joins the group and hands over batches until it is stopped. However a consumer ends (a process or a broker that stood still for
 * longer than a session, rights or credentials that were wrong for a while, a topic that moved), another takes its place: nothing
 * was committed that was not handled, so joining again is always right. It does so only when the batches of the one before have
 * ended; see `bounded-handling.ts` for those that do not. Resolves when the first consumer has joined, or is being replaced.
 */
export async function consumeGroup(deps: GroupConsumer): Promise<SupervisedSubscription> {
  const { logger, onFatal, onOutcome } = deps;
  const { group, topics } = deps.subscription;
  const stopping = new AbortController();
  const aborting = new AbortController();
  const handle = boundedHandling(deps.subscription.handle, group, onFatal);
  const subscription = { ...deps.subscription, handle };
  let current: OneConsumer | undefined;
  let restarts = 0;
  let lastError: string | undefined;
  const stopped = new Promise<void>((resolve) =>
    stopping.signal.addEventListener("abort", () => resolve(), { once: true }),
  );

  const next = (): OneConsumer => {
    const one = startConsumer({
      ...deps,
      subscription,
      stopping: stopping.signal,
      aborting: aborting.signal,
    });
    current = one;
    return one;
  };
  const supervise = async (first: OneConsumer): Promise<void> => {
    for (let one = first, failures = 0; ; one = next()) {
      await Promise.race([one.joined, stopped]);
      const joinedMs = performance.now();
      if (one.isIn) {
        onOutcome(undefined);
        if (restarts > 0) logger.info({ group, restarts }, "the consumer is in its group again");
      }
      const reason = await Promise.race([one.ended, stopped]);
      await one.close();
      if (stopping.signal.aborted || !reason) return;
      failures = performance.now() - joinedMs > SESSION_TIMEOUT_MS ? 1 : failures + 1;
      restarts += 1;
      lastError = reason.message;
      const pauseMs = Math.min(redeliveryPauseMs(failures), RESTART_PAUSE_MAX_MS);
      const level = failures <= EXPECTED_FAILURES ? "info" : "warn";
      logger[level](
        { group, topics, reason: lastError, pauseMs },
        "the consumer ended; another takes its place",
      );
      onOutcome(reason);
      await pause(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined); // a stop ends the pause
      if (stopping.signal.aborted) return;
    }
  };

  const first = next();
  const supervising = supervise(first);
  supervising.catch(onFatal);
  await Promise.race([first.joined, stopped]);
  return {
    async stop(graceMs = GRACE_MS) {
      stopping.abort();
      const timer = setTimeout(() => aborting.abort(), graceMs);
      await supervising.finally(() => clearTimeout(timer));
    },
    state: () => ({
      group,
      topics,
      state: stopping.signal.aborted ? "stopped" : current?.isIn ? "consuming" : "joining",
      lastSeenAt: current?.lastSeenAt,
      handlingSince: current?.handlingSince,
      restarts,
      lastError,
    }),
  };
}
