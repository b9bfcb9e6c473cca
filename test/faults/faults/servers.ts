import { setTimeout as pause } from "node:timers/promises";
import type { Deployment } from "../deployment.js";
import type { Fault } from "../fault.js";

const ENGINE_BACK_MAX_MS = 60_000;

/** Stops a process from being run, without ending it; gives the way back. */
function freeze(pid: number | undefined): () => Promise<void> {
  if (pid === undefined) throw new Error("What is to be frozen does not run");
  process.kill(pid, "SIGSTOP");
  return async () => void process.kill(pid, "SIGCONT");
}

async function untilEngineRuns({ stage: { engine } }: Deployment): Promise<void> {
  const deadline = Date.now() + ENGINE_BACK_MAX_MS;
  while (engine.current.pid === undefined) {
    if (Date.now() > deadline) throw new Error("The engine was not started again");
    await pause(50);
  }
}

export const SERVER_FAULTS: readonly Fault[] = [
  {
    name: "broker killed",
    share: 6,
    holdMs: [200, 2_000],
    async inject({ stage: { broker } }) {
      await broker.kill();
      return () => broker.start();
    },
  },
  {
    name: "broker frozen briefly",
    share: 4,
    holdMs: [500, 5_000],
    inject: async ({ stage: { broker } }) => freeze(broker.pid),
  },
  {
    name: "broker frozen beyond the sessions",
    share: 1,
    holdMs: [36_000, 42_000],
    inject: async ({ stage: { broker } }) => freeze(broker.pid),
  },
  {
    name: "ClickHouse killed",
    share: 7,
    holdMs: [0, 0],
    async inject(deployment) {
      const { pid } = deployment.stage.engine.current;
      if (pid !== undefined) process.kill(pid, "SIGKILL");
      return () => untilEngineRuns(deployment);
    },
  },
  {
    name: "ClickHouse stopped for a while",
    share: 2,
    holdMs: [1_000, 4_000],
    async inject({ stage: { engine } }) {
      await engine.stop();
      return () => engine.start();
    },
  },
  {
    name: "ClickHouse frozen",
    share: 5,
    holdMs: [500, 5_000],
    inject: async ({ stage: { engine } }) => freeze(engine.current.pid),
  },
];
