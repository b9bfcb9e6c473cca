import { consumer } from "@apportion/event-log/consumer";
import { TOPICS } from "@apportion/events/catalogue";
import { LEDGER_GROUP } from "@apportion/recovery/groups";
import type { Recovery } from "@apportion/recovery/recovery";
import type { Service } from "@apportion/runtime/service";
import { type CorrectionDeps, createSealedHandler } from "./sealed-handler.js";

/** A batch of sealed runs is merged: a month of which a thousand events tell is looked at once. */
const BATCH_MESSAGES_MAX = 1000;
const BATCH_BYTES_MAX = 8 * 1024 * 1024;

/** From sealed runs of closed months to corrections in the open one. Months are closed by people: `close.ts`. */
export function createLedger(deps: CorrectionDeps & { readonly recovery: Recovery }): Service {
  const { recovery } = deps;
  const correct = createSealedHandler({ ...deps, beforePosting: () => recovery.requireWhole() });
  const ledger = consumer("ledger", deps.log, {
    group: LEDGER_GROUP,
    topics: [TOPICS.allocations.name],
    deadLetterTopic: TOPICS.deadLetters.name,
    batchMessagesMax: BATCH_MESSAGES_MAX,
    batchBytesMax: BATCH_BYTES_MAX,
    handle: recovery.withProgress(LEDGER_GROUP, async (batch, signal) => {
      const deadLetters = await correct(batch, signal);
      await recovery.tell(); // what a batch left in the books is told to the log before it is committed
      return deadLetters;
    }),
  });
  return recovery.whenWhole(ledger);
}
