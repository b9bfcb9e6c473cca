import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { silentLogger } from "@apportion/runtime/logger";
import { openEventLog } from "../open.js";
import { eventLogContract } from "./contract.js";

eventLogContract("embedded", async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), "apportion-log-"));
  return {
    open: () => openEventLog({ kind: "embedded" }, { dataDir, logger: silentLogger }),
    stop: async () => rmSync(dataDir, { recursive: true, force: true }),
  };
});
