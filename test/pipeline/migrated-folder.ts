import { join } from "node:path";
import { createClickHouse } from "@apportion/clickhouse/client";
import { flushInserts } from "@apportion/clickhouse/durable";
import { startEmbeddedClickHouse } from "@apportion/clickhouse/embedded/supervisor";
import { migrate } from "@apportion/clickhouse/migrate";
import { silentLogger } from "@apportion/runtime/logger";
import { madeOnce } from "./made-once.js";

const MIGRATIONS = join(import.meta.dirname, "..", "..", "migrations");

/**
 * A data folder with empty tables as a platform leaves them, to be copied: to migrate takes three times as long as to open, and hundreds of
 * tests begin with it. That migrations work has tests of its own.
 */
export function migratedFolder(): Promise<string> {
  return madeOnce("migrated", async (dataDir) => {
    const engine = await startEmbeddedClickHouse({ dataDir, logger: silentLogger });
    try {
      await migrate(engine, { directory: MIGRATIONS, logger: silentLogger });
      const client = createClickHouse(engine);
      try {
        await flushInserts(client);
      } finally {
        await client.close();
      }
    } finally {
      await engine.stop();
    }
  });
}
