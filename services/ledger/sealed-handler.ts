import { closedMonths, readBooksOf } from "@apportion/books/ledger/journals";
import { InvariantError } from "@apportion/books/runs/invariant-error";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { BatchHandler, EventLog } from "@apportion/event-log/log";
import { sealedMonths } from "@apportion/events/sealed-months";
import type { Logger } from "@apportion/runtime/logger";
import type { Clock } from "@apportion/runtime/service";
import { announce } from "./announce.js";
import { postCorrection } from "./corrections.js";

export interface CorrectionDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly registry: Registry;
}

/**
 * Corrects the closed months of which runs were sealed: what they turned out to differ by goes into the open month, and their own runs stay
 * frozen. A month is looked at once however many events of a batch are about it; open ones are left alone.
 */
export function createSealedHandler(
  deps: CorrectionDeps & {
    /** Refuses to post while the tables are behind the log: what was posted there already would be posted over. */
    readonly beforePosting: () => Promise<void>;
  },
): BatchHandler {
  return async (batch, signal) => {
    const { months: sealed, deadLetters } = sealedMonths(batch, "the ledger");
    const closed = await closedMonths(deps.clickhouse);
    for (const { period } of closed) {
      signal.throwIfAborted();
      if (!sealed.has(period)) continue;
      await deps.beforePosting();
      await correctClosed(deps, period);
    }
    return deadLetters;
  };
}

/** What a closed month turned out to differ by goes into the open one, and is told to the log. */
export async function correctClosed(deps: CorrectionDeps, period: BillingPeriod): Promise<void> {
  const journal = await postCorrection(deps, period).catch((error: unknown) => {
    if (!(error instanceof InvariantError)) throw error;
    // Trying again would not help, and other months must go on: somebody has to look at it.
    deps.logger.error({ err: error, corrects: period }, "correction not posted");
    return undefined;
  });
  // All of the month's, since an earlier attempt may have died between posting and telling.
  await announce(deps.log, await readBooksOf(deps.clickhouse, period));
  if (!journal) return;
  const { billingPeriod, entries, seq } = journal;
  deps.logger.info(
    { corrects: period, billingPeriod, entries: entries.length, seq: String(seq) },
    "correction posted",
  );
}
