import type { Service } from "@apportion/runtime/service";
import type { EventLog, RunningSubscription, Subscription } from "./log.js";

/** A subscription as a service: it consumes from its start to its stop, and finishes what is in hand. */
export function consumer(name: string, log: EventLog, subscription: Subscription): Service {
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
