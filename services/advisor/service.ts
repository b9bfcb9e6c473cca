import type { AnomalyFloors } from "@apportion/books/anomalies/find-anomalies";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { billingPeriodOf, dayOf, previousBillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { consumer } from "@apportion/event-log/consumer";
import type { BatchHandler, EventLog } from "@apportion/event-log/log";
import { TOPICS } from "@apportion/events/catalogue";
import { sealedMonths } from "@apportion/events/sealed-months";
import { ADVISOR_GROUP } from "@apportion/recovery/groups";
import type { Recovery } from "@apportion/recovery/recovery";
import type { Logger } from "@apportion/runtime/logger";
import type { Clock, Service } from "@apportion/runtime/service";
import { announce } from "./announce.js";
import { recentAnomalies } from "./recent-anomalies.js";
import { storeForecasts } from "./store-forecasts.js";

export interface AdvisorDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly recovery: Recovery;
  /** What a day has to be off by to be an anomaly. */
  readonly anomalyFloors: AnomalyFloors;
}

/** A batch of sealed runs is merged: a month of which a thousand events tell is looked at once. */
const BATCH_MESSAGES_MAX = 1000;
const BATCH_BYTES_MAX = 8 * 1024 * 1024;

/** From sealed runs of the running month to forecasts on record and days that nobody expected, of which the notifier is told. */
export function createAdvisor(deps: AdvisorDeps): Service {
  const { recovery } = deps;
  const advisor = consumer("advisor", deps.log, {
    group: ADVISOR_GROUP,
    topics: [TOPICS.allocations.name],
    deadLetterTopic: TOPICS.deadLetters.name,
    batchMessagesMax: BATCH_MESSAGES_MAX,
    batchBytesMax: BATCH_BYTES_MAX,
    handle: recovery.withProgress(ADVISOR_GROUP, createSealedHandler(deps)),
  });
  return recovery.whenWhole(advisor);
}

/** What is looked at is what is there now, not what an event says of it; a month that is over has nothing ahead of it. */
function createSealedHandler(deps: AdvisorDeps): BatchHandler {
  return async (batch, signal) => {
    const { months: sealed, deadLetters } = sealedMonths(batch, "the advisor");
    const today = dayOf(deps.clock());
    const running = billingPeriodOf(today);
    // Days of the month before still settle while the next one runs.
    if (![running, previousBillingPeriod(running)].some((each) => sealed.has(each))) return deadLetters;
    const forecasts = await storeForecasts(deps, running, signal);
    await deps.recovery.tell(); // a database that is restored from a backup forgets what was said
    const anomalies = await recentAnomalies(deps, today, signal);
    await announce(deps.log, { period: running, forecasts: forecasts.length, anomalies, at: deps.clock() });
    const counts = { forecasts: forecasts.length, anomalies: anomalies.length };
    deps.logger.info({ billingPeriod: running, ...counts }, "advice made");
    return deadLetters;
  };
}
