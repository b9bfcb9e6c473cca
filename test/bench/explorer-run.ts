import { createClickHouse } from "@apportion/clickhouse/client";
import { openEventLog } from "@apportion/event-log/open";
import { createExplorer } from "@apportion/explorer/service";
import { DEFAULT_REPORT_SETTINGS } from "@apportion/registry/report-settings";
import { silentLogger } from "@apportion/runtime/logger";
import { Secret } from "@apportion/runtime/secret";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { registryOf } from "./company.js";

/**
 * The explorer in a process of its own, on an engine whose place and size come as arguments. Once it has read ahead, it prints its address and how many
 * milliseconds that took; it ends with its input.
 */
const [url = "", username = "", database = "", size = ""] = process.argv.slice(2);
const clickhouse = createClickHouse({
  url,
  username,
  database,
  password: new Secret(process.env["BENCH_PASSWORD"] ?? ""),
});
const log = await openEventLog(
  { kind: "embedded" },
  { dataDir: mkdtempSync(join(tmpdir(), "apportion-bench-explorer-")), logger: silentLogger },
);
const onAhead = (fields: object): void => {
  if ("ms" in fields) process.stdout.write(`${explorer.url} ${String(fields.ms)}\n`);
  if ("reason" in fields) throw new Error(`It could not read ahead: ${String(fields.reason)}`);
};
const explorer = createExplorer(
  {
    clickhouse,
    log,
    registry: registryOf(JSON.parse(size) as Parameters<typeof registryOf>[0]),
    currency: "USD",
    clock: () => new Date("2026-11-04T08:00:00Z"),
    logger: { ...silentLogger, debug: onAhead },
    recommendedAMonth: "10",
    namesShownTo: ["finance"],
    billBasis: "no bill is read",
    reportSettings: DEFAULT_REPORT_SETTINGS,
    closeRules: undefined,
  },
  { host: "127.0.0.1", port: 0, tokens: [] },
);
await explorer.start();
process.stdin.resume().once("end", () => process.exit(0));
