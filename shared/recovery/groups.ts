import { TOPICS } from "@apportion/events/catalogue";

/** Consumer groups whose effects lie in the tables. */
export const INTAKE_GROUP = "apportion-intake";
export const ALLOCATION_GROUP = "apportion-allocation";
export const LEDGER_GROUP = "apportion-ledger";
export const ADVISOR_GROUP = "apportion-advisor";
export const NOTIFIER_GROUP = "notifier";
export const NOTIFIER_TOPICS: readonly string[] = [
  TOPICS.allocations.name,
  TOPICS.ledger.name,
  TOPICS.advice.name,
];
/** Nobody consumes as this group: it stands for the records of the log that the tables are known to have. */
export const RECORDS_GROUP = "apportion-records";

/** What each of them consumes. */
export const GROUP_TOPICS: Readonly<Record<string, readonly string[]>> = {
  [INTAKE_GROUP]: [TOPICS.readings.name],
  [ALLOCATION_GROUP]: [TOPICS.allocationRequests.name],
  [LEDGER_GROUP]: [TOPICS.allocations.name],
  [ADVISOR_GROUP]: [TOPICS.allocations.name],
  [NOTIFIER_GROUP]: NOTIFIER_TOPICS,
};
