import { CLOCK_FAULTS } from "./faults/clock.js";
import { DEPLOYMENT_FAULTS } from "./faults/deployments.js";
import { STORAGE_FAULTS } from "./faults/storage.js";
import { TOPIC_FAULTS } from "./faults/topics.js";
import type { Fault } from "./fault.js";
import { EMBEDDED_FAULTS } from "./faults/embedded.js";
import { MESSAGE_FAULTS } from "./faults/messages.js";
import { NETWORK_FAULTS } from "./faults/network.js";
import { PROCESS_FAULTS } from "./faults/processes.js";
import { RIGHTS_FAULTS } from "./faults/rights.js";
import { SERVER_FAULTS } from "./faults/servers.js";

/** Everything that a campaign can make go wrong. */
export const FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...SERVER_FAULTS,
  ...NETWORK_FAULTS,
  ...MESSAGE_FAULTS,
  ...RIGHTS_FAULTS,
  ...STORAGE_FAULTS,
  ...TOPIC_FAULTS,
  ...DEPLOYMENT_FAULTS,
  ...CLOCK_FAULTS,
  ...EMBEDDED_FAULTS,
];
