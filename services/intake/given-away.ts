import { z } from "zod";
import { dateTimeParameter } from "@apportion/books/readings/facts-tables";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { chargeDayOf } from "@apportion/domain/facts";
import { parsePicos } from "@apportion/domain/money";
import { addDays, type Day } from "@apportion/domain/period";
import type { DollarOwners } from "@apportion/platform/dollar-owners";
import type { ReceivedSeal } from "./received-seal.js";
import { HISTORY_DAYS, keyOf, type AmountHistory } from "./sanity.js";

const UNOWNED_LINES = defineQuery({
  name: "lines of bills that no collector was there for",
  sql: `SELECT snapshot_id, source, scope, toString(toDate(charge_period_start)) AS day, service, usage_type, count() AS rows,
  sum(toDecimal256(effective_cost, 12)) AS amount,
  snapshot_id IN (SELECT current_snapshots.snapshot_id FROM current_snapshots WHERE dataset = 'cost' AND source IN {sources:Array(String)}) AS is_visible
FROM cost_facts
WHERE charge_period_start >= {from:DateTime('UTC')} AND charge_period_start < {to:DateTime('UTC')} AND source IN {sources:Array(String)} AND kind = 'unowned'
  AND scope IN {scopes:Array(String)}
GROUP BY snapshot_id, source, scope, day, service, usage_type`,
  params: z.object({
    from: z.string(),
    to: z.string(),
    sources: z.array(z.string()),
    scopes: z.array(z.string()),
  }),
  row: z.object({
    snapshot_id: z.string(),
    source: z.string(),
    scope: z.string(),
    day: z.string().transform((text) => text as Day),
    service: z.string(),
    usage_type: z.string(),
    rows: z.string().transform(Number),
    amount: z.string().transform(parsePicos),
    is_visible: z.number(),
  }),
});
type UnownedLines = z.output<(typeof UNOWNED_LINES)["row"]>;

/** Lines that readings of the rest of a bill charged to nobody, and that now have a collector of their own. */
export type GivenAway = readonly UnownedLines[];

/**
 * Where a collector was added, the bill's next reading leaves its lines to it, and may have nothing left: that is no empty answer of the bill.
 * Looked up only where a reading of costs comes to nothing.
 */
export async function givenAwayLines(
  clickhouse: ClickHouse,
  received: readonly ReceivedSeal[],
  { isChargedElsewhere }: Pick<DollarOwners, "isChargedElsewhere">,
): Promise<GivenAway> {
  const nothing = received
    .map(({ seal }) => seal)
    .filter((seal) => seal.dataset === "cost" && parsePicos(seal.amount) === 0n);
  const days = nothing.map(({ chargePeriod }) => chargeDayOf(chargePeriod)).sort();
  const [first] = days;
  const last = days.at(-1);
  if (first === undefined || last === undefined) return [];
  const lines = await select(clickhouse, UNOWNED_LINES, {
    from: dateTimeParameter(`${addDays(first, -HISTORY_DAYS)}T00:00:00Z`),
    to: dateTimeParameter(`${addDays(last, 1)}T00:00:00Z`),
    sources: [...new Set(nothing.map(({ source }) => source))],
    scopes: [...new Set(nothing.map(({ scope }) => scope))],
  });
  return lines.filter(({ usage_type, ...line }) => isChargedElsewhere({ ...line, usageType: usage_type }));
}

/** What a snapshot comes to without what it gave away. */
export function withoutGivenAway<C extends { readonly rowCount: number; readonly amount: bigint }>(
  snapshotId: string,
  content: C,
  givenAway: GivenAway,
): Pick<C, "rowCount" | "amount"> {
  const own = givenAway.filter((lines) => lines.snapshot_id === snapshotId);
  return {
    rowCount: content.rowCount - own.reduce((sum, { rows }) => sum + rows, 0),
    amount: content.amount - own.reduce((sum, { amount }) => sum + amount, 0n),
  };
}

/** What visible days come to without what their bills gave away. */
export function historyWithout(history: AmountHistory, givenAway: GivenAway): AmountHistory {
  const amounts = new Map(history);
  for (const { source, scope, day, amount, is_visible } of givenAway) {
    const key = keyOf({ dataset: "cost", source, scope }, day);
    const known = amounts.get(key);
    if (is_visible === 1 && known !== undefined) amounts.set(key, known - amount);
  }
  return amounts;
}
