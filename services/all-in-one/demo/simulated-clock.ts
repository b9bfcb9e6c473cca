import { randomUUID } from "node:crypto";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";

/** Tells the tables, which say what is late or old, by how much the simulated clock is ahead. */
export async function setSimulatedClock(clickhouse: ClickHouse, aheadMs: number): Promise<void> {
  await insertRows(clickhouse, "simulated_clock", [{ ahead_ms: aheadMs }], { token: randomUUID() });
}
