import { setTimeout as pause } from "node:timers/promises";
import type { EachBatchPayload } from "kafkajs";
import type { Logger } from "@apportion/runtime/logger";
import { deadLetterMessage } from "../dead-letter.js";
import { firstBatch, type EventLog, type ReceivedMessage, type Subscription } from "../log.js";
import { redeliveryPauseMs } from "../redelivery.js";
import { toReceived } from "./received.js";

export const HEARTBEAT_MS = 3_000;

interface BatchDelivery {
  readonly prefix: string;
  readonly log: Pick<EventLog, "publish">;
  readonly logger: Logger;
  readonly subscription: Subscription;
  /** No further piece is taken. */
  readonly stopping: AbortSignal;
  /** The piece in hand is asked to give up: the grace of a stop is over, or its consumer has ended. */
  readonly aborting: AbortSignal;
  readonly commit: (topic: string, partition: number, offset: string) => Promise<void>;
}

/** Hands what was fetched to the handler, a piece at a time, and commits each; until all of it is done or the partition is lost. */
export async function deliverBatch(delivery: BatchDelivery, payload: EachBatchPayload): Promise<void> {
  const { prefix, log, logger, subscription, stopping, aborting, commit } = delivery;
  const { batch } = payload;
  const { partition } = batch;
  const topic = batch.topic.slice(prefix.length);
  const { group, deadLetterTopic, batchMessagesMax, batchBytesMax } = subscription;
  /** The group rebalances, or this member is no longer in it: somebody else may have the partition. */
  const lost = new AbortController();
  const signal = AbortSignal.any([aborting, lost.signal]);
  const ending = AbortSignal.any([stopping, signal]);
  const goesOn = (): boolean => payload.isRunning() && !payload.isStale() && !ending.aborted;
  const messages = batch.messages.map((message) => toReceived(topic, partition, message));
  // A handler may take longer than a session lasts; a heartbeat that is refused says that the partition may be another's.
  const beating = setInterval(() => {
    if (payload.isRunning()) void payload.heartbeat().catch(() => lost.abort());
    else lost.abort(); // kafkajs gives the consumer up, and waits for this batch before it says so
  }, HEARTBEAT_MS);
  try {
    for (let start = 0, failures = 0; start < messages.length && goesOn();) {
      const limits = { messagesMax: batchMessagesMax, bytesMax: batchBytesMax };
      const piece = firstBatch(messages.slice(start), limits);
      try {
        const deadLetters = await subscription.handle(piece, signal);
        await log.publish(
          deadLetters.map((deadLetter) => deadLetterMessage(deadLetterTopic, group, deadLetter, new Date())),
        );
      } catch (error) {
        failures += 1;
        logger.warn(
          { group, topic, partition, err: error },
          "the batch could not be handled and is delivered again",
        );
        // An abort ends the pause; the loop looks at the signal itself.
        await pause(redeliveryPauseMs(failures), undefined, { signal: ending }).catch(() => undefined);
        continue;
      }
      failures = 0;
      if (lost.signal.aborted) return; // it is delivered again, to whoever has the partition now
      const last = lastOffset(piece);
      payload.resolveOffset(last);
      await commit(batch.topic, partition, (BigInt(last) + 1n).toString());
      start += piece.length;
    }
  } finally {
    clearInterval(beating);
  }
}

function lastOffset(messages: readonly ReceivedMessage[]): string {
  return messages.at(-1)?.position.offset ?? "0";
}
