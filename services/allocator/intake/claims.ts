import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, run } from "@apportion/clickhouse/query";
import { dateTimeParameter } from "./facts-tables.js";
import type { ReceivedSeal } from "./received-seal.js";

/** Snapshots, visible or of the same batch, that claim the same dollars of the same day from another source or scope. */
const RIVAL_CLAIMS = defineQuery({
  name: "rival claims",
  sql: `WITH claims AS (
  SELECT DISTINCT charge_period_start, snapshot_id, source, scope, claim FROM cost_facts
  WHERE claim != '' AND charge_period_start IN {starts:Array(DateTime('UTC'))}
    AND (snapshot_id IN {snapshotIds:Array(String)}
      OR snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'cost'))
)
SELECT mine.snapshot_id AS mine_id, other.snapshot_id AS other_id, other.source AS other_source,
  other.scope AS other_scope, min(mine.claim) AS claimed
FROM claims AS mine INNER JOIN claims AS other
  ON mine.charge_period_start = other.charge_period_start AND mine.claim = other.claim
WHERE mine.snapshot_id IN {snapshotIds:Array(String)} AND (mine.source, mine.scope) != (other.source, other.scope)
GROUP BY mine_id, other_id, other_source, other_scope`,
  params: z.object({ snapshotIds: z.array(z.string()), starts: z.array(z.string()) }),
  row: z.object({
    mine_id: z.string(),
    other_id: z.string(),
    other_source: z.string(),
    other_scope: z.string(),
    claimed: z.string(),
  }),
});
export type RivalClaim = z.infer<(typeof RIVAL_CLAIMS)["row"]>;

/** Every dollar has one owner: what others claim of what these snapshots claim. */
export async function rivalClaims(
  clickhouse: ClickHouse,
  received: readonly ReceivedSeal[],
): Promise<RivalClaim[]> {
  const costs = received.filter(({ seal }) => seal.dataset === "cost");
  if (costs.length === 0) return [];
  return run(clickhouse, RIVAL_CLAIMS, {
    snapshotIds: costs.map(({ seal }) => seal.snapshotId),
    starts: [...new Set(costs.map(({ seal }) => dateTimeParameter(seal.chargePeriod.start)))],
  });
}

/** Names both claims when the snapshot is the second to claim a dollar. Of a batch, only `before` come first. */
export function rivalObjection(
  { seal }: ReceivedSeal,
  rivals: readonly RivalClaim[],
  batch: readonly ReceivedSeal[],
  before: readonly ReceivedSeal[],
): string | undefined {
  const isIn = (seals: readonly ReceivedSeal[], id: string): boolean =>
    seals.some((each) => each.seal.snapshotId === id);
  const rival = rivals.find(
    ({ mine_id, other_id }) =>
      mine_id === seal.snapshotId && (!isIn(batch, other_id) || isIn(before, other_id)),
  );
  return (
    rival &&
    `${rival.claimed} is claimed by ${rival.other_source}/${rival.other_scope} for this day already, and now by ${seal.source}/${seal.scope}: each dollar has one owner; configure one of them not to read it`
  );
}
