import { S3_SERVICE } from "@apportion/aws/bill-lines";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { select, stream } from "@apportion/clickhouse/query";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { addDays, type Day } from "@apportion/domain/period";
import { COMMITMENT_RECORD_TYPES } from "@apportion/domain/record-types";
import { nodePoolOf, ownerResolver, type Registry } from "@apportion/domain/tenancy";
import { hiddenName, seesNames, seesTeam, type Viewer } from "../viewer.js";
import {
  type ClusterHistory,
  createAdviser,
  type KnownHistory,
  MONTH_DAYS,
  type Recommendation,
  teamOf,
} from "./advise.js";
import {
  BUCKETS,
  CLUSTER_DAYS,
  type ClusterDayRow,
  DAY_FIGURES,
  type HistoryRow,
  HISTORIES,
  IDLE_NODES,
  STORAGE_PRICES,
} from "./advice-queries.js";
import { CONTAINER_USE, USE_DAYS_MAX_AGO, useByWorkload, type UseByWorkload } from "./container-use.js";
import { lastCompleteDays } from "./complete-days.js";
import type { HistoryDay } from "./history.js";
import { type Prices, pricesOf } from "./prices.js";
import { QUOTA_USE, quotasByNamespace } from "./quota-use.js";
import { RUN_HOURS, runHoursOf } from "./run-hours.js";
import { storedBuckets } from "./stored-buckets.js";
import { workloadKey } from "./workload-subject.js";

/** For whom, and about what, advice is read. */
export interface AdviceRequest {
  readonly registry: Registry;
  /** Today is not over, and nothing is advised from it. */
  readonly today: Day;
  /** Decimal amount a month in the deployment's currency; less is not said. */
  readonly minimumAMonth: string;
  /** Who asks: what is others' to act on is not said, and names of teams under HIPAA or PCI are shown in their own recommendations or hidden as in analysts' views. */
  readonly viewer: Viewer;
}

export interface Advice {
  /** The complete days that it rests on, in order. */
  readonly days: readonly Day[];
  readonly recommendations: readonly Recommendation[];
  /** What is said and the viewer does not see: by it one knows what is still said. */
  readonly unseen: readonly Said[];
}

/** That something is said, without what. */
export interface Said extends Pick<Recommendation, "id" | "owner" | "cash" | "freed"> {
  /** As `workloadKey` names it; empty where it is about no workload. */
  readonly workload: string;
}

export function saidOf(recommendation: Recommendation): Said {
  const { id, owner, cash, freed, subject, trueController: controller } = recommendation;
  const workload = controller === "" ? "" : workloadKey({ ...subject, controller });
  return { id, owner, cash, freed, workload };
}

/** What can be advised of the last complete days: computed from sealed cells at the price of statements, kept nowhere. */
export async function readAdvice(clickhouse: ClickHouse, request: AdviceRequest): Promise<Advice> {
  const { registry, viewer } = request;
  const showsProtected = seesAllNames(viewer);
  const days = await lastCompleteDays(clickhouse, request.today);
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return { days: [], recommendations: [], unseen: [] };
  const inOrder = days.map(({ day }) => day);
  const window = {
    from: first.day,
    to: addDays(last.day, 1),
    days: inOrder,
    snapshotIds: days.flatMap(({ snapshotIds }) => [...snapshotIds]),
  };
  const [clusterDays, nodes, buckets, storagePrices, runHours, containers, quotas] = await Promise.all([
    select(clickhouse, CLUSTER_DAYS, window),
    select(clickhouse, IDLE_NODES, window),
    select(clickhouse, BUCKETS, {}),
    select(clickhouse, STORAGE_PRICES, { days: inOrder, service: S3_SERVICE }),
    select(clickhouse, RUN_HOURS, { days: inOrder }),
    select(clickhouse, CONTAINER_USE, { days: inOrder.slice(-USE_DAYS_MAX_AGO) }),
    select(clickhouse, QUOTA_USE, { days: inOrder.slice(-USE_DAYS_MAX_AGO) }),
  ]);
  const prices = pricesOf(
    days,
    registry,
    new Map(clusterDays.map(({ day, cluster, negative }) => [`${day}/${cluster}`, negative])),
  );
  const uses = useByWorkload(containers);
  const minimum = parsePicos(request.minimumAMonth);
  const ownerOf = ownerResolver(registry, last.day);
  const adviser = createAdviser({
    registry,
    days: inOrder,
    clusters: clustersOf(clusterDays, prices, (cluster) =>
      nodes
        .filter((each) => each.cluster === cluster)
        .map(({ node, cost }) => ({
          node,
          nodePool: nodePoolOf(registry, { cluster, node }, last.day)?.id ?? "",
          cost,
        })),
    ),
    buckets: storedBuckets(buckets, storagePrices),
    ...(runHours.length > 0 && {
      runHours: runHoursOf(runHours, (teamLabel) => ownerOf({ ...NOWHERE, teamLabel })),
    }),
    quotas: quotasByNamespace(quotas),
    minimum,
  });
  const measuredDays = new Set(
    clusterDays.filter((each) => each.cpu_measured > 0).map(({ day, cluster }) => `${day}/${cluster}`),
  );
  const rows = stream(clickhouse, HISTORIES, {
    ...window,
    least: formatPicos(
      (minimum * BigInt(days.length) * prices.most.listed) / (MONTH_DAYS * prices.most.billed),
    ),
    recordTypes: [...COMMITMENT_RECORD_TYPES],
  });
  for await (const row of rows) {
    const known = knownOf(row, prices, measuredDays, showsProtected);
    adviser.see(withUses(ownNamed(known, row, viewer, ownerOf), uses));
  }
  const said = adviser.finish();
  const isSeen = ({ owner }: Recommendation): boolean => seesTeam(viewer, teamOf(owner));
  return {
    days: inOrder,
    recommendations: said.filter(isSeen),
    unseen: said.filter((each) => !isSeen(each)).map(saidOf),
  };
}

/** Who sees some teams alone sees no others' names anyway. */
function seesAllNames(viewer: Viewer): boolean {
  if (viewer.namesOf === "all") return true;
  return viewer.teams !== "all" && viewer.teams.every((id) => seesNames(viewer, id));
}

/** MLflow knows a team by its tag alone. */
const NOWHERE = { cluster: "", namespace: "", controller: "", service: "" };

function clustersOf(
  rows: readonly ClusterDayRow[],
  prices: Prices,
  nodesOf: (cluster: string) => ClusterHistory["nodes"],
): ClusterHistory[] {
  return [...new Set(rows.map(({ cluster }) => cluster))].map((cluster) => {
    const own = rows.filter((row) => row.cluster === cluster);
    return {
      cluster,
      days: own.map(({ day, idle, total }) => ({
        day,
        idle: prices.atBill(day, cluster, idle),
        total: prices.atBill(day, cluster, total),
      })),
      nodes: nodesOf(cluster),
      measured: {
        cpu: own.some((row) => row.cpu_measured > 0),
        gpu: own.some((row) => row.gpu_measured > 0),
        ram: own.some((row) => row.ram_measured > 0),
        network: own.some((row) => row.network_measured > 0),
      },
    };
  });
}

/** With its name where its owner reads it: of no other team under HIPAA or PCI that ever had a rule for it. What else has a name stays hidden. */
function ownNamed(
  known: KnownHistory,
  { protected_team: team }: HistoryRow,
  viewer: Viewer,
  ownerOf: ReturnType<typeof ownerResolver>,
): KnownHistory {
  const { history, trueController: controller, trueLabel: teamLabel } = known;
  if (known.hiddenAs === undefined || !seesNames(viewer, team)) return known;
  const owner = ownerOf({ ...history, controller, teamLabel });
  const isOwn = owner?.kind === "team" && owner.id === team;
  return isOwn ? { ...known, history: { ...history, controller } } : known;
}

/** Names of containers are hidden where those of workloads are, and where those are told to their team alone. */
function withUses(known: KnownHistory, uses: UseByWorkload): KnownHistory {
  const { history, trueController, hiddenAs } = known;
  const own =
    history.kind === "workload" && uses.get(workloadKey({ ...history, controller: trueController }));
  if (!own) return known;
  return {
    ...known,
    uses: hiddenAs === undefined ? own : own.map((use) => ({ ...use, container: hiddenAs })),
  };
}

const COSTS: ReadonlySet<string> = new Set([
  "cpuCost",
  "gpuCost",
  "ramCost",
  "pvCost",
  "loadBalancerCost",
  "cost",
]);
const FIGURES = Object.keys(DAY_FIGURES).map((name) => ({
  name: name as keyof typeof DAY_FIGURES,
  isCost: COSTS.has(name),
}));

/** There are millions of these: nothing is made but the day itself. */
function dayOf(text: string, atBill: (day: Day, picos: bigint) => bigint): HistoryDay {
  const [first = "", ...figures] = text.split(",");
  const day = first as Day;
  const read: Partial<Record<keyof typeof DAY_FIGURES, bigint>> & { readonly day: Day } = { day };
  for (const [index, { name, isCost }] of FIGURES.entries()) {
    const figure = figures[index] ?? "0";
    const picos = figure === "0" ? 0n : parsePicos(figure);
    read[name] = isCost && picos !== 0n ? atBill(day, picos) : picos;
  }
  return read as HistoryDay;
}

function knownOf(
  row: HistoryRow,
  prices: Prices,
  measuredDays: ReadonlySet<string>,
  showsProtected: boolean,
): KnownHistory {
  const isKubernetes = row.kind === "workload" || row.kind === "unmounted";
  const atBill = (day: Day, picos: bigint): bigint =>
    isKubernetes ? prices.atBill(day, row.cluster, picos) : picos;
  const days = row.per_day.map((text) => dayOf(text, atBill));
  const hiddenAs = row.protected_level === "" || showsProtected ? undefined : hiddenName(row.protected_level);
  const shown = (name: string): string => (name === "" ? name : (hiddenAs ?? name));
  return {
    history: {
      kind: row.kind,
      cluster: row.cluster,
      namespace: row.namespace,
      controllerKind: row.controller_kind,
      controller: shown(row.workload),
      teamLabel: shown(row.label),
      account: row.of_account,
      service: row.of_service,
      recordType: row.of_record_type,
      networkClass: row.class,
      // On a day on which nothing was measured on a cluster, no use is no evidence.
      days:
        row.kind === "workload" ? days.filter(({ day }) => measuredDays.has(`${day}/${row.cluster}`)) : days,
    },
    ...(hiddenAs !== undefined && { hiddenAs }),
    trueController: row.workload,
    trueLabel: row.label,
    costCenter: row.center,
    first: row.first,
    last: row.last,
    cost: days.length > 0 ? days.reduce((sum, { cost }) => sum + cost, 0n) : atBill(row.last, row.list_price),
  };
}
