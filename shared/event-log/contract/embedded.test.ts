import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { silentLogger } from "@apportion/runtime/logger";
import { LogStore } from "../embedded/store.js";
import { openEventLog } from "../open.js";
import { eventLogContract, type EventLogHarness } from "./contract.js";
import { deadLetterContract } from "./dead-letters.js";

async function start(): Promise<EventLogHarness> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "apportion-log-"));
  return {
    open: () => openEventLog({ kind: "embedded" }, { dataDir, logger: silentLogger }),
    async appendRaw(messages) {
      const store = new LogStore(path.join(dataDir, "log.lmdb"));
      await store.append(messages);
      await store.close();
    },
    stop: async () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

eventLogContract("embedded", start);
deadLetterContract("embedded", start);
