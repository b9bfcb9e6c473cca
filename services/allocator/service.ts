import type { ClickHouse } from "@apportion/clickhouse/client";
import type { PartOwner } from "@apportion/domain/facts";
import { daysOf } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { EventLog, RunningSubscription, Subscription } from "@apportion/event-log/log";
import { allocationRequest } from "@apportion/events/allocation-requests";
import { TOPICS } from "@apportion/events/catalogue";
import { ALLOCATION_GROUP, INTAKE_GROUP, LEDGER_GROUP } from "@apportion/recovery/groups";
import type { Recovery } from "@apportion/recovery/recovery";
import { type AllocationConfig, policiesOf } from "@apportion/registry/allocation";
import type { Logger } from "@apportion/runtime/logger";
import type { Clock, Service } from "@apportion/runtime/service";
import { createIntakeHandler } from "./intake/intake.js";
import { createSealedHandler } from "./ledger/sealed-handler.js";
import { activateRules, recordTeams } from "./runs/activate-rules.js";
import { type AllocationRules, collectedPeriods } from "./runs/inputs.js";
import { createRequestHandler } from "./runs/request-handler.js";

export interface AllocatorDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly recovery: Recovery;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly registry: Registry;
  /** ISO 4217; the deployment's one currency. */
  readonly currency: string;
  /** Who charges a part of an account's bill, so that the rest of it may be nothing. */
  readonly partOwners: (account: string) => ReadonlySet<PartOwner>;
}

/** Chunks are up to 64 MiB inflated, one at a time; a batch bounds how much is repeated after a crash, and what memory holds of a partition. */
const INTAKE_BATCH_MESSAGES_MAX = 100;
const INTAKE_BATCH_BYTES_MAX = 8 * 1024 * 1024;
/** A batch of requests is merged: a day that a thousand requests name is allocated once. */
const REQUEST_BATCH_MESSAGES_MAX = 1000;
const REQUEST_BATCH_BYTES_MAX = 8 * 1024 * 1024;

/** A batch of sealed runs is merged likewise: a month is looked at once. */
const SEALED_BATCH_MESSAGES_MAX = 1000;
const SEALED_BATCH_BYTES_MAX = 8 * 1024 * 1024;

/** From the event log's readings to visible snapshots in ClickHouse. */
export function createIntake(
  deps: Omit<AllocatorDeps, "registry">,
  { sanity }: Pick<AllocationConfig, "sanity">,
): Service {
  const intake = consumer("intake", deps.log, {
    group: INTAKE_GROUP,
    topics: [TOPICS.readings.name],
    deadLetterTopic: TOPICS.deadLetters.name,
    batchMessagesMax: INTAKE_BATCH_MESSAGES_MAX,
    batchBytesMax: INTAKE_BATCH_BYTES_MAX,
    handle: deps.recovery.withProgress(INTAKE_GROUP, createIntakeHandler({ ...deps, sanity })),
  });
  return deps.recovery.whenWhole(intake);
}

/** From visible snapshots to sealed allocation runs. */
export function createAllocation(deps: AllocatorDeps, config: AllocationConfig): Service {
  let rules: AllocationRules | undefined;
  const subscription: Subscription = {
    group: ALLOCATION_GROUP,
    topics: [TOPICS.allocationRequests.name],
    deadLetterTopic: TOPICS.deadLetters.name,
    batchMessagesMax: REQUEST_BATCH_MESSAGES_MAX,
    batchBytesMax: REQUEST_BATCH_BYTES_MAX,
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

/** What of the ledger needs no command: closed months of which runs were sealed are corrected. */
export function createLedger(deps: AllocatorDeps): Service {
  const { recovery } = deps;
  const correct = createSealedHandler({ ...deps, beforePosting: () => recovery.requireWhole() });
  const ledger = consumer("ledger", deps.log, {
    group: LEDGER_GROUP,
    topics: [TOPICS.allocations.name],
    deadLetterTopic: TOPICS.deadLetters.name,
    batchMessagesMax: SEALED_BATCH_MESSAGES_MAX,
    batchBytesMax: SEALED_BATCH_BYTES_MAX,
    handle: recovery.withProgress(LEDGER_GROUP, async (batch, signal) => {
      const deadLetters = await correct(batch, signal);
      await recovery.tell(); // what a batch left in the books is told to the log before it is committed
      return deadLetters;
    }),
  });
  return recovery.whenWhole(ledger);
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
