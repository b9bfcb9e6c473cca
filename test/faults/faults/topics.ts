import { TOPICS } from "@apportion/events/catalogue";
import type { Fault } from "../fault.js";
import { pick } from "../random.js";

/**
 * Somebody deletes a topic. What lay in it and was not handled yet is gone with it: of a day that goes on changing that is made good by
 * its next reading. The seals are not among them: they are the collectors' memory, which the runbook rebuilds.
 */
export const TOPIC_FAULTS: readonly Fault[] = [
  {
    name: "a topic deleted",
    share: 1,
    holdMs: [1_000, 3_000],
    async inject({ stage, prefix }, random) {
      const { name } = pick(random, [TOPICS.allocationRequests, TOPICS.allocations]);
      await stage.withAdmin((admin) => admin.deleteTopics({ topics: [prefix + name] }));
      return async () => undefined;
    },
  },
];
