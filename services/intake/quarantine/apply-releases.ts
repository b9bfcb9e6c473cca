import { quarantinedReadings } from "@apportion/books/readings/quarantined";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { storedSnapshots } from "../compare.js";
import { sealSnapshots } from "../seal.js";
import { sealOfQuarantined } from "./decide.js";

/** Makes visible what was released: the decision is on record, its effect may have died, or been lost. Repeating it is harmless. */
export async function applyReleases(
  clickhouse: ClickHouse,
  { currency, attempt }: { readonly currency: string; readonly attempt: string },
): Promise<void> {
  const readings = await quarantinedReadings(clickhouse);
  const released = readings
    .filter(({ decision, snapshot_id }) => decision === "release" && snapshot_id !== "")
    .map((reading) => sealOfQuarantined(reading, currency));
  const stored = await storedSnapshots(clickhouse, released);
  const [difference] = (await sealSnapshots(clickhouse, released, stored, attempt)).values();
  if (difference !== undefined) throw new Error(`A released reading cannot become visible: ${difference}`);
}
