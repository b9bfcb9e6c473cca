import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { silentLogger } from "@apportion/runtime/logger";
import { createClickHouse, type ClickHouse } from "../client.js";
import { startEmbeddedClickHouse, type EmbeddedClickHouse } from "../embedded/supervisor.js";

/** For tests: a real engine in a folder of its own, and clients of both users. */
export interface TestEngine {
  readonly dataDir: string;
  readonly engine: EmbeddedClickHouse;
  readonly client: ClickHouse;
  readonly analyst: ClickHouse;
  rows(sql: string, params?: Record<string, unknown>): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

export async function startTestEngine(): Promise<TestEngine> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "apportion-clickhouse-"));
  const engine = await startEmbeddedClickHouse({ dataDir, logger: silentLogger });
  const client = createClickHouse(engine);
  const analyst = createClickHouse({
    ...engine,
    ...engine.readonly,
    url: engine.url,
    database: engine.database,
  });
  return {
    dataDir,
    engine,
    client,
    analyst,
    async rows(query, query_params = {}) {
      const answer = await client.query({ query, query_params, format: "JSONEachRow" });
      return answer.json<Record<string, unknown>>();
    },
    async stop() {
      await client.close();
      await analyst.close();
      await engine.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
