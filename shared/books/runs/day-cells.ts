import { z } from "zod";
import type { CostCell, Origin } from "@apportion/allocation/cells";
import { certify, ConservationError, type OriginTotal, totals } from "@apportion/allocation/certificate";
import { KUBERNETES_SOURCE, RATE_VARIANCE, rateVarianceCells } from "@apportion/allocation/rate-variance";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import { addDays, chargePeriodOf, type Day } from "@apportion/domain/period";
import { accountOf, type Registry } from "@apportion/domain/tenancy";
import { dateTimeParameter } from "../readings/facts-tables.js";
import { requireAsSealed, sealedSnapshots } from "./as-sealed.js";
import { groupCosts } from "./grouping.js";
import type { RunInputs } from "./inputs.js";

/** What a run needs of a day's cells. */
export interface DayCells {
  /** Grouped to what decides about owners, with what the bill makes of Kubernetes' prices. */
  readonly cells: readonly CostCell[];
  /** The other side of the proof: summed by ClickHouse from what is charged of each cell, not from its parts, and equal to what was sealed. */
  readonly collected: readonly OriginTotal[];
}

type DayInputs = Pick<RunInputs, "day" | "costSnapshotIds" | "billSnapshotIds">;

const picos = z.string().transform(parsePicos);
const day = z.string().transform((text) => text as Day);

const BILLED_KUBERNETES = defineQuery({
  name: "what the bill says of Kubernetes",
  sql: `SELECT toString(toDate(charge_period_start)) AS day, scope AS account, sum(toDecimal256(effective_cost, 12)) AS billed FROM bill_facts
WHERE charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
  AND snapshot_id IN {snapshotIds:Array(String)} AND owner = '${KUBERNETES_SOURCE}' GROUP BY day, account ORDER BY day, account`,
  params: z.object({ start: z.string(), end: z.string(), snapshotIds: z.array(z.string()) }),
  row: z.object({ day, account: z.string(), billed: picos }),
});

/**
 * Reads the cells of some days, each of the snapshots that its run pinned. That cells are the sums of their facts was proved when they were
 * sealed, and `verify` proves it again.
 * @throws ConservationError when the cells of a day are not what its snapshots were sealed with
 */
export async function readDayCells(
  clickhouse: ClickHouse,
  days: readonly DayInputs[],
  registry: Registry,
): Promise<Map<Day, DayCells>> {
  const inOrder = days.map((inputs) => inputs.day).toSorted();
  const [first] = inOrder;
  const last = inOrder.at(-1);
  if (first === undefined || last === undefined) return new Map();
  const period = {
    start: dateTimeParameter(chargePeriodOf(first).start),
    end: dateTimeParameter(chargePeriodOf(addDays(last, 1)).start),
  };
  const costs = { ...period, snapshotIds: days.flatMap(({ costSnapshotIds }) => [...costSnapshotIds]) };
  const bills = { ...period, snapshotIds: days.flatMap(({ billSnapshotIds }) => [...billSnapshotIds]) };
  const [grouped, sealed, billed] = await Promise.all([
    groupCosts(clickhouse, costs, registry),
    sealedSnapshots(clickhouse, costs.snapshotIds),
    bills.snapshotIds.length === 0 ? [] : select(clickhouse, BILLED_KUBERNETES, bills),
    requireAsSealed(clickhouse, "bill", inOrder, bills.snapshotIds),
  ]);
  const ofDay = <T extends { readonly day: Day }>(rows: readonly T[], wanted: Day): T[] =>
    rows.filter((row) => row.day === wanted);
  return new Map(
    days.map(({ day: wanted }) => {
      const read = grouped.get(wanted) ?? { cells: [], collected: [] };
      requireSealed(wanted, totals(ofDay(sealed, wanted)), read.collected);
      return [wanted, withBills(read, ofDay(billed, wanted), registry)];
    }),
  );
}

function requireSealed(wanted: Day, sealed: readonly OriginTotal[], collected: readonly OriginTotal[]): void {
  try {
    certify(sealed, collected);
  } catch (error) {
    if (!(error instanceof ConservationError)) throw error;
    throw new ConservationError(`The cells of ${wanted} are not what was sealed: ${error.message}`);
  }
}

/** Adds what each account's bill makes of the prices of the clusters that are on it. */
function withBills(
  { cells, collected }: DayCells,
  bills: readonly { readonly account: string; readonly billed: bigint }[],
  registry: Registry,
): DayCells {
  const isOn = (account: string, { source, scope }: Origin): boolean =>
    source === KUBERNETES_SOURCE && accountOf(registry, scope) === account;
  const variances = bills.map(({ account, billed }) => {
    const priced = collected.filter((total) => isOn(account, total));
    const amount = billed - priced.reduce((sum, total) => sum + total.amount, 0n);
    const own = cells.filter((cell) => isOn(account, cell));
    return { ...RATE_VARIANCE, scope: account, amount, cells: rateVarianceCells(own, account, billed) };
  });
  return {
    cells: [...cells, ...variances.flatMap((variance) => variance.cells)],
    collected: [...collected, ...variances.map(({ source, scope, amount }) => ({ source, scope, amount }))],
  };
}

/** Groups of cells that are read at once: enough that few questions are asked, few enough that what is read next lies in memory too. */
const GROUPS_A_READ = 6_000;
/** Days of the first reads, which show how many groups a day has. */
const DAYS_FIRST = 4;
/** Reads under way: while the answer of one is unpacked the engine has the next. */
const READS_MAX = 2;

/** The cells of many days, some at a time; while one lot is worked on the next are read. */
export async function* dayCells<I extends DayInputs>(
  clickhouse: ClickHouse,
  days: readonly I[],
  registry: Registry,
): AsyncGenerator<readonly { readonly inputs: I; readonly read: DayCells }[]> {
  const reads: { readonly lot: readonly I[]; readonly cells: Promise<Map<Day, DayCells>> }[] = [];
  let next = 0;
  const read = (count: number): void => {
    const lot = days.slice(next, next + count);
    if (lot.length === 0) return;
    const cells = readDayCells(clickhouse, lot, registry);
    cells.catch(() => undefined); // it is awaited, and thrown, in its turn
    reads.push({ lot, cells });
    next += lot.length;
  };
  while (reads.length < READS_MAX && next < days.length) read(DAYS_FIRST);
  for (let reading = reads.shift(); reading; reading = reads.shift()) {
    const { lot } = reading;
    const byDay = await reading.cells;
    const groups = [...byDay.values()].reduce((sum, { cells }) => sum + cells.length, 0);
    // Not many more than were seen so far: days of a month need not be alike.
    const fitting = Math.floor((GROUPS_A_READ * lot.length) / Math.max(groups, 1));
    const daysARead = Math.min(Math.max(1, fitting), lot.length * 3);
    while (reads.length < READS_MAX && next < days.length) read(daysARead);
    yield lot.map((inputs) => ({ inputs, read: byDay.get(inputs.day) ?? { cells: [], collected: [] } }));
  }
}
