import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { addDays, chargePeriodOf, type Day } from "@apportion/domain/period";
import { CELL_AMOUNTS, CELL_NAMES, OF_SEALED_CELLS } from "./cells.js";
import { dateTimeParameter } from "./facts-tables.js";

/** A snapshot of costs, and the day that it is about. */
export interface CostSnapshot {
  readonly snapshotId: string;
  readonly day: Day;
}

/** Numbers that a proof draws: two and a weight for each name, and a weight for the day, for each amount and for how many facts there are. */
const DRAWN = CELL_NAMES.length * 3 + 1 + CELL_AMOUNTS.length + 1;

/**
 * What a row weighs: the hash of its names, times its amounts, each with a weight of its own, modulo 2⁶⁴. Rows of the same names weigh
 * together what their sum weighs, so facts and their cells come to the same and neither have to be grouped: that is a third of the time.
 * Hashes and weights are drawn anew for each proof, so nobody who changes a row can know what would make up for it.
 *
 * Each name is hashed by itself, which the engine does once for each different one and not for each row. An amount counts with its lower
 * 64 bits: changes that cancel out and are multiples of 18,446,744.073709551616 would not be seen.
 */
function weightOf({ day, facts }: { readonly day: string; readonly facts: string }): string {
  let at = 0;
  const drawn = (): string => `{drawn:Array(UInt64)}[${(at += 1)}]`;
  const names = CELL_NAMES.map((name) => `sipHash64Keyed((${drawn()}, ${drawn()}), ${name}) * ${drawn()}`);
  const amounts = CELL_AMOUNTS.map((amount) => `reinterpretAsUInt64(${amount}) * ${drawn()}`);
  return `intHash64(${[...names, `toUInt64(${day}) * ${drawn()}`].join(" + ")}) * (${[...amounts, `${facts} * ${drawn()}`].join(" + ")})`;
}

const weighed = z.object({
  snapshot_id: z.string(),
  facts: z.string(),
  amount: z.string(),
  weight: z.string(),
});
type Weighed = z.infer<typeof weighed>;

const NOTHING = { facts: "0", amount: "0", weight: "0" };

const FACTS_OF_SNAPSHOTS = `charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
  AND snapshot_id IN {snapshotIds:Array(String)}`;
const CELLS_OF_SNAPSHOTS = `charge_day >= toDate({start:DateTime('UTC')}) AND charge_day < toDate({end:DateTime('UTC')})
  AND snapshot_id IN {snapshotIds:Array(String)}`;
const OF_ATTEMPT = "attempt = {attempt:String}";

const ofSnapshots = {
  snapshotIds: z.array(z.string()),
  start: z.string(),
  end: z.string(),
  attempt: z.string(),
};

function weighing(name: string, from: string, row: { readonly day: string; readonly facts: string }) {
  return defineQuery({
    name,
    sql: `SELECT snapshot_id, toString(sum(toUInt64(${row.facts}))) AS facts, toString(sum(toDecimal256(effective_cost, 12))) AS amount,
  toString(sum(${weightOf(row)})) AS weight
FROM ${from} GROUP BY snapshot_id`,
    params: z.object({ ...ofSnapshots, drawn: z.array(z.bigint()).length(DRAWN) }),
    row: weighed,
  });
}

const ROW_OF_CELLS = { day: "charge_day", facts: "fact_count" };
const FACTS_WEIGHED = weighing("facts weighed", `cost_facts WHERE ${FACTS_OF_SNAPSHOTS}`, {
  day: "toDate(charge_period_start)",
  facts: "1",
});
const SEALED_CELLS_WEIGHED = weighing(
  "sealed cells weighed",
  `cells WHERE ${CELLS_OF_SNAPSHOTS} AND ${OF_SEALED_CELLS}`,
  ROW_OF_CELLS,
);
const CELLS_OF_ATTEMPT_WEIGHED = weighing(
  "cells of an attempt weighed",
  `cells WHERE ${CELLS_OF_SNAPSHOTS} AND ${OF_ATTEMPT}`,
  ROW_OF_CELLS,
);

/** What the facts of a snapshot come to, and in what its cells are not their sums, if in anything. */
export interface ProvedCells {
  readonly facts: string;
  /** Decimal string without trailing zeros. */
  readonly amount: string;
  readonly difference?: string;
}

/**
 * Holds the cells of snapshots against their facts: each cell must be the sum of its facts in every amount and quantity.
 * @param attempt whose cells; without it, those of the attempts that sealed the snapshots
 * @returns by snapshot, all of them
 */
export async function proveCells(
  clickhouse: ClickHouse,
  snapshots: readonly CostSnapshot[],
  attempt?: string,
): Promise<Map<string, ProvedCells>> {
  const days = snapshots.map(({ day }) => day).toSorted();
  const [first] = days;
  const last = days.at(-1);
  if (first === undefined || last === undefined) return new Map();
  const params = {
    snapshotIds: snapshots.map(({ snapshotId }) => snapshotId),
    start: dateTimeParameter(chargePeriodOf(first).start),
    end: dateTimeParameter(chargePeriodOf(addDays(last, 1)).start),
    attempt: attempt ?? "",
    drawn: draw(),
  };
  const [facts, cells] = await Promise.all([
    select(clickhouse, FACTS_WEIGHED, params),
    select(clickhouse, attempt === undefined ? SEALED_CELLS_WEIGHED : CELLS_OF_ATTEMPT_WEIGHED, params),
  ]);
  const [factsById, cellsById] = [facts, cells].map(
    (rows) => new Map(rows.map((row) => [row.snapshot_id, row])),
  );
  const proved = new Map<string, ProvedCells>();
  for (const { snapshotId } of snapshots) {
    const ofFacts = factsById?.get(snapshotId) ?? NOTHING;
    const isSum = isSame(ofFacts, cellsById?.get(snapshotId) ?? NOTHING);
    const difference = isSum
      ? undefined
      : await differenceOf(clickhouse, { ...params, snapshotIds: [snapshotId] }, attempt);
    proved.set(snapshotId, {
      facts: ofFacts.facts,
      amount: ofFacts.amount,
      ...(difference !== undefined && { difference }),
    });
  }
  return proved;
}

function isSame(a: Omit<Weighed, "snapshot_id">, b: Omit<Weighed, "snapshot_id">): boolean {
  return a.facts === b.facts && a.amount === b.amount && a.weight === b.weight;
}

/** Odd, so that no multiple of it vanishes. */
function draw(): bigint[] {
  const bytes = randomBytes(DRAWN * 8);
  return Array.from({ length: DRAWN }, (_, index) => bytes.readBigUInt64LE(index * 8) | 1n);
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
  params: {
    readonly snapshotIds: string[];
    readonly start: string;
    readonly end: string;
    readonly attempt: string;
  },
  attempt: string | undefined,
): Promise<string> {
  const query = attempt === undefined ? SEALED_DIFFERING : ATTEMPT_DIFFERING;
  const rows = await select(clickhouse, query, params);
  const cells = rows.map(
    ({ place, differences }) =>
      `${place} by ${differences.map(([column, by]) => `${by} ${column}`).join(", ")}`,
  );
  const more = rows.length === DIFFERENCES_SHOWN ? " …" : "";
  return `its cells are not the sums of its facts: they differ at ${cells.join("; ")}${more}`;
}
