import { consumer } from "@apportion/event-log/consumer";
import { TOPICS } from "@apportion/events/catalogue";
import { INTAKE_GROUP } from "@apportion/recovery/groups";
import type { Recovery } from "@apportion/recovery/recovery";
import type { Service } from "@apportion/runtime/service";
import { BATCH_BYTES_MAX, BATCH_MESSAGES_MAX, createIntakeHandler, type IntakeDeps } from "./intake.js";

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
