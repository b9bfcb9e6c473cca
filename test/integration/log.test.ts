import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { CostFactRow } from "@apportion/domain/facts";
import { openEventLog } from "@apportion/event-log/open";
import { TOPICS } from "@apportion/events/catalogue";
import { CHUNK_ROWS_MAX } from "@apportion/events/chunk";
import { createReadingPublisher } from "@apportion/readings/publisher";
import { silentLogger } from "@apportion/runtime/logger";
import { describe, expect, it } from "vitest";
import { analystsPython, hasPython } from "./installed.js";

const TIMEOUT_MS = 10 * 60_000;
const SCRIPT = fileURLToPath(new URL("./analysts/log.py", import.meta.url));

/** Of its two chunks only one has so many namespaces that their numbers need 16 bits. */
const OF_A = CHUNK_ROWS_MAX + 500;
const ROWS = Array.from({ length: OF_A + 1_001 }, (_, index): CostFactRow => {
  const amount = `${index % 89}.${String(index + 1).padStart(12, "0")}`;
  const namespace = index < OF_A ? "a" : `team-${index}`;
  return {
    kind: "workload",
    cluster: "eu",
    namespace,
    cpu_cost: amount,
    effective_cost: amount,
    billed_cost: amount,
  };
});

describe.skipIf(!hasPython)("the event log", () => {
  it(
    "is read by DuckDB, polars and pandas, to the last digit of its seals",
    { timeout: TIMEOUT_MS },
    async () => {
      const folder = mkdtempSync(path.join(tmpdir(), "apportion-open-log-"));
      const log = await openEventLog({ kind: "embedded" }, { dataDir: folder, logger: silentLogger });
      try {
        await log.ensureTopics(Object.values(TOPICS));
        const clock = (): Date => new Date("2026-11-23T06:00:00Z");
        const publisher = await createReadingPublisher({ log, clock, currency: "USD", producer: "/test" });
        const published = await publisher.publish({
          key: {
            dataset: "cost",
            source: "kubecost",
            scope: "eu",
            chargePeriod: { start: "2026-11-22T00:00:00Z", end: "2026-11-23T00:00:00Z" },
          },
          rows: ROWS,
          finality: "final",
        });
        const files: string[] = [];
        for await (const { headers, value } of log.replay(TOPICS.readings.name)) {
          if (headers["content-type"] !== "application/vnd.apache.arrow.stream") continue;
          const file = path.join(folder, `${headers["ce_chunk"]}.arrow.gz`);
          writeFileSync(file, value);
          files.push(file);
        }
        expect(files).toHaveLength(2);
        const { stdout, stderr } = spawnSync(analystsPython("newest"), [SCRIPT, ...files], {
          encoding: "utf8",
        });
        expect(stderr).toBe("");
        const { amount } = published.seal;
        const ofTeam = ROWS[OF_A]?.effective_cost;
        expect(JSON.parse(stdout)).toEqual({
          duckdb: amount,
          polars: amount,
          pandas: amount,
          namespaces: [
            ["a", expect.any(String)],
            [`team-${OF_A}`, ofTeam],
          ],
          start: `[(${Date.parse("2026-11-22T00:00:00Z") / 1000},)]`,
        });
      } finally {
        await log.close();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
