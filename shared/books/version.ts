import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { sha256 } from "@apportion/domain/hash";

/** Tables of which answers are made. Nothing in them is updated, so as long as none has more rows every answer is the same. */
const TABLES = [
  "snapshots",
  "reading_confirmations",
  "quarantined_readings",
  "quarantine_decisions",
  "configuration_versions",
  "allocation_runs",
  "journals",
  "deliveries",
  "delivery_outcomes",
  "notifications",
  "budget_versions",
  "recommendation_decisions",
  "forecasts",
  "anomaly_marks",
  "adjustment_drafts",
] as const;

const COUNTS = defineQuery({
  name: "books.version",
  sql: `SELECT concatWithSeparator(',', ${TABLES.map((table) => `toString((SELECT count() FROM ${table}))`).join(", ")}, toString((SELECT max(input_version) FROM allocation_runs))) AS counts`,
  params: z.object({}),
  row: z.object({ counts: z.string() }),
});

/** Names the state of the books: it is another one as soon as a run is sealed, a journal posted or something decided. */
export async function booksVersion(clickhouse: ClickHouse): Promise<string> {
  const [row] = await select(clickhouse, COUNTS, {});
  return sha256(row?.counts ?? "").slice(0, 16);
}
