import { type AllocationRules, collectedPeriods } from "@apportion/books/runs/inputs";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { daysOf } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { consumer } from "@apportion/event-log/consumer";
import type { EventLog, Subscription } from "@apportion/event-log/log";
import { allocationRequest } from "@apportion/events/allocation-requests";
import { TOPICS } from "@apportion/events/catalogue";
import { ALLOCATION_GROUP } from "@apportion/recovery/groups";
import type { Recovery } from "@apportion/recovery/recovery";
import { type AllocationConfig, policiesOf } from "@apportion/registry/allocation";
import type { Logger } from "@apportion/runtime/logger";
import type { Clock, Service } from "@apportion/runtime/service";
import { activateRules, recordTeams } from "./activate-rules.js";
import { createRequestHandler } from "./request-handler.js";

export interface AllocatorDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly recovery: Recovery;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly registry: Registry;
}

/** A batch of requests is merged: a day that a thousand requests name is allocated once. */
const BATCH_MESSAGES_MAX = 1000;
const BATCH_BYTES_MAX = 8 * 1024 * 1024;

/** From visible snapshots to sealed allocation runs. */
export function createAllocator(deps: AllocatorDeps, config: AllocationConfig): Service {
  let rules: AllocationRules | undefined;
  const subscription: Subscription = {
    group: ALLOCATION_GROUP,
    topics: [TOPICS.allocationRequests.name],
    deadLetterTopic: TOPICS.deadLetters.name,
    batchMessagesMax: BATCH_MESSAGES_MAX,
    batchBytesMax: BATCH_BYTES_MAX,
    handle: deps.recovery.withProgress(
      ALLOCATION_GROUP,
      createRequestHandler(deps, () => {
        if (!rules) throw new Error("The allocation rules were not activated");
        return rules;
      }),
    ),
  };
  const service = consumer("allocator", deps.log, subscription);
  return deps.recovery.whenWhole({
    ...service,
    async start() {
      const now = deps.clock();
      const activated = await activate(deps, config);
      rules = activated.rules;
      await requestAllMonths(deps, now, activated.changed);
      await service.start();
    },
  });
}

/** Puts the rules and teams of the configuration into force, and on record. */
export async function activate(
  {
    clickhouse,
    registry,
    recovery,
    clock,
  }: Pick<AllocatorDeps, "clickhouse" | "registry" | "recovery" | "clock">,
  config: AllocationConfig,
): Promise<{ readonly rules: AllocationRules; readonly changed: boolean }> {
  const { expectedReadings } = config;
  const now = clock();
  const activated = await activateRules(clickhouse, registry, policiesOf(config), expectedReadings, now);
  const isNewTeams = await recordTeams(clickhouse, registry, now);
  if (activated.changed || isNewTeams) await recovery.tell();
  return activated;
}

/**
 * Under new rules every day that was collected is allocated again; days that the change does not touch keep their run. Asked for at
 * every start: a process that died between the new rules and the requests would otherwise leave history under the old ones.
 */
async function requestAllMonths(
  { clickhouse, log }: AllocatorDeps,
  now: Date,
  changed: boolean,
): Promise<void> {
  const periods = await collectedPeriods(clickhouse);
  const reason = changed ? "the registry or the policies changed" : "the allocator started";
  if (periods.length > 0)
    await log.publish(periods.map((period) => allocationRequest(period, daysOf(period), reason, now)));
}
