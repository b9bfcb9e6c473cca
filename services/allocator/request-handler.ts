import { ConservationError } from "@apportion/allocation/certificate";
import { closedMonths } from "@apportion/books/ledger/journals";
import { InvariantError } from "@apportion/books/runs/invariant-error";
import type { AllocationRules } from "@apportion/books/runs/inputs";
import { recordedRules } from "@apportion/books/runs/rules";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { BatchHandler, DeadLetter } from "@apportion/event-log/log";
import { decodeEvent, EVENTS, unknownEvent } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import { mergeTraces, type Traceparent, traceparentOf } from "@apportion/events/trace";
import { allocateDays, type RequestedDays, type RunsDeps } from "./allocate-days.js";

/**
 * Allocates the days that the requests of a batch name, each day once however many requests name it. A day whose current
 * run has these very inputs already is left alone. What is sealed is told to the log in every case: a crash after the seal
 * and before the event would otherwise keep it from the notifier for ever.
 *
 * A month whose readings or rules are not what was sealed, also at a second look (lines may have gone with a server that died), is given up
 * until it is asked for again, as every start and a rebuild do: trying on would not help, and other months must go on. Its runs of before count as they did, and the gate `allocated` keeps it from being closed.
 * @param onGivenUp says so; by default an error in the log
 */
export function createRequestHandler(
  deps: RunsDeps,
  rules: () => AllocationRules,
  onGivenUp: (period: BillingPeriod, error: Error) => void = (period, error) =>
    deps.logger.error(
      { err: error, billingPeriod: period },
      `${period} is not allocated: \`apportion verify --month ${period}\` says what is not as it was sealed; \`apportion rebuild\` brings back what the event log has of it, and allocates it`,
    ),
): BatchHandler {
  const allocateMonth = async (request: RequestedDays, signal: AbortSignal): Promise<void> => {
    const { period } = request;
    if (!(await closedWith(deps.clickhouse, period))) await allocateDays(deps, rules(), request, signal);
    // Asked again: a month that was closed meanwhile has runs under its own rules too, or what was just allocated would be in no books.
    const closed = await closedWith(deps.clickhouse, period);
    if (closed) await allocateDays(deps, closed, request, signal);
  };
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
      await allocateMonth(request, signal)
        .catch(whereDamaged(() => allocateMonth(request, signal)))
        .catch(whereDamaged((error) => onGivenUp(period, error)));
    }
    return deadLetters;
  };
}

/** Handles that a proof failed, and nothing else: a database that is away has the batch delivered again. */
function whereDamaged(handle: (error: Error) => Promise<void> | void) {
  return (error: unknown): Promise<void> | void => {
    if (error instanceof ConservationError || error instanceof InvariantError) return handle(error);
    throw error;
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
