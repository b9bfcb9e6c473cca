import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { addDays, chargePeriodOf, type Day } from "@apportion/domain/period";
import { CELL_AMOUNTS, CELL_NAMES, OF_SEALED_CELLS } from "./cells.js";
import { CELL_WEIGHT, DRAWN, FACT_WEIGHT, ofDrawn } from "./cells-weight.js";
import { dateTimeParameter } from "./facts-tables.js";

/** A snapshot of costs, and the day that it is about. */
export interface CostSnapshot {
  readonly snapshotId: string;
  readonly day: Day;
}

const ofSide = z.object({ facts: z.string(), amount: z.string(), weight: z.string() });
/** Facts, or cells, of a snapshot: how many, what they cost, and what they weigh. */
type Weight = z.infer<typeof ofSide>;
const weighed = ofSide.extend({ snapshot_id: z.string() });
type Weighed = z.infer<typeof weighed>;

const NOTHING: Weight = { facts: "0", amount: "0", weight: "0" };

const FACTS_OF_SNAPSHOTS = `charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
  AND snapshot_id IN {snapshotIds:Array(String)}`;
const CELLS_OF_SNAPSHOTS = `charge_day >= toDate({start:DateTime('UTC')}) AND charge_day < toDate({end:DateTime('UTC')})`;
const OF_ATTEMPT =
  "attempt IN arrayMap(id -> concat({attempt:String}, '/', id), {snapshotIds:Array(String)})";

const ofSnapshots = {
  snapshotIds: z.array(z.string()),
  start: z.string(),
  end: z.string(),
  attempt: z.string(),
};

function weighing(
  name: string,
  from: string,
  { facts, weight }: { readonly facts: string; readonly weight: string },
) {
  return defineQuery({
    name,
    sql: `SELECT snapshot_id, toString(sum(toUInt64(${facts}))) AS facts, toString(sum(toDecimal256(effective_cost, 12))) AS amount,
  toString(sum(${weight})) AS weight
FROM ${from} GROUP BY snapshot_id`,
    params: z.object({ ...ofSnapshots, ...ofDrawn }),
    row: weighed,
  });
}

const OF_CELLS = { facts: "fact_count", weight: CELL_WEIGHT };
const FACTS_WEIGHED = weighing("facts weighed", `cost_facts WHERE ${FACTS_OF_SNAPSHOTS}`, {
  facts: "1",
  weight: FACT_WEIGHT,
});
const SEALED_CELLS_WEIGHED = weighing(
  "sealed cells weighed",
  `cells WHERE ${CELLS_OF_SNAPSHOTS} AND ${OF_SEALED_CELLS}`,
  OF_CELLS,
);
const CELLS_OF_ATTEMPT_WEIGHED = weighing(
  "cells of an attempt weighed",
  `cells WHERE ${CELLS_OF_SNAPSHOTS} AND ${OF_ATTEMPT}`,
  OF_CELLS,
);

/** What the facts of a snapshot come to, and whether its cells are their sums. */
export interface WeighedCells {
  readonly facts: string;
  /** Decimal string without trailing zeros. */
  readonly amount: string;
  readonly isSum: boolean;
}

/**
 * Holds the sealed cells of snapshots against their facts: each cell must be the sum of its facts in every amount and quantity.
 * @returns by snapshot, all of them
 */
export async function weighCells(
  clickhouse: ClickHouse,
  snapshots: readonly CostSnapshot[],
): Promise<Map<string, WeighedCells>> {
  if (snapshots.length === 0) return new Map();
  const params = paramsOf(snapshots, "");
  const [facts, cells] = await Promise.all([
    select(clickhouse, FACTS_WEIGHED, params),
    select(clickhouse, SEALED_CELLS_WEIGHED, params),
  ]);
  const factsById = byId(facts);
  const cellsById = byId(cells);
  return new Map(
    snapshots.map(({ snapshotId }) => {
      const ofFacts = factsById.get(snapshotId) ?? NOTHING;
      const isSum = isSame(ofFacts, cellsById.get(snapshotId));
      return [snapshotId, { facts: ofFacts.facts, amount: ofFacts.amount, isSum }];
    }),
  );
}

/** In what the sealed cells of a snapshot are not the sums of its facts, for people. */
export function differenceOfCells(clickhouse: ClickHouse, snapshot: CostSnapshot): Promise<string> {
  return differenceOf(clickhouse, SEALED_DIFFERING, paramsOf([snapshot], ""));
}

/**
 * The same of cells that an attempt wrote just now, whose facts were weighed by this process before.
 * @returns by snapshot, in what its cells are not the sums of its facts; those that are are absent
 */
export async function cellsUnlikeFacts(
  clickhouse: ClickHouse,
  snapshots: readonly (CostSnapshot & { readonly facts: Weight })[],
  attempt: string,
): Promise<Map<string, string>> {
  if (snapshots.length === 0) return new Map();
  const cells = byId(await select(clickhouse, CELLS_OF_ATTEMPT_WEIGHED, paramsOf(snapshots, attempt)));
  const unlike = new Map<string, string>();
  for (const snapshot of snapshots)
    if (!isSame(snapshot.facts, cells.get(snapshot.snapshotId)))
      unlike.set(
        snapshot.snapshotId,
        await differenceOf(clickhouse, ATTEMPT_DIFFERING, paramsOf([snapshot], attempt)),
      );
  return unlike;
}

function paramsOf(snapshots: readonly CostSnapshot[], attempt: string) {
  return {
    ...periodOf(snapshots),
    snapshotIds: snapshots.map(({ snapshotId }) => snapshotId),
    attempt,
    ...DRAWN,
  };
}

/** From the first of their days to the last, as parameters of a query. */
export function periodOf(snapshots: readonly CostSnapshot[]): {
  readonly start: string;
  readonly end: string;
} {
  const days = snapshots.map(({ day }) => day).toSorted();
  const first = days[0];
  const last = days.at(-1);
  if (first === undefined || last === undefined) throw new RangeError("No snapshots have no period");
  return {
    start: dateTimeParameter(chargePeriodOf(first).start),
    end: dateTimeParameter(chargePeriodOf(addDays(last, 1)).start),
  };
}

function byId(rows: readonly Weighed[]): Map<string, Weighed> {
  return new Map(rows.map((row) => [row.snapshot_id, row]));
}

function isSame(facts: Weight, cells: Weight = NOTHING): boolean {
  return facts.facts === cells.facts && facts.amount === cells.amount && facts.weight === cells.weight;
}

/** Cells that are named where they differ; what they are of tells who looks where to look. */
const DIFFERENCES_SHOWN = 3;

const PLACE = `if(cluster != '' OR namespace != '', concat(cluster, '/', namespace), concat(source, '/', scope, '/', service))`;

function differing(attempts: string) {
  const signed = (sign: "" | "-"): string =>
    CELL_AMOUNTS.map((amount) => `${sign}toDecimal256(${amount}, 12) AS of_${amount}`).join(", ");
  const names = CELL_NAMES.join(", ");
  return defineQuery({
    name: "cells that are not their facts",
    sql: `SELECT ${PLACE} AS place, arrayFilter(each -> each.2 != '0', [('facts', toString(sum(facts))),
  ${CELL_AMOUNTS.map((amount) => `('${amount}', toString(sum(of_${amount})))`).join(", ")}]) AS differences
FROM (
  SELECT toDate(charge_period_start) AS day, ${names}, -1::Int64 AS facts, ${signed("-")} FROM cost_facts WHERE ${FACTS_OF_SNAPSHOTS}
  UNION ALL
  SELECT charge_day, ${names}, toInt64(fact_count), ${signed("")} FROM cells WHERE ${CELLS_OF_SNAPSHOTS} AND ${attempts}
)
GROUP BY day, ${names} HAVING notEmpty(differences) ORDER BY place LIMIT ${DIFFERENCES_SHOWN}`,
    params: z.object(ofSnapshots),
    row: z.object({ place: z.string(), differences: z.array(z.tuple([z.string(), z.string()])) }),
    settings: { max_bytes_before_external_group_by: "1000000000" },
  });
}
const SEALED_DIFFERING = differing(OF_SEALED_CELLS);
const ATTEMPT_DIFFERING = differing(OF_ATTEMPT);

async function differenceOf(
  clickhouse: ClickHouse,
  query: typeof SEALED_DIFFERING,
  params: ReturnType<typeof paramsOf>,
): Promise<string> {
  const rows = await select(clickhouse, query, params);
  const cells = rows.map(
    ({ place, differences }) =>
      `${place} by ${differences.map(([column, by]) => `${by} ${column}`).join(", ")}`,
  );
  const more = rows.length === DIFFERENCES_SHOWN ? " …" : "";
  return `its cells are not the sums of its facts: they differ at ${cells.join("; ")}${more}`;
}
