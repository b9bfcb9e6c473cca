import kafkajs from "kafkajs";
import { ALLOCATION_GROUP, INTAKE_GROUP, LEDGER_GROUP, NOTIFIER_GROUP } from "@apportion/recovery/groups";
import { TOPICS } from "@apportion/events/catalogue";
import type { Fault } from "../fault.js";
import { pick } from "../random.js";
import { KAFKA_USER } from "../stage.js";

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** Somebody takes a right away by mistake, and notices after a while. A denial is stronger than what is allowed. */
const slip = (kind: "group" | "topic"): Fault => ({
  name: `right to a ${kind} taken away`,
  share: 1,
  holdMs: [10_000, 15_000],
  async inject({ stage, prefix }, random) {
    const name =
      kind === "group"
        ? pick(random, [INTAKE_GROUP, ALLOCATION_GROUP, LEDGER_GROUP, NOTIFIER_GROUP])
        : pick(random, [TOPICS.readings.name, TOPICS.allocationRequests.name, TOPICS.allocations.name]);
    const denial = {
      resourceType: kind === "group" ? AclResourceTypes.GROUP : AclResourceTypes.TOPIC,
      resourceName: prefix + name,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${KAFKA_USER}`,
      host: "*",
      operation: AclOperationTypes.ALL,
      permissionType: AclPermissionTypes.DENY,
    };
    await stage.withAdmin((admin) => admin.createAcls({ acl: [denial] }));
    return () => stage.withAdmin(async (admin) => void (await admin.deleteAcls({ filters: [denial] })));
  },
});

export const RIGHTS_FAULTS: readonly Fault[] = [
  slip("group"),
  slip("topic"),
  {
    name: "password of the services changed on the broker",
    share: 1,
    holdMs: [5_000, 8_000],
    async inject({ stage: { broker } }) {
      await broker.stop();
      await broker.start({ [KAFKA_USER]: "another" });
      return async () => {
        await broker.stop();
        await broker.start();
      };
    },
  },
];
