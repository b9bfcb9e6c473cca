import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { sha256 } from "@apportion/domain/hash";
import { type BillingPeriod, firstDayOf, nextBillingPeriod } from "@apportion/domain/period";

/** Tables of which answers are made. Nothing in them is updated, so as long as none has more rows every answer is the same. */
const TABLES = [
  "quarantined_readings",
  "quarantine_decisions",
  "configuration_versions",
  "journals",
  "budget_versions",
  "recommendation_decisions",
  "adjustment_drafts",
  "decision_drafts",
] as const;

const COUNTS = defineQuery({
  name: "books.version",
  sql: `SELECT concatWithSeparator(',', ${TABLES.map((table) => `toString((SELECT count() FROM ${table}))`).join(", ")},
  toString((SELECT (count(), max(input_version)) FROM allocation_runs WHERE {before:Date} > charge_day)),
  toString((SELECT (count(), max(read_at)) FROM reading_confirmations)),
  toString((SELECT (count(), max(read_at)) FROM snapshots WHERE {before:Date} > toDate(charge_period_start)))) AS counts`,
  params: z.object({ before: z.string() }),
  row: z.object({ counts: z.string() }),
});

/** After every day there is. */
const EVER = "2149-06-06";

/**
 * Names the state of the books: it is another one as soon as a run is sealed, a journal posted or something decided.
 * @param until the last month that is asked about: days after it do not count
 */
export async function booksVersion(clickhouse: ClickHouse, until?: BillingPeriod): Promise<string> {
  const before = until === undefined ? EVER : firstDayOf(nextBillingPeriod(until));
  const [row] = await select(clickhouse, COUNTS, { before });
  return sha256(row?.counts ?? "").slice(0, 16);
}
