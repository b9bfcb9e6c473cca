import { z } from "zod";
import { dateTimeParameter, type StoredSnapshot } from "@apportion/books/readings/facts-tables";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import type { ReceivedSeal } from "./received-seal.js";

const VISIBLE_CLAIMS = defineQuery({
  name: "visible claims",
  sql: `SELECT dataset, source, scope, toString(charge_period_start) AS start, claims FROM current_snapshots
WHERE dataset IN ('cost', 'bill') AND charge_period_start IN {starts:Array(DateTime('UTC'))}`,
  params: z.object({ starts: z.array(z.string()) }),
  row: z.object({
    dataset: z.enum(["cost", "bill"]),
    source: z.string(),
    scope: z.string(),
    start: z.string(),
    claims: z.array(z.string()),
  }),
});
type VisibleClaims = z.infer<(typeof VISIBLE_CLAIMS)["row"]>;

/** Who claims which dollar of a day, and whose bill is read. */
export interface Claims {
  readonly visible: readonly VisibleClaims[];
  /** What the snapshots of the batch claim, by their id. */
  readonly ofBatch: ReadonlyMap<string, readonly string[]>;
}

export async function readClaims(
  clickhouse: ClickHouse,
  received: readonly ReceivedSeal[],
  stored: ReadonlyMap<string, StoredSnapshot>,
): Promise<Claims> {
  const dollars = received.filter(({ seal }) => seal.dataset === "cost" || seal.dataset === "bill");
  const starts = [...new Set(dollars.map(({ seal }) => dateTimeParameter(seal.chargePeriod.start)))];
  const visible = starts.length === 0 ? [] : await select(clickhouse, VISIBLE_CLAIMS, { starts });
  return { visible, ofBatch: new Map(Array.from(stored, ([id, { claims }]) => [id, claims])) };
}

/**
 * Every dollar has one owner: names both claims when the snapshot is the second to claim one, or the second bill of an account. Of its
 * batch, only `before` come first.
 */
export function rivalObjection(
  { seal }: ReceivedSeal,
  { visible, ofBatch }: Claims,
  before: readonly ReceivedSeal[],
): string | undefined {
  const mine = new Set(ofBatch.get(seal.snapshotId)?.filter((claim) => claim !== ""));
  const start = dateTimeParameter(seal.chargePeriod.start);
  const others = [
    ...visible.filter((each) => each.start === start),
    ...before
      .filter((each) => each.seal.chargePeriod.start === seal.chargePeriod.start)
      .map((each) => ({ ...each.seal, claims: ofBatch.get(each.seal.snapshotId) ?? [] })),
  ].filter(
    ({ dataset, source, scope }) =>
      dataset === seal.dataset && (source !== seal.source || scope !== seal.scope),
  );
  if (seal.dataset === "bill") {
    const other = others.find(({ scope }) => scope === seal.scope);
    return (
      other &&
      `the bill of ${seal.scope} is read by ${other.source} for this day already, and now by ${seal.source}: configure one of them not to read it`
    );
  }
  for (const { source, scope, claims } of others) {
    const claimed = claims.find((claim) => mine.has(claim));
    if (claimed !== undefined)
      return `${claimed} is claimed by ${source}/${scope} for this day already, and now by ${seal.source}/${seal.scope}: each dollar has one owner; configure one of them not to read it`;
  }
  return undefined;
}
