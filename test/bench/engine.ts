import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClickHouse, createClickHouse } from "@apportion/clickhouse/client";
import { type EmbeddedClickHouse, startEmbeddedClickHouse } from "@apportion/clickhouse/embedded/supervisor";
import { migrate } from "@apportion/clickhouse/migrate";
import type { EventLog } from "@apportion/event-log/log";
import { openEventLog } from "@apportion/event-log/open";
import { TOPICS } from "@apportion/events/catalogue";
import { silentLogger } from "@apportion/runtime/logger";

/** What is measured works on an engine and a log of its own, in a folder that is gone afterwards. */
export async function withEngine<T>(
  work: (on: { clickhouse: ClickHouse; engine: EmbeddedClickHouse; log: EventLog }) => Promise<T>,
): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), "apportion-bench-"));
  const engine = await startEmbeddedClickHouse({ dataDir, logger: silentLogger });
  const clickhouse = createClickHouse(engine);
  const log = await openEventLog(
    { kind: "embedded" },
    { dataDir: join(dataDir, "log"), logger: silentLogger },
  );
  try {
    await migrate(engine, {
      directory: new URL("../../../migrations", import.meta.url).pathname,
      logger: silentLogger,
    });
    await log.ensureTopics(Object.values(TOPICS));
    return await work({ clickhouse, engine, log });
  } finally {
    await clickhouse.close();
    await engine.stop();
    await log.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
