import { join } from "node:path";
import { startEmbeddedClickHouse } from "@apportion/clickhouse/embedded/supervisor";
import { migrate } from "@apportion/clickhouse/migrate";
import { silentLogger } from "@apportion/runtime/logger";
import { madeOnce } from "./made-once.js";

const MIGRATIONS = join(import.meta.dirname, "..", "..", "migrations");

/**
 * A data folder with empty tables, to be copied: to migrate takes three times as long as to open, and hundreds of tests begin with it. That
 * migrations work has tests of its own.
 */
export function migratedFolder(): Promise<string> {
  return madeOnce("migrated", async (dataDir) => {
    const engine = await startEmbeddedClickHouse({ dataDir, logger: silentLogger });
    try {
      await migrate(engine, { directory: MIGRATIONS, logger: silentLogger });
    } finally {
      await engine.stop();
    }
  });
}
