import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import type { ReadingRefused } from "@apportion/events/catalogue";
import { snapshotRow, type ReceivedSeal } from "../received-seal.js";

/** Puts a sealed snapshot on record with what is wrong with it; its rows stay as evidence, and can be released. */
export async function quarantineSeal(
  clickhouse: ClickHouse,
  received: ReceivedSeal,
  reason: string,
  attempt?: string,
): Promise<void> {
  await insert(clickhouse, { ...snapshotRow(received), reason }, attempt);
}

/** Puts a reading on record that its collector refused: there are no rows that could be released. */
export async function quarantineRefusal(
  clickhouse: ClickHouse,
  { dataset, source, scope, chargePeriod, readAt, reason }: ReadingRefused,
  attempt?: string,
): Promise<void> {
  const row = {
    dataset,
    source,
    scope,
    charge_period_start: chargePeriod.start,
    charge_period_end: chargePeriod.end,
    read_at: readAt,
    snapshot_id: "",
    reason,
  };
  await insert(clickhouse, row, attempt);
}

async function insert(clickhouse: ClickHouse, row: Record<string, unknown>, attempt = ""): Promise<void> {
  const name = ["dataset", "source", "scope", "charge_period_start", "read_at", "snapshot_id"]
    .map((column) => String(row[column]))
    .join("/");
  const token = attempt === "" ? name : `${name}/${attempt}`;
  await insertRows(clickhouse, "quarantined_readings", [row], { token });
}
