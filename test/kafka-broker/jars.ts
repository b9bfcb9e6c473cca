import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createBrokerProcess } from "./broker-process.js";
import { freePort } from "./free-port.js";
import type { RunningBroker } from "./running-broker.js";

/** Starts the broker from its jars in a folder of its own; needs Java 17 and, the first time, Maven. */
export async function jarsBroker(): Promise<RunningBroker> {
  const folder = mkdtempSync(path.join(tmpdir(), "apportion-kafka-"));
  const broker = createBrokerProcess({
    folder,
    controllerPort: await freePort(),
    listeners: [{ name: "PLAINTEXT", port: await freePort() }],
  });
  const stop = async (): Promise<void> => {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await broker.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { address: broker.address, stop };
}
