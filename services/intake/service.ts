import { consumer } from "@apportion/event-log/consumer";
import { TOPICS } from "@apportion/events/catalogue";
import { INTAKE_GROUP } from "@apportion/recovery/groups";
import type { Recovery } from "@apportion/recovery/recovery";
import type { Service } from "@apportion/runtime/service";
import { createIntakeHandler, type IntakeDeps } from "./intake.js";

/**
 * Chunks are up to 64 MiB inflated, one at a time; a batch bounds how much is repeated after a crash, and what memory holds of a partition. What a
 * batch asks besides its rows is some hundred milliseconds of the engine: with half the bytes intake stored a twentieth less a second.
 */
const BATCH_MESSAGES_MAX = 100;
const BATCH_BYTES_MAX = 16 * 1024 * 1024;

/** From the event log's readings to visible snapshots in ClickHouse. */
export function createIntake(deps: IntakeDeps & { readonly recovery: Recovery }): Service {
  const intake = consumer("intake", deps.log, {
    group: INTAKE_GROUP,
    topics: [TOPICS.readings.name],
    deadLetterTopic: TOPICS.deadLetters.name,
    batchMessagesMax: BATCH_MESSAGES_MAX,
    batchBytesMax: BATCH_BYTES_MAX,
    handle: deps.recovery.withProgress(INTAKE_GROUP, createIntakeHandler(deps)),
  });
  return deps.recovery.whenWhole(intake);
}
