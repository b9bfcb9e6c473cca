import { once, type EventEmitter } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@apportion/runtime/logger";
import { deadLetterMessage } from "../dead-letter.js";
import type { ReceivedMessage, Subscription } from "../log.js";
import { redeliveryPauseMs } from "../redelivery.js";
import type { LogStore } from "./store.js";

interface PartitionConsumer {
  readonly store: LogStore;
  readonly appended: EventEmitter;
  readonly logger: Logger;
  readonly subscription: Subscription;
  readonly topic: string;
  readonly partition: number;
  /** No further batch is taken. */
  readonly stopping: AbortSignal;
  /** The batch in hand is asked to give up. */
  readonly aborting: AbortSignal;
}

/** Hands over the partition's messages, a batch at a time, until it is stopped. */
export async function consumePartition(consumer: PartitionConsumer): Promise<void> {
  const { store, subscription, topic, partition, stopping } = consumer;
  let failures = 0;
  while (!stopping.aborted) {
    const committed = store.committed(subscription.group, topic, partition);
    const batch = store.read(topic, partition, committed, store.end(topic, partition), {
      messagesMax: subscription.batchMessagesMax,
      bytesMax: subscription.batchBytesMax,
    });
    if (batch.length === 0) {
      await somethingAppended(consumer);
      continue;
    }
    const handled = await handleBatch(consumer, batch);
    failures = handled ? 0 : failures + 1;
    if (!handled) await pauseAfter(failures, stopping);
  }
}

/** False when the handler failed: nothing was committed and the same batch is due again. */
async function handleBatch(consumer: PartitionConsumer, batch: readonly ReceivedMessage[]): Promise<boolean> {
  const { store, appended, logger, subscription, topic, partition, aborting } = consumer;
  const { group, deadLetterTopic } = subscription;
  try {
    const deadLetters = await subscription.handle(batch, aborting);
    const messages = deadLetters.map((deadLetter) =>
      deadLetterMessage(deadLetterTopic, group, deadLetter, new Date()),
    );
    const offset = Number(batch.at(-1)?.position.offset) + 1;
    await store.append(messages, { group, topic, partition, offset });
    if (messages.length > 0) appended.emit(deadLetterTopic);
    return true;
  } catch (error) {
    const where = { group, topic, partition };
    // Its handler was asked to give up, and did: nothing is wrong.
    if (aborting.aborted)
      logger.info(where, "the batch in hand took longer than stopping waits; it is delivered again");
    else logger.warn({ ...where, err: error }, "the batch could not be handled and is delivered again");
    return false;
  }
}

async function somethingAppended({ appended, topic, stopping }: PartitionConsumer): Promise<void> {
  // An abort ends the wait; the caller looks at the signal itself.
  await once(appended, topic, { signal: stopping }).catch(() => undefined);
}

async function pauseAfter(failures: number, stopping: AbortSignal): Promise<void> {
  await pause(redeliveryPauseMs(failures), undefined, { signal: stopping }).catch(() => undefined); // as above
}
