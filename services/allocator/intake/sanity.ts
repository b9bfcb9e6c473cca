import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, run } from "@apportion/clickhouse/query";
import { chargeDayOf, type ReadingKey } from "@apportion/domain/facts";
import { parsePicos } from "@apportion/domain/money";
import { addDays, type Day } from "@apportion/domain/period";
import type { SnapshotSealed } from "@apportion/events/catalogue";
import { dateTimeParameter } from "./facts-tables.js";
import type { ReceivedSeal } from "./received-seal.js";

export interface SanityConfig {
  /** A day that costs more than so many times the most of the days before it is quarantined; 0 never. */
  readonly jumpFactor: number;
  /** Decimal amount below which a day may do what it likes. */
  readonly jumpFloor: string;
}

/** Days before a day that say what it usually costs. */
const HISTORY_DAYS = 7;

const VISIBLE_AMOUNTS = defineQuery({
  name: "visible amounts",
  sql: `SELECT source, scope, toString(toDate(charge_period_start)) AS day, toString(amount) AS visible
FROM current_snapshots
WHERE dataset = 'cost' AND source IN {sources:Array(String)} AND scope IN {scopes:Array(String)}
  AND charge_period_start >= {from:DateTime('UTC')} AND charge_period_start < {to:DateTime('UTC')}`,
  params: z.object({
    sources: z.array(z.string()),
    scopes: z.array(z.string()),
    from: z.string(),
    to: z.string(),
  }),
  row: z.object({ source: z.string(), scope: z.string(), day: z.string(), visible: z.string() }),
});

/** Amount of each visible day of the scopes concerned, in picos. */
export type AmountHistory = ReadonlyMap<string, bigint>;

export async function amountsBefore(
  clickhouse: ClickHouse,
  received: readonly ReceivedSeal[],
): Promise<AmountHistory> {
  const seals = received.map(({ seal }) => seal).filter(({ dataset }) => dataset === "cost");
  const days = seals.map((seal) => chargeDayOf(seal.chargePeriod)).sort();
  const [first] = days;
  const last = days.at(-1);
  if (first === undefined || last === undefined) return new Map();
  const rows = await run(clickhouse, VISIBLE_AMOUNTS, {
    sources: [...new Set(seals.map(({ source }) => source))],
    scopes: [...new Set(seals.map(({ scope }) => scope))],
    from: dateTimeParameter(`${addDays(first, -HISTORY_DAYS)}T00:00:00Z`),
    to: dateTimeParameter(`${last}T00:00:00Z`),
  });
  return new Map(
    rows.map(({ source, scope, day, visible }) => [
      keyOf({ source, scope }, day as Day),
      parsePicos(visible),
    ]),
  );
}

/** Whether any of the days before the seal's had costs. */
export function hadCosts(seal: SnapshotSealed, history: AmountHistory): boolean {
  const day = chargeDayOf(seal.chargePeriod);
  return Array.from({ length: HISTORY_DAYS }, (_, index) => addDays(day, -1 - index)).some(
    (earlier) => (history.get(keyOf(seal, earlier)) ?? 0n) !== 0n,
  );
}

/** What is wrong with a day that suddenly costs many times what the days before it did, or pays instead of costing. */
export function jumpObjection(
  { seal }: ReceivedSeal,
  history: AmountHistory,
  before: readonly ReceivedSeal[],
  { jumpFactor, jumpFloor }: SanityConfig,
): string | undefined {
  const amount = parsePicos(seal.amount);
  const floor = parsePicos(jumpFloor);
  if (!isDaily(seal) || jumpFactor === 0) return undefined;
  if (amount < -floor) return `the day costs ${seal.amount}, less than nothing; release it if that is right`;
  if (amount <= floor) return undefined;
  const day = chargeDayOf(seal.chargePeriod);
  const amounts = new Map(history);
  for (const { seal: earlier } of before)
    amounts.set(keyOf(earlier, chargeDayOf(earlier.chargePeriod)), parsePicos(earlier.amount));
  const usual = Array.from(
    { length: HISTORY_DAYS },
    (_, index) => amounts.get(keyOf(seal, addDays(day, -1 - index))) ?? 0n,
  );
  const most = usual.reduce((max, each) => (each > max ? each : max), 0n);
  if (most === 0n || amount <= most * BigInt(jumpFactor)) return undefined;
  return `the day costs ${seal.amount}, more than ${jumpFactor} times the most of the ${HISTORY_DAYS} days before it; release it if that is right`;
}

/** Fees, tax and support come once a month on one day, so the rest of the bill jumps by its nature. */
function isDaily({ dataset, source }: SnapshotSealed): boolean {
  return dataset === "cost" && source !== "aws-bill";
}

function keyOf({ source, scope }: Pick<ReadingKey, "source" | "scope">, day: Day): string {
  return JSON.stringify([source, scope, day]);
}
