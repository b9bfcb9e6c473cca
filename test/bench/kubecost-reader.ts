import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubecostConfig } from "@apportion/collector-kubecost/config";
import { createKubecostCollector } from "@apportion/collector-kubecost/service";
import { addDays, parseDay } from "@apportion/domain/period";
import { openEventLog } from "@apportion/event-log/open";
import { TOPICS } from "@apportion/events/catalogue";
import { createHealth } from "@apportion/runtime/health";
import { silentLogger } from "@apportion/runtime/logger";

/** Started by the bench as a process of its own: reads days of a cluster twice and prints how long each took. */
const [url = "", days = "1"] = process.argv.slice(2);
const dataDir = mkdtempSync(join(tmpdir(), "apportion-bench-"));
const log = await openEventLog({ kind: "embedded" }, { dataDir, logger: silentLogger });
try {
  await log.ensureTopics(Object.values(TOPICS));
  const config = kubecostConfig.parse({
    grain: "container",
    clusters: [{ id: "large", url, dialect: "opencost", timeoutMs: 600_000, responseBytesMax: 2 ** 31 }],
  });
  const platform = {
    log,
    currency: "USD",
    logger: silentLogger,
    health: createHealth(),
    clock: () => new Date("2026-11-24T00:00:00Z"),
  };
  const collector = await createKubecostCollector(config, platform);
  const from = parseDay("2026-11-20");
  const range = { from, to: addDays(from, Number(days)) };
  for (let round = 0; round < 2; round++) {
    const start = performance.now();
    const { published, unchanged } = await collector.collect(range);
    process.stdout.write(
      `${JSON.stringify({ published, unchanged, seconds: (performance.now() - start) / 1000 })}\n`,
    );
  }
} finally {
  await log.close();
  rmSync(dataDir, { recursive: true, force: true });
}
