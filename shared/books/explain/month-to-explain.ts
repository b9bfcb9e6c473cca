import type { Allocation } from "@apportion/allocation/line";
import { type RulesOfDay, rulesOn } from "@apportion/allocation/rules-of-day";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { select } from "@apportion/clickhouse/query";
import type { BillingPeriod } from "@apportion/domain/period";
import { printPool } from "@apportion/domain/pool-id";
import type { MonthStatements, StatementLine } from "@apportion/domain/statement";
import { readStatements } from "../months/read-statements.js";
import { cellsOf, type RecomputableDay, recomputables, recomputer } from "../runs/recompute.js";
import { type CellsReader, cellsReader } from "./cells-behind.js";
import { payerOf } from "./facts-behind.js";
import { type PositionRow, POSITIONS } from "./queries.js";

/** A day computed again from what its run pinned. */
interface ComputedDay extends RecomputableDay {
  readonly rules: RulesOfDay;
  readonly itemsBehind: ItemsBehind;
  /** How many shares of pools it has. */
  readonly shares: number;
}

/** Of a line's pool, or a payer's own: a month has a hundred thousand lines, and only those that are looked at are made one by one. */
type ItemsBehind = (line: Pick<StatementLine, "category" | "pool">, payer: string) => Allocation;

/** Of a month with more shares of pools than that, some 100 MB, no lines are kept: they are computed for each question. */
const SHARES_KEPT_MAX = 2_000_000;

/** A month with all that its runs started from, and what it is charged: read once, its lines are explained as often as somebody asks. */
export interface MonthToExplain {
  readonly month: BillingPeriod;
  /** Its days in their order, each computed again: once, and of a very large month each time. */
  readonly computed: () => Iterable<ComputedDay>;
  /** Undefined while nothing of it is allocated. */
  readonly statements: MonthStatements | undefined;
  /** Of all snapshots of its runs, in the order in which they are listed. */
  readonly positions: readonly PositionRow[];
  readonly cellsBehind: CellsReader;
}

export async function readMonthToExplain(
  clickhouse: ClickHouse,
  month: BillingPeriod,
): Promise<MonthToExplain> {
  const runs = await recomputables(clickhouse, month);
  const runIds = runs.map(({ stored }) => stored.runId);
  const statements = await readStatements(clickhouse, month, [], runIds);
  const days: RecomputableDay[] = [];
  for await (const day of cellsOf(clickhouse, runs)) days.push(day);
  const kept = keptOf(computedDays(days));
  return {
    month,
    computed: () => kept ?? computedDays(days),
    statements,
    positions: await select(clickhouse, POSITIONS, { month, runIds }),
    cellsBehind: await cellsReader(clickhouse),
  };
}

function* computedDays(days: readonly RecomputableDay[]): Generator<ComputedDay> {
  const compute = recomputer();
  for (const day of days) {
    const items = compute(day);
    yield {
      ...day,
      rules: rulesOn(day.run.rules, day.run.stored.day),
      itemsBehind: itemsByPlace(items),
      shares: items.reduce((sum, item) => sum + (item.kind === "shares" ? item.amounts.length : 0), 0),
    };
  }
}

/** Put in order once, so that nobody who asks looks through all of them: by category, and by pool or payer. */
function itemsByPlace(items: Allocation): ItemsBehind {
  const placeOf = (category: string, pool: string, payer: string): string =>
    JSON.stringify([category, pool, pool === "" ? payer : ""]);
  const byPlace = new Map<string, Allocation[number][]>();
  for (const item of items) {
    const [pool, payer] = item.kind === "direct" ? ["", payerOf(item.owner)] : [printPool(item.pool), ""];
    const place = placeOf(item.category, pool, payer);
    const same = byPlace.get(place);
    if (same) same.push(item);
    else byPlace.set(place, [item]);
  }
  return ({ category, pool }, payer) => byPlace.get(placeOf(category, pool, payer)) ?? [];
}

/** All of them, or undefined where they are too large. */
function keptOf(days: Iterable<ComputedDay>): readonly ComputedDay[] | undefined {
  const all: ComputedDay[] = [];
  let shares = 0;
  for (const day of days) {
    shares += day.shares;
    if (shares > SHARES_KEPT_MAX) return undefined;
    all.push(day);
  }
  return all;
}
