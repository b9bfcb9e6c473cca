import { z } from "zod";
import { dateTimeParameter } from "@apportion/books/readings/facts-tables";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { groupedCents } from "@apportion/domain/cents";
import { chargeDayOf, type ReadingKey } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { addDays, type Day } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import type { SnapshotSealed } from "@apportion/events/catalogue";
import type { ReceivedSeal } from "./received-seal.js";

export interface SanityConfig {
  /** A day that costs more than so many times the most of the days before it is quarantined; 0 never. */
  readonly jumpFactor: number;
  /** Decimal amount below which a day may do what it likes. */
  readonly jumpFloor: string;
  /** The same factor for what a day measures; 0 never. */
  readonly usageJumpFactor: number;
  /** Decimal amount, with either sign, beyond which a day is quarantined whatever the days before it cost. */
  readonly costPerDayMax: string;
}

/** Days before a day that say what it usually costs. */
export const HISTORY_DAYS = 7;

const VISIBLE_AMOUNTS = defineQuery({
  name: "visible amounts",
  sql: `SELECT dataset, source, scope, toString(toDate(charge_period_start)) AS day, toString(amount) AS visible
FROM current_snapshots
WHERE dataset IN ('cost', 'usage') AND source IN {sources:Array(String)} AND scope IN {scopes:Array(String)}
  AND charge_period_start >= {from:DateTime('UTC')} AND charge_period_start < {to:DateTime('UTC')}`,
  params: z.object({
    sources: z.array(z.string()),
    scopes: z.array(z.string()),
    from: z.string(),
    to: z.string(),
  }),
  row: z.object({
    dataset: z.enum(["cost", "usage"]),
    source: z.string(),
    scope: z.string(),
    day: z.string(),
    visible: z.string(),
  }),
});

/** Amount, or quantity, of each visible day of the scopes concerned, in units of 10⁻¹². */
export type AmountHistory = ReadonlyMap<string, bigint>;

export async function amountsBefore(
  clickhouse: ClickHouse,
  received: readonly ReceivedSeal[],
): Promise<AmountHistory> {
  const seals = received
    .map(({ seal }) => seal)
    .filter(({ dataset }) => dataset === "cost" || dataset === "usage");
  const days = seals.map((seal) => chargeDayOf(seal.chargePeriod)).sort();
  const [first] = days;
  const last = days.at(-1);
  if (first === undefined || last === undefined) return new Map();
  const rows = await select(clickhouse, VISIBLE_AMOUNTS, {
    sources: [...new Set(seals.map(({ source }) => source))],
    scopes: [...new Set(seals.map(({ scope }) => scope))],
    from: dateTimeParameter(`${addDays(first, -HISTORY_DAYS)}T00:00:00Z`),
    to: dateTimeParameter(`${last}T00:00:00Z`),
  });
  return new Map(
    rows.map(({ dataset, source, scope, day, visible }) => [
      keyOf({ dataset, source, scope }, day as Day),
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

/** What is wrong with a day that costs more than any day can; of the whole bill and of what is charged of it too. */
export function ceilingObjection(seal: SnapshotSealed, { costPerDayMax }: SanityConfig): string | undefined {
  if (seal.dataset !== "cost" && seal.dataset !== "bill") return undefined;
  const amount = parsePicos(seal.amount);
  if ((amount < 0n ? -amount : amount) <= parsePicos(costPerDayMax)) return undefined;
  return `the day costs ${shown(seal, amount)}, beyond allocation.sanity.costPerDayMax, ${shown(seal, parsePicos(costPerDayMax))}; release it if that is right`;
}

/** What is wrong with a day that suddenly costs, or measures, many times what the days before it did, or pays instead of costing. */
export function jumpObjection(
  { seal }: ReceivedSeal,
  history: AmountHistory,
  before: readonly ReceivedSeal[],
  limits: JumpLimits,
): string | undefined {
  const amount = parsePicos(seal.amount);
  const { factor, floor, verb } = jumpOf(seal, limits);
  if (factor === 0) return undefined;
  if (amount < -parsePicos(floor))
    return `the day ${verb} ${shown(seal, amount)}, less than nothing; release it if that is right`;
  if (amount <= parsePicos(floor)) return undefined;
  const day = chargeDayOf(seal.chargePeriod);
  const amounts = new Map(history);
  for (const { seal: earlier } of before)
    amounts.set(keyOf(earlier, chargeDayOf(earlier.chargePeriod)), parsePicos(earlier.amount));
  const usual = Array.from(
    { length: HISTORY_DAYS },
    (_, index) => amounts.get(keyOf(seal, addDays(day, -1 - index))) ?? 0n,
  );
  const most = usual.reduce((max, each) => (each > max ? each : max), 0n);
  if (most === 0n || amount <= most * BigInt(factor)) return undefined;
  return `the day ${verb} ${shown(seal, amount)}, more than ${factor} times the most of the ${HISTORY_DAYS} days before it, ${shown(seal, most)}; release it if that is right`;
}

/** For people: dollars in cents with their currency; what a meter measured as it did, its unit is with its readings. */
function shown({ dataset, currency }: SnapshotSealed, picos: bigint): string {
  return dataset === "usage"
    ? formatPicos(picos)
    : `${groupedCents(roundedDivision(picos, PICOS_PER_CENT))} ${currency}`;
}

interface JumpLimits extends SanityConfig {
  /** Whether fees of whole months come on one day of what a source charges: that jumps by its nature, and has a ceiling only. */
  readonly comesAtOnce: (source: string) => boolean;
}

function jumpOf(
  { dataset, source }: SnapshotSealed,
  { jumpFactor, jumpFloor, usageJumpFactor, comesAtOnce }: JumpLimits,
): { readonly factor: number; readonly floor: string; readonly verb: string } {
  if (dataset === "usage") return { factor: usageJumpFactor, floor: "0", verb: "measures" };
  const isDaily = dataset === "cost" && !comesAtOnce(source);
  return { factor: isDaily ? jumpFactor : 0, floor: jumpFloor, verb: "costs" };
}

export function keyOf(
  { dataset, source, scope }: Pick<ReadingKey, "dataset" | "source" | "scope">,
  day: Day,
): string {
  return JSON.stringify([dataset, source, scope, day]);
}
