import { z } from "zod";
import { KUBERNETES_SOURCE, RATE_VARIANCE } from "@apportion/allocation/rate-variance";
import { KUBERNETES_PARTS } from "@apportion/aws/bill-lines";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { isCommitment, isUsage } from "@apportion/domain/record-types";
import { ofSealedCells } from "../readings/cells.js";
import { kubernetesPrices } from "./kubernetes-prices.js";
import { openKey, residualsOf, type ComparedDay, type ResidualClass } from "./residuals.js";

const picos = z.string().transform(parsePicos);
const day = z.string().transform((text) => text as Day);
const ofMonth = z.object({ month: z.string() });

const COMPARED = defineQuery({
  name: "attributed against billed by day",
  sql: `SELECT toString(charge_day) AS day, source, account, service, record_type, billed, attributed
FROM reconciliation_days WHERE billing_period = {month:String}
ORDER BY source, account, service, record_type, day`,
  params: ofMonth,
  row: z.object({
    day,
    source: z.string(),
    account: z.string(),
    service: z.string(),
    record_type: z.string(),
    billed: picos,
    attributed: picos,
  }),
});

const NOT_ATTRIBUTED = defineQuery({
  name: "allocated without a rule",
  sql: `SELECT kind, reason, sum(not_attributed.amount) AS total FROM not_attributed
WHERE billing_period = {month:String} GROUP BY kind, reason ORDER BY kind, reason`,
  params: ofMonth,
  row: z.object({ kind: z.enum(["unallocated", "fallback"]), reason: z.string(), total: picos }),
});

const ACCURACY = defineQuery({
  name: "accuracy of a month",
  sql: `SELECT missed, toDecimalString(accuracy_percent, 2) AS percent FROM attribution_accuracy WHERE billing_period = {month:String}`,
  params: ofMonth,
  row: z.object({ missed: picos, percent: z.string() }),
});

const VARIANCE = defineQuery({
  name: "rate variance by day",
  sql: `SELECT toString(charge_day) AS day, scope AS account, sum(toDecimal256(current_allocations.amount, 12)) AS amount
FROM current_allocations WHERE billing_period = {month:String} AND source = '${RATE_VARIANCE.source}'
GROUP BY day, account ORDER BY day, account`,
  params: ofMonth,
  row: z.object({ day, account: z.string(), amount: picos }),
});

const LIST_PRICES = defineQuery({
  name: "Kubecost's prices by day and cluster",
  sql: `SELECT toString(charge_day) AS day, scope AS cluster, any(accounts.account) AS account,
  sum(toDecimal256(cpu_cost, 12) + toDecimal256(gpu_cost, 12) + toDecimal256(ram_cost, 12)) AS machines,
  sum(toDecimal256(pv_cost, 12)) AS volumes, sum(toDecimal256(load_balancer_cost, 12)) AS load_balancers
FROM cells
LEFT JOIN (SELECT cluster, account FROM cluster_accounts WHERE billing_period = {month:String}) AS accounts
  ON accounts.cluster = cells.scope
WHERE source = '${KUBERNETES_SOURCE}' AND formatDateTime(charge_day, '%Y-%m') = {month:String}
  AND ${ofSealedCells(`snapshot_id IN (SELECT arrayJoin(snapshot_ids) FROM allocation_runs
    WHERE billing_period = {month:String} AND run_id IN (SELECT run_id FROM current_runs WHERE billing_period = {month:String}))`)}
GROUP BY day, cluster ORDER BY day, cluster`,
  params: ofMonth,
  row: z.object({
    day,
    cluster: z.string(),
    account: z.string(),
    machines: picos,
    volumes: picos,
    load_balancers: picos,
  }),
});

const BILLED_PARTS = defineQuery({
  name: "what the bill says of machines, volumes and load balancers",
  sql: `SELECT multiIf(match(usage_type, '${KUBERNETES_PARTS.volumes}'), 'volumes', match(usage_type, '${KUBERNETES_PARTS.loadBalancers}'), 'loadBalancers', 'machines') AS part,
  sum(toDecimal256(effective_cost, 12)) AS billed
FROM current_bill WHERE owner = '${KUBERNETES_SOURCE}' AND billing_period = {month:String} GROUP BY part`,
  params: ofMonth,
  row: z.object({ part: z.enum(["machines", "volumes", "loadBalancers"]), billed: picos }),
});

const INVOICE = defineQuery({
  name: "from the invoice to what is charged",
  sql: `SELECT sum(invoice_to_charge.invoice) AS invoice, sum(invoice_to_charge.purchases) AS purchases,
  sum(invoice_to_charge.amortisation) AS amortisation, sum(invoice_to_charge.discounts) AS discounts,
  sum(invoice_to_charge.bill) AS bill, sum(invoice_to_charge.unused_commitment) AS unused_commitment
FROM invoice_to_charge WHERE billing_period = {month:String}`,
  params: ofMonth,
  row: z.object({
    invoice: picos,
    purchases: picos,
    amortisation: picos,
    discounts: picos,
    bill: picos,
    unused_commitment: picos,
  }),
});

/** Of a closed month none, whatever is read or expected since: it was closed with final readings, and is compared with those. */
const UNSETTLED = defineQuery({
  name: "readings of an open month that are not final",
  sql: `SELECT DISTINCT toString(reading_completeness.day) AS open_day, source FROM reading_completeness
WHERE formatDateTime(reading_completeness.day, '%Y-%m') = {month:String} AND status != 'final'
  AND {month:String} NOT IN (SELECT billing_period FROM journals WHERE kind = 'statement')`,
  params: ofMonth,
  row: z.object({ open_day: day, source: z.string() }),
});

const POSTED = defineQuery({
  name: "what was posted of a month",
  sql: `SELECT count() AS entries, sumIf(signed_amount, kind NOT IN ('statement', 'adjustment') AND account != 'clearing') AS corrected
FROM posted_entries WHERE if(kind = 'statement', billing_period, corrects_period) = {month:String}`,
  params: ofMonth,
  row: z.object({ entries: z.string().transform(Number), corrected: picos }),
});

/** What a part of the bill pays for, as statements name it; `kubernetes` is CPU, memory, GPU, volumes and load balancers together. */
export type BillCategory =
  "kubernetes" | "object-storage" | "network" | "services" | "unused-commitment" | "corporate";

/** Exact decimal amounts of a place of the bill. */
interface Compared {
  readonly billed: string;
  readonly attributed: string;
  /** Attributed less billed. */
  readonly difference: string;
  /** Size of the difference, day by day: a day with too much does not make up for one with too little. */
  readonly missed: string;
}

interface Place {
  readonly category: BillCategory;
  readonly source: string;
  /** Account of the bill. */
  readonly account: string;
  readonly service: string;
  readonly recordType: string;
}

export interface Reconciliation {
  readonly month: BillingPeriod;
  /** False when no bill of the month was read: then costs are list prices, and there is nothing to compare them with. */
  readonly hasBill: boolean;
  readonly isClosed: boolean;
  /** What was posted as corrections of the month since it was closed. */
  readonly corrected: string;
  readonly billed: string;
  readonly attributed: string;
  /** All that differs day by day, has no owner, or was split by a fallback. */
  readonly missed: string;
  /** 100 − missed ÷ billed, two places, rounded down. Of a bill of nothing or less 100 where nothing is missed, else 0. */
  readonly accuracyPercent: string;
  /** Invoice − purchases + amortisation + discounts = bill, exactly, which is charged; what nobody used of commitments is a part of it. */
  readonly invoice: Record<
    "invoice" | "purchases" | "amortisation" | "discounts" | "bill" | "unusedCommitment",
    string
  >;
  /** Kubecost's own prices for each cluster, and what the bill made of them. Exact decimal amounts. */
  readonly kubernetes: {
    readonly clusters: readonly {
      readonly cluster: string;
      /** On whose bill it is; `none` where it is on no bill, and at list price. */
      readonly account: string;
      readonly machines: string;
      readonly volumes: string;
      readonly loadBalancers: string;
      readonly atListPrice: string;
      readonly rateVariance: string;
    }[];
    /** Of all clusters together: the bill does not say which cluster a machine, volume or load balancer belongs to. */
    readonly parts: readonly {
      readonly part: "machines" | "volumes" | "loadBalancers";
      readonly atListPrice: string;
      readonly billed: string;
    }[];
    readonly rateVariance: string;
    /** Null where the bill has something and Kubecost's prices come to nothing. */
    readonly rateVariancePercent: string | null;
  };
  readonly categories: readonly ({ readonly category: BillCategory } & Compared)[];
  readonly rows: readonly (Place & Compared)[];
  readonly days: readonly ({ readonly day: Day } & Place & Omit<Compared, "missed">)[];
  readonly residuals: readonly {
    readonly class: ResidualClass;
    readonly what: string;
    readonly amount: string;
    readonly missed: string;
  }[];
}

/**
 * Compares what was attributed with what was billed, by account, service, record type and day. A closed month is compared with the
 * bill from which it was closed; what the bill said later is in its corrections.
 */
export async function reconcile(clickhouse: ClickHouse, month: BillingPeriod): Promise<Reconciliation> {
  const [compared, notAttributed, [accuracy], variances, listPrices, parts, [invoice], unsettled, [posted]] =
    await Promise.all([
      select(clickhouse, COMPARED, { month }),
      select(clickhouse, NOT_ATTRIBUTED, { month }),
      select(clickhouse, ACCURACY, { month }),
      select(clickhouse, VARIANCE, { month }),
      select(clickhouse, LIST_PRICES, { month }),
      select(clickhouse, BILLED_PARTS, { month }),
      select(clickhouse, INVOICE, { month }),
      select(clickhouse, UNSETTLED, { month }),
      select(clickhouse, POSTED, { month }),
    ]);
  const days = compared.map(({ record_type, ...row }): ComparedDay => ({ ...row, recordType: record_type }));
  const prices = kubernetesPrices(
    listPrices.map(({ load_balancers, ...row }) => ({ ...row, loadBalancers: load_balancers })),
    variances,
  );
  const open = new Set(unsettled.map(({ open_day, source }) => openKey(open_day, source)));
  const residuals = residualsOf(
    days,
    notAttributed.map(({ total, ...row }) => ({ ...row, amount: total })),
    prices.clusters,
    open,
  );
  const { billed, attributed } = comparedSum(days);
  return {
    month,
    hasBill: accuracy !== undefined,
    isClosed: (posted?.entries ?? 0) > 0,
    corrected: formatPicos(posted?.corrected ?? 0n),
    billed,
    attributed,
    missed: formatPicos(accuracy?.missed ?? 0n),
    accuracyPercent: accuracy?.percent ?? "0.00",
    invoice: {
      invoice: formatPicos(invoice?.invoice ?? 0n),
      purchases: formatPicos(invoice?.purchases ?? 0n),
      amortisation: formatPicos(invoice?.amortisation ?? 0n),
      discounts: formatPicos(invoice?.discounts ?? 0n),
      bill: formatPicos(invoice?.bill ?? 0n),
      unusedCommitment: formatPicos(invoice?.unused_commitment ?? 0n),
    },
    kubernetes: {
      clusters: prices.clusters.map((cluster) => ({
        cluster: cluster.cluster,
        account: cluster.account,
        machines: formatPicos(cluster.machines),
        volumes: formatPicos(cluster.volumes),
        loadBalancers: formatPicos(cluster.loadBalancers),
        atListPrice: formatPicos(cluster.atListPrice),
        rateVariance: formatPicos(cluster.rateVariance),
      })),
      parts: (["machines", "volumes", "loadBalancers"] as const).map((part) => ({
        part,
        atListPrice: formatPicos(prices.clusters.reduce((sum, cluster) => sum + cluster[part], 0n)),
        billed: formatPicos(parts.find((row) => row.part === part)?.billed ?? 0n),
      })),
      rateVariance: formatPicos(prices.rateVariance),
      rateVariancePercent: prices.rateVariancePercent,
    },
    categories: grouped(days, (row) => ({ category: categoryOf(row) })),
    rows: grouped(days, placeOf),
    days: days.map((row) => {
      const { missed: _missed, ...amounts } = comparedSum([row]);
      return { day: row.day, ...placeOf(row), ...amounts };
    }),
    residuals: residuals.map((residual) => ({
      ...residual,
      amount: formatPicos(residual.amount),
      missed: formatPicos(residual.missed),
    })),
  };
}

function placeOf(row: ComparedDay): Place {
  const { source, account, service, recordType } = row;
  return { category: categoryOf(row), source, account, service, recordType };
}

function categoryOf({ source, recordType }: ComparedDay): BillCategory {
  if (source === KUBERNETES_SOURCE) return "kubernetes";
  if (source === "s3") return "object-storage";
  if (source === "network") return "network";
  if (isCommitment(recordType)) return "unused-commitment";
  return isUsage(recordType) ? "services" : "corporate";
}

function grouped<Key extends object>(
  days: readonly ComparedDay[],
  keyOf: (row: ComparedDay) => Key,
): (Key & Compared)[] {
  const groups = new Map<string, { key: Key; rows: ComparedDay[] }>();
  for (const row of days) {
    const key = keyOf(row);
    const group = groups.get(JSON.stringify(key)) ?? { key, rows: [] };
    groups.set(JSON.stringify(key), group);
    group.rows.push(row);
  }
  return [...groups.values()].map(({ key, rows }) => ({ ...key, ...comparedSum(rows) }));
}

function comparedSum(rows: readonly Pick<ComparedDay, "billed" | "attributed">[]): Compared {
  const sum = (of: (row: Pick<ComparedDay, "billed" | "attributed">) => bigint): string =>
    formatPicos(rows.reduce((total, row) => total + of(row), 0n));
  return {
    billed: sum(({ billed }) => billed),
    attributed: sum(({ attributed }) => attributed),
    difference: sum(({ billed, attributed }) => attributed - billed),
    missed: sum(({ billed, attributed }) =>
      attributed > billed ? attributed - billed : billed - attributed,
    ),
  };
}
