import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { BatchHandler, DeadLetter } from "@apportion/event-log/log";
import { decodeEvent, EVENTS, unknownEvent } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import { mergeTraces, traceparentOf, type Traceparent } from "@apportion/events/trace";
import { announce } from "../ledger/announce.js";
import { closedMonths, readBooksOf } from "../ledger/books.js";
import { postCorrection } from "../ledger/corrections.js";
import { allocateDays, type RunsDeps } from "./allocate-days.js";
import { recordedRules } from "./rules.js";
import type { AllocationRules } from "./inputs.js";
import { InvariantError } from "./run.js";

/**
 * Allocates the days that the requests of a batch name, each day once however many requests name it. A day whose current
 * run has these very inputs already is left alone. What is sealed is told to the log in every case: a crash after the seal
 * and before the event would otherwise keep it from the notifier for ever.
 */
export function createRequestHandler(deps: RunsDeps, rules: () => AllocationRules): BatchHandler {
  return async (batch, signal) => {
    const deadLetters: DeadLetter[] = [];
    const wanted = new Map<BillingPeriod, { readonly days: Set<Day>; readonly causes: Traceparent[] }>();
    for (const message of batch) {
      const type = eventTypeOf(message.headers);
      const decoded =
        type === EVENTS.allocationRequested.type
          ? decodeEvent("allocationRequested", message.value)
          : { ok: false as const, reason: unknownEvent("the allocator", type) };
      if (!decoded.ok) {
        deadLetters.push({ message, reason: decoded.reason });
        continue;
      }
      const period = decoded.data.billingPeriod as BillingPeriod;
      const { days, causes } = wanted.get(period) ?? { days: new Set(), causes: [] };
      for (const day of decoded.data.days) days.add(day as Day);
      const cause = traceparentOf(message.headers);
      if (cause !== undefined) causes.push(cause);
      wanted.set(period, { days, causes });
    }
    for (const [period, { days, causes }] of wanted) {
      const request = { period, days: [...days].sort(), trace: mergeTraces(causes) };
      if (!(await closedWith(deps.clickhouse, period))) await allocateDays(deps, rules(), request, signal);
      // Asked again: a month that was closed meanwhile is corrected, or what was just allocated would be in no books.
      const closed = await closedWith(deps.clickhouse, period);
      if (!closed) continue;
      await allocateDays(deps, closed, request, signal);
      await correct(deps, rules().registry, period);
    }
    return deadLetters;
  };
}

/** The rules under which a month was closed; undefined while it is open. */
async function closedWith(
  clickhouse: ClickHouse,
  period: BillingPeriod,
): Promise<AllocationRules | undefined> {
  const month = (await closedMonths(clickhouse)).find((each) => each.period === period);
  return month && recordedRules(clickhouse, month.rulesActivatedAt);
}

/** What a closed month turned out to differ by goes into the open one; the runs of the closed month stay frozen. */
async function correct(deps: RunsDeps, registry: Registry, period: BillingPeriod): Promise<void> {
  await deps.beforePosting?.();
  const journal = await postCorrection({ ...deps, registry }, period).catch((error: unknown) => {
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
