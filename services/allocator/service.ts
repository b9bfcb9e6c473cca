import type { ClickHouse } from "@apportion/clickhouse/client";
import { daysOf } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { EventLog, RunningSubscription, Subscription } from "@apportion/event-log/log";
import { TOPICS } from "@apportion/events/catalogue";
import type { Logger } from "@apportion/runtime/logger";
import type { Clock, Service } from "@apportion/runtime/service";
import type { AllocationConfig, ExpectedReading } from "./config.js";
import { createIntakeHandler } from "./intake/intake.js";
import { allocationRequest } from "./intake/request-allocations.js";
import { activateRules } from "./runs/rules.js";
import { createRequestHandler } from "./runs/request-handler.js";
import { collectedPeriods, type AllocationRules } from "./runs/inputs.js";

export interface AllocatorDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly registry: Registry;
  /** ISO 4217; the deployment's one currency. */
  readonly currency: string;
  /** Readings of the configured collectors: a day without one of them is incomplete. */
  readonly expectedReadings: readonly ExpectedReading[];
}

export const INTAKE_GROUP = "apportion-intake";
export const ALLOCATION_GROUP = "apportion-allocation";

/** Chunks are up to 64 MiB inflated, one at a time; a batch only bounds how much is repeated after a crash. */
const INTAKE_BATCH_MESSAGES_MAX = 100;
/** A batch of requests is merged: a day that a thousand requests name is allocated once. */
const REQUEST_BATCH_MESSAGES_MAX = 1000;

/** From the event log's readings to visible snapshots in ClickHouse. */
export function createIntake(deps: Omit<AllocatorDeps, "registry" | "expectedReadings">): Service {
  return consumer("intake", deps.log, {
    group: INTAKE_GROUP,
    topics: [TOPICS.readings.name],
    deadLetterTopic: TOPICS.deadLetters.name,
    batchMessagesMax: INTAKE_BATCH_MESSAGES_MAX,
    handle: createIntakeHandler(deps),
  });
}

/** From visible snapshots to sealed allocation runs. */
export function createAllocation(deps: AllocatorDeps, config: AllocationConfig): Service {
  let rules: AllocationRules | undefined;
  const subscription: Subscription = {
    group: ALLOCATION_GROUP,
    topics: [TOPICS.allocationRequests.name],
    deadLetterTopic: TOPICS.deadLetters.name,
    batchMessagesMax: REQUEST_BATCH_MESSAGES_MAX,
    handle: createRequestHandler(deps, () => {
      if (!rules) throw new Error("The allocation rules were not activated");
      return rules;
    }),
  };
  const service = consumer("allocation", deps.log, subscription);
  return {
    ...service,
    async start() {
      const expected = [...deps.expectedReadings, ...config.expectedReadings];
      const now = deps.clock();
      const activated = await activateRules(deps.clickhouse, deps.registry, config.policies, expected, now);
      rules = activated.rules;
      if (activated.changed) await requestAllMonths(deps, now);
      await service.start();
    },
  };
}

/** Under new rules every day that was collected is allocated again; days that the change does not touch keep their run. */
async function requestAllMonths({ clickhouse, log }: AllocatorDeps, now: Date): Promise<void> {
  const periods = await collectedPeriods(clickhouse);
  const reason = "the registry or the policies changed";
  if (periods.length > 0)
    await log.publish(periods.map((period) => allocationRequest(period, daysOf(period), reason, now)));
}

function consumer(name: string, log: EventLog, subscription: Subscription): Service {
  let running: RunningSubscription | undefined;
  return {
    name,
    async start() {
      running = await log.subscribe(subscription);
    },
    async stop() {
      await running?.stop();
    },
  };
}
