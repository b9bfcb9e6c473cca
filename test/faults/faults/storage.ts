import { closeSync, cpSync, openSync, rmSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../command.js";
import type { Deployment } from "../deployment.js";
import type { Fault } from "../fault.js";
import { canMount } from "../machine.js";
import { progressOf } from "../work.js";
import { setTimeout as pause } from "node:timers/promises";

const BLOCK = Buffer.alloc(1024 * 1024, 1);
/** More than any disk that is filled here has. */
const BLOCKS_MAX = 2_048;

/** Takes every byte that is left. */
function fill(folder: string): () => void {
  const file = join(folder, "filler");
  const descriptor = openSync(file, "w");
  try {
    for (let block = 0, bytes = BLOCK.byteLength; block < BLOCKS_MAX && bytes > 0;) {
      try {
        writeSync(descriptor, BLOCK, 0, bytes);
        block += 1;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        bytes = Math.floor(bytes / 2); // smaller and smaller pieces, to the last byte
      }
    }
  } finally {
    closeSync(descriptor);
  }
  return () => unlinkSync(file);
}

const noSmallDisk = canMount() ? {} : { missing: "no small disk can be mounted; it takes root on Linux" };

const AGED_MS = 3_000;
const CAUGHT_UP_MAX_MS = 30_000;

async function untilCaughtUp(deployment: Deployment): Promise<void> {
  const deadline = Date.now() + CAUGHT_UP_MAX_MS;
  while (!(await progressOf(deployment)).caughtUp && Date.now() < deadline) await pause(200);
}

/** An older copy of the engine's folder takes the place of the one that services went on with. */
async function restore(deployment: Deployment): Promise<() => Promise<void>> {
  const { engine, folder } = deployment.stage;
  const backup = join(folder, "backup");
  const live = join(engine.dataFolder, "clickhouse");
  await engine.stop();
  cpSync(live, backup, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  await engine.start();
  await pause(AGED_MS);
  await untilCaughtUp(deployment); // there is something newer than the copy
  await engine.stop();
  rmSync(live, { recursive: true });
  cpSync(backup, live, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  rmSync(backup, { recursive: true });
  await engine.start();
  return async () => {
    const { code, output } = await runCommand(deployment, ["rebuild"]);
    if (code !== 0) throw new Error(`apportion rebuild ended with ${code}: ${output}`);
  };
}

export const STORAGE_FAULTS: readonly Fault[] = [
  {
    name: "disk of the broker full",
    share: 1,
    holdMs: [3_000, 5_000],
    ...noSmallDisk,
    async inject({ stage: { broker, brokerData } }) {
      const release = fill(brokerData);
      return async () => {
        release();
        // A broker whose only disk failed ends; whoever watches over it starts it again.
        if (broker.pid === undefined) await broker.start();
      };
    },
  },
  {
    name: "disk of ClickHouse full",
    share: 2,
    holdMs: [3_000, 5_000],
    ...noSmallDisk,
    async inject({ stage: { engine } }) {
      const release = fill(engine.dataFolder);
      return async () => release();
    },
  },
  { name: "ClickHouse restored from before", share: 1, holdMs: [0, 0], inject: restore },
];
