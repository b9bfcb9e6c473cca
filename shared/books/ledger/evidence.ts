import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod } from "@apportion/domain/period";
import type { EventLog } from "@apportion/event-log/log";
import { reconcile } from "../reconcile/reconcile.js";
import { recordedRules } from "../runs/rules.js";
import { runsOfMonth } from "../runs/stored-runs.js";
import type { MonthEvidence } from "./gates.js";
import { verifyMonth } from "./verify.js";

interface EvidenceDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What the gates of a month's close look at; the month is computed again for it. */
export async function gatherEvidence(
  { clickhouse, log, onProgress }: EvidenceDeps,
  month: BillingPeriod,
): Promise<MonthEvidence> {
  return {
    runs: await runsOfMonth(clickhouse, month),
    rules: await recordedRules(clickhouse),
    reconciliation: await reconcile(clickhouse, month),
    verification: await verifyMonth({ clickhouse, log }, month, onProgress && { onProgress }),
  };
}
