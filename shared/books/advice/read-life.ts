import type { ClickHouse } from "@apportion/clickhouse/client";
import { select } from "@apportion/clickhouse/query";
import { addDays, type Day } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { seesTeam } from "../viewer.js";
import { type Advice, type AdviceRequest, saidOf } from "./read-advice.js";
import { COMPLETE_DAYS_MIN, MONTH_DAYS, type Recommendation, teamOf } from "./advise.js";
import { CLUSTER_DAYS, type DecisionRow, DECISIONS, HELD_DAYS, type HeldRow } from "./advice-queries.js";
import { completeDays, type CompleteDay, WINDOW_DAYS } from "./complete-days.js";
import { type AdviceDecided, type Life, lifeOf } from "./life.js";
import { type Prices, pricesOf } from "./prices.js";
import { workloadKey } from "./workload-subject.js";
import { type HeldDay, isMeasurable, type RealisedDay, realisedDays } from "./realised.js";

/** A recommendation on which somebody decided, or that is said now. */
export interface AdviceLife {
  readonly id: string;
  readonly kind: Recommendation["kind"];
  /** Team whose it was to act on when it was decided on, or is where it is open; empty for other owners. */
  readonly team: string;
  readonly life: Life;
  readonly decided?: AdviceDecided;
  /** Advised a month: of what is said now, else as it was decided on. In picos. */
  readonly advised: bigint;
  /** Saved on each complete day since it was accepted; undefined where it is not accepted, or cells have no quantity of it. */
  readonly realised?: readonly RealisedDay[];
}

/** Decisions that are measured each time: enough for years of a platform's advice. */
const MEASURED_MAX = 500;

/**
 * Where each recommendation stands that the viewer sees: what was decided on is seen by whose it was then, and while it is said by whose it is now.
 * It is found out of all that is said and decided, so it stands the same for everybody: what is accepted later about the same workload ends what was saved.
 * What was saved is measured from the cells of complete days since the day after it was accepted, against the 30 days before.
 * Where there are too few complete days to advise by, nothing is taken for done.
 * @param advice of that day, for that viewer
 * @param decidedBefore later decisions do not count; those of today do, unless it says otherwise
 */
export async function readLives(
  clickhouse: ClickHouse,
  { registry, today, viewer }: Pick<AdviceRequest, "registry" | "today" | "viewer">,
  { recommendations, unseen, days }: Advice,
  decidedBefore: Day = addDays(today, 1),
): Promise<AdviceLife[]> {
  const rows = await select(clickhouse, DECISIONS, { before: decidedBefore });
  const accepted = rows.filter(({ decision, kind }) => decision === "accepted" && isMeasurable(kind));
  const realised = await realisedOf(clickhouse, registry, today, accepted.slice(-MEASURED_MAX));
  const said = [...recommendations.map(saidOf), ...unseen];
  const saidById = new Map(said.map((each) => [each.id, each]));
  // What is said of a workload in other words, as sizes once its use is measured, is not done.
  const workloadsSaid = new Set(said.flatMap(({ workload }) => (workload === "" ? [] : [workload])));
  const decidedIds = new Set(rows.map(({ id }) => id));
  const seen = rows.filter(({ id, owner_team: then }) => {
    const now = saidById.get(id);
    return seesTeam(viewer, then) || (now !== undefined && seesTeam(viewer, teamOf(now.owner)));
  });
  const ofDecided = seen.map((row): AdviceLife => {
    const now = saidById.get(row.id);
    const advisedThen = row.cash_advised + row.freed_advised;
    const decided = decidedOf(row);
    const saved = realised.get(row.id);
    return {
      id: row.id,
      kind: row.kind,
      team: row.owner_team,
      life: lifeOf(
        decided,
        now !== undefined ||
          days.length < COMPLETE_DAYS_MIN ||
          workloadsSaid.has(workloadKey({ ...row, controllerKind: row.controller_kind })),
        today,
        saved,
        advisedThen / MONTH_DAYS,
      ),
      decided,
      advised: now ? now.cash + now.freed : advisedThen,
      ...(saved && { realised: saved }),
    };
  });
  const open = recommendations
    .filter(({ id }) => !decidedIds.has(id))
    .map((each): AdviceLife => ({
      id: each.id,
      kind: each.kind,
      team: teamOf(each.owner),
      life: { state: "open" },
      advised: each.cash + each.freed,
    }));
  return [...ofDecided, ...open];
}

function decidedOf(row: DecisionRow): AdviceDecided {
  const { id, decision, decided_by: by, reason, until_day, decided_on: on } = row;
  return { id, decision, by, reason, on, until: until_day === "" ? undefined : (until_day as Day) };
}

async function realisedOf(
  clickhouse: ClickHouse,
  registry: Registry,
  today: Day,
  accepted: readonly DecisionRow[],
): Promise<Map<string, readonly RealisedDay[]>> {
  const earliest = accepted.map((row) => row.decided_on).toSorted()[0];
  if (earliest === undefined) return new Map();
  const days = await completeDays(clickhouse, addDays(earliest, -WINDOW_DAYS), today);
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return new Map();
  const window = windowOf(days, first.day, last.day);
  const clusterDays = await select(clickhouse, CLUSTER_DAYS, window);
  const negatives = clusterDays.map(({ day, cluster, negative }): [string, bigint] => [
    `${day}/${cluster}`,
    negative,
  ]);
  const prices = pricesOf(days, registry, new Map(negatives));
  const rows = new Map<string, HeldRow[]>();
  for (const row of await select(clickhouse, HELD_DAYS, { ...window, ...placesOf(accepted) })) {
    const key = heldKey({ ...row, controller: row.workload });
    const own = rows.get(key) ?? [];
    rows.set(key, own);
    own.push(row);
  }
  const realised = new Map<string, readonly RealisedDay[]>();
  for (const row of accepted) {
    const own = days.filter(({ day }) => day >= addDays(row.decided_on, -WINDOW_DAYS));
    const ofRow = rows.get(heldKey({ ...row, kind: cellKindOf(row) })) ?? [];
    const held = heldDays(ofRow, own, row.cluster, prices);
    const before = held.filter(({ day }) => day < row.decided_on);
    // On the day itself nobody knows at what hour it was done. What is saved after another acceptance about the same is measured for that one.
    const until = acceptedNext(row, accepted);
    const since = held.filter(({ day }) => day > row.decided_on && (until === undefined || day <= until));
    const atPriceOf = (day: Day, cost: bigint, from: Day): bigint =>
      prices.moved(row.cluster, cost, from, day);
    realised.set(row.id, realisedDays(row.kind, before, since, atPriceOf));
  }
  return realised;
}

function acceptedNext(row: DecisionRow, accepted: readonly DecisionRow[]): Day | undefined {
  const key = (each: DecisionRow): string => workloadKey({ ...each, controllerKind: each.controller_kind });
  const order = ({ decided_on, id }: DecisionRow): string => `${decided_on} ${id}`;
  const isSame = (each: DecisionRow): boolean =>
    row.controller === "" ? each.id === row.id : key(each) === key(row);
  const later = accepted.filter((each) => isSame(each) && order(each) > order(row));
  return later.map(({ decided_on }) => decided_on).toSorted()[0];
}

function windowOf(days: readonly CompleteDay[], first: Day, last: Day) {
  return {
    from: first,
    to: addDays(last, 1),
    days: days.map(({ day }) => day),
    snapshotIds: days.flatMap(({ snapshotIds }) => [...snapshotIds]),
  };
}

function cellKindOf({ kind }: Pick<DecisionRow, "kind">): string {
  return kind === "unmounted-volumes" ? "unmounted" : "workload";
}

/** Each once, as parameters of a query. */
function placesOf(accepted: readonly DecisionRow[]) {
  const rows = [
    ...new Map(accepted.map((row) => [heldKey({ ...row, kind: cellKindOf(row) }), row])).values(),
  ];
  return {
    kinds: rows.map(cellKindOf),
    clusters: rows.map(({ cluster }) => cluster),
    namespaces: rows.map(({ namespace }) => namespace),
    controllerKinds: rows.map(({ controller_kind }) => controller_kind),
    controllers: rows.map(({ controller }) => controller),
  };
}

function heldKey(of: {
  readonly kind: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly controller_kind: string;
  readonly controller: string;
}): string {
  return JSON.stringify([of.kind, of.cluster, of.namespace, of.controller_kind, of.controller]);
}

/** A complete day on which it has no cells held nothing. */
function heldDays(
  rows: readonly HeldRow[],
  days: readonly CompleteDay[],
  cluster: string,
  prices: Prices,
): HeldDay[] {
  const byDay = new Map(rows.map((row) => [row.day, row]));
  return days.map(({ day }) => {
    const row = byDay.get(day);
    const held = (quantity = 0n, listed = 0n): { quantity: bigint; cost: bigint } => ({
      quantity,
      cost: prices.atBill(day, cluster, listed),
    });
    return {
      day,
      cpu: held(row?.cpu_hours, row?.cpu),
      gpu: held(row?.gpu_hours_held, row?.gpu),
      ram: held(row?.ram_hours, row?.ram),
      volumes: held(row?.pv, row?.pv),
      loadBalancers: held(row?.load_balancer, row?.load_balancer),
    };
  });
}
