import { setTimeout as pause } from "node:timers/promises";
import { ALLOCATION_GROUP, NOTIFIER_GROUP } from "@apportion/recovery/groups";
import { SERVICES, type Deployment, type ServiceName } from "../deployment.js";
import type { Fault } from "../fault.js";
import { pick } from "../random.js";
import { lagOf } from "../work.js";

/** kafkajs's session here is 20 s: whoever stands still for longer is no member of its group any more. */
const BEYOND_SESSION_MS = [36_000, 42_000] as const;
const BATCH_IN_HAND_MAX_MS = 5_000;
const GROUPS: Partial<Record<ServiceName, string>> = {
  allocator: ALLOCATION_GROUP,
  notifier: NOTIFIER_GROUP,
};

async function kill({ services }: Deployment, name: ServiceName): Promise<() => Promise<void>> {
  services[name].signal("SIGKILL");
  return async () => undefined; // it is started again by what watches over it
}

async function freeze({ services }: Deployment, name: ServiceName): Promise<() => Promise<void>> {
  services[name].signal("SIGSTOP");
  return async () => services[name].signal("SIGCONT");
}

/** A killed member of a group is missed only when its session is over, so these take half a minute. */
const killed = (name: ServiceName, share: number): Fault => ({
  name: `${name} killed`,
  share,
  holdMs: [0, 0],
  ...(GROUPS[name] !== undefined && { together: "consumers killed" }),
  inject: (deployment) => kill(deployment, name),
});

const frozenForLong = (name: ServiceName): Fault => ({
  name: `${name} frozen beyond its session`,
  share: 1,
  holdMs: BEYOND_SESSION_MS,
  together: "frozen for long",
  async inject(deployment) {
    const group = GROUPS[name];
    if (group !== undefined) await untilInHand(deployment, group);
    return freeze(deployment, name);
  },
});

/** The worst moment: with a batch in hand, of which nothing is committed. Work was published a moment ago. */
async function untilInHand(deployment: Deployment, group: string): Promise<void> {
  const deadline = Date.now() + BATCH_IN_HAND_MAX_MS;
  while (Date.now() < deadline) {
    if (((await lagOf(deployment))[group] ?? 0) > 0) return;
    await pause(10);
  }
}

export const PROCESS_FAULTS: readonly Fault[] = [
  killed("allocator", 3),
  killed("notifier", 3),
  killed("collector-kubecost", 6),
  killed("collector-s3", 3),
  {
    name: "a service frozen briefly",
    share: 8,
    holdMs: [500, 4_000],
    inject: (deployment, random) => freeze(deployment, pick(random, SERVICES)),
  },
  frozenForLong("allocator"),
  frozenForLong("notifier"),
  frozenForLong("collector-kubecost"),
];
