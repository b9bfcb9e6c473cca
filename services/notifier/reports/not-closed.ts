import { gatherEvidence } from "@apportion/books/ledger/verify";
import { type CloseConfig, evaluateGates } from "@apportion/books/ledger/gates";
import { readBooksOf } from "@apportion/books/ledger/journals";
import { collectedPeriods } from "@apportion/books/runs/inputs";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { billingPeriodOf, dayOf, previousBillingPeriod } from "@apportion/domain/period";
import type { EventLog } from "@apportion/event-log/log";
import { renderNotClosed } from "@apportion/reports/close/not-closed-mail";
import type { Clock } from "@apportion/runtime/service";
import { localTime } from "@apportion/runtime/time-zone";
import type { Mail } from "../delivery/deliver.js";
import { deliveryKey } from "../delivery/key.js";
import type { DeliveryRecords } from "../delivery/records.js";

interface NotClosedDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly records: DeliveryRecords;
  readonly clock: Clock;
  /** Of the day on which it is said once. */
  readonly timeZone: string;
  readonly rules: CloseConfig;
  readonly finance: readonly string[];
}

/**
 * Why the month before is not closed, once a day, from when it has settled until it is. Nothing of a month before the books begin, and nothing
 * is computed of what was said today.
 */
export async function notClosedMails(deps: NotClosedDeps): Promise<Mail[]> {
  const { clickhouse, clock, timeZone, rules } = deps;
  const period = previousBillingPeriod(billingPeriodOf(dayOf(clock())));
  const about = { kind: "not-closed", period, day: dayOf(localTime(timeZone, clock())) } as const;
  const key = deliveryKey(about);
  if ((await deps.records.known([key])).has(key)) return [];
  const first = rules.firstMonth ?? (await collectedPeriods(clickhouse))[0];
  if (first === undefined || period < first) return [];
  if ((await readBooksOf(clickhouse, period)).length > 0) return [];
  const gates = await evaluateGates(
    { clickhouse, clock },
    period,
    await gatherEvidence(deps, period),
    rules,
  );
  const isSettled = gates.some(({ name, passed }) => name === "over" && passed);
  return isSettled ? [{ about, to: deps.finance, rendered: renderNotClosed(period, gates) }] : [];
}
