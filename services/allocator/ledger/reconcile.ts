import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, run } from "@apportion/clickhouse/query";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { KUBERNETES_SOURCE, RATE_VARIANCE } from "../allocation/rate-variance.js";

const picos = z.string().transform(parsePicos);
const ofMonth = z.object({ month: z.string() });
/** The month's snapshots as its runs pinned them, so that a closed month is compared with what it was made from. */
const PINNED = `snapshot_id IN (SELECT arrayJoin(snapshot_ids) FROM allocation_runs
    WHERE billing_period = {month:String} AND run_id IN (SELECT run_id FROM current_runs WHERE billing_period = {month:String}))`;
const IN_MONTH = "formatDateTime(charge_period_start, '%Y-%m') = {month:String}";

const BILLED = defineQuery({
  name: "billed by owner and service",
  sql: `SELECT owner AS source, scope AS account, if(owner = '${KUBERNETES_SOURCE}', 'Kubernetes', service) AS what, record_type,
  sum(toDecimal256(effective_cost, 12)) AS total
FROM bill_facts
WHERE ${IN_MONTH} AND if({isClosed:Bool}, ${PINNED},
  snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'bill'))
GROUP BY source, account, what, record_type ORDER BY source, account, what, record_type`,
  params: z.object({ month: z.string(), isClosed: z.boolean() }),
  row: z.object({
    source: z.string(),
    account: z.string(),
    what: z.string(),
    record_type: z.string(),
    total: picos,
  }),
});

const COLLECTED = defineQuery({
  name: "collected by source and service",
  sql: `SELECT source, scope, if(source = '${KUBERNETES_SOURCE}', 'Kubernetes', service) AS what, record_type,
  sum(toDecimal256(effective_cost, 12)) AS total
FROM cost_facts WHERE ${IN_MONTH} AND ${PINNED}
GROUP BY source, scope, what, record_type ORDER BY source, scope, what, record_type`,
  params: ofMonth,
  row: z.object({
    source: z.string(),
    scope: z.string(),
    what: z.string(),
    record_type: z.string(),
    total: picos,
  }),
});

const VARIANCE = defineQuery({
  name: "rate variance of a month",
  sql: `SELECT sum(toDecimal256(current_allocations.amount, 12)) AS total FROM current_allocations
WHERE billing_period = {month:String} AND source = '${RATE_VARIANCE.source}'`,
  params: ofMonth,
  row: z.object({ total: picos }),
});

/**
 * What has an owner by a fallback only, or none at all: a policy that spreads what nobody owns gives it payers and no owner. A place's
 * cost and what the bill makes of it are one.
 */
const NOT_COUNTED = defineQuery({
  name: "allocated without a rule",
  sql: `SELECT kind, why AS reason, sum(abs(place_total)) AS total
FROM
(
  SELECT if(owner_kind = 'unallocated' OR pool = 'unallocated', 'unallocated', 'fallback') AS kind,
    if(pool = 'unallocated', 'spread-without-owner', reason) AS why,
    sum(toDecimal256(current_allocations.amount, 12)) AS place_total
  FROM current_allocations
  WHERE billing_period = {month:String}
    AND (owner_kind = 'unallocated' OR pool = 'unallocated' OR (basis = 'shared' AND reason != ''))
  GROUP BY kind, why, owner_kind, team_id, pool, cluster, namespace, service, label
)
GROUP BY kind, why ORDER BY kind, why`,
  params: ofMonth,
  row: z.object({ kind: z.enum(["unallocated", "fallback"]), reason: z.string(), total: picos }),
});

const UNSETTLED = defineQuery({
  name: "readings of a month that are not final",
  sql: `SELECT DISTINCT source FROM reading_completeness
WHERE formatDateTime(reading_completeness.day, '%Y-%m') = {month:String} AND status != 'final' ORDER BY source`,
  params: ofMonth,
  row: z.object({ source: z.string() }),
});

/** Why an amount differs, or does not count as attributed. */
export type ResidualClass =
  "timing" | "credit or tax" | "price basis" | "overlap" | "untagged" | "no owner" | "fallback" | "unknown";

export interface ReconciliationRow {
  readonly source: string;
  /** Account of the bill; empty for Kubernetes, whose clusters the bill does not tell apart. */
  readonly account: string;
  readonly service: string;
  readonly recordType: string;
  /** Exact decimal amounts. */
  readonly billed: string;
  readonly attributed: string;
  readonly difference: string;
}

export interface Residual {
  readonly class: ResidualClass;
  readonly what: string;
  readonly amount: string;
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
  /**
   * Share of the bill that was attributed by ownership, a policy or as idle capacity: 100 − (what differs + what a fallback split
   * + what has no owner) ÷ the bill, without netting one service against another. Two places, rounded down.
   */
  readonly accuracyPercent: string;
  /** What Kubecost's own prices came to for each cluster, and what the bill makes of all of them. */
  readonly kubernetes: {
    readonly clusters: readonly { readonly cluster: string; readonly atListPrice: string }[];
    readonly rateVariance: string;
  };
  readonly rows: readonly ReconciliationRow[];
  readonly residuals: readonly Residual[];
}

const POSTED = defineQuery({
  name: "what was posted of a month",
  sql: `SELECT count() AS entries, sumIf(signed_amount, kind = 'correction' AND account != 'clearing') AS corrected
FROM posted_entries WHERE if(kind = 'statement', billing_period, corrects_period) = {month:String}`,
  params: ofMonth,
  row: z.object({ entries: z.string().transform(Number), corrected: picos }),
});

/**
 * Compares what was attributed with what was billed, by account, service and record type. A closed month is compared with the bill
 * from which it was closed; what the bill said later is in its corrections.
 */
export async function reconcile(clickhouse: ClickHouse, month: BillingPeriod): Promise<Reconciliation> {
  const [posted] = await run(clickhouse, POSTED, { month });
  const isClosed = (posted?.entries ?? 0) > 0;
  const [billed, collected, [variance], notCounted, unsettled] = await Promise.all([
    run(clickhouse, BILLED, { month, isClosed }),
    run(clickhouse, COLLECTED, { month }),
    run(clickhouse, VARIANCE, { month }),
    run(clickhouse, NOT_COUNTED, { month }),
    run(clickhouse, UNSETTLED, { month }),
  ]);
  const rateVariance = variance?.total ?? 0n;
  const pairs = compare(billed, collected, rateVariance);
  const open = new Set(unsettled.map(({ source }) => source));
  const residuals = [
    ...pairs
      .filter((pair) => pair.attributed !== pair.billed)
      .map((pair) => ({
        class: classOf(pair, open),
        what: [pair.service || pair.source, pair.recordType, pair.account].filter(Boolean).join(", "),
        picos: pair.attributed - pair.billed,
      })),
    ...notCounted.map(({ kind, reason, total }) => ({
      class:
        kind === "fallback"
          ? ("fallback" as const)
          : reason === "untagged"
            ? ("untagged" as const)
            : ("no owner" as const),
      what: reason,
      picos: total,
    })),
  ];
  const sizeOfBill = pairs.reduce((sum, pair) => sum + size(pair.billed), 0n);
  const missed = residuals.reduce((sum, residual) => sum + size(residual.picos), 0n);
  const total = (of: "billed" | "attributed"): string =>
    formatPicos(pairs.reduce((sum, pair) => sum + pair[of], 0n));
  return {
    month,
    hasBill: billed.length > 0,
    isClosed,
    corrected: formatPicos(posted?.corrected ?? 0n),
    billed: total("billed"),
    attributed: total("attributed"),
    accuracyPercent: percent(sizeOfBill - missed, sizeOfBill),
    kubernetes: {
      clusters: collected
        .filter(({ source }) => source === KUBERNETES_SOURCE)
        .map(({ scope, total: amount }) => ({ cluster: scope, atListPrice: formatPicos(amount) })),
      rateVariance: formatPicos(rateVariance),
    },
    rows: pairs.map(({ billed: before, attributed: after, ...pair }) => ({
      ...pair,
      billed: formatPicos(before),
      attributed: formatPicos(after),
      difference: formatPicos(after - before),
    })),
    residuals: residuals.map(({ picos: amount, ...residual }) => ({
      ...residual,
      amount: formatPicos(amount),
    })),
  };
}

interface Pair {
  readonly source: string;
  readonly account: string;
  readonly service: string;
  readonly recordType: string;
  readonly billed: bigint;
  readonly attributed: bigint;
}

function compare(
  billed: z.infer<(typeof BILLED)["row"]>[],
  collected: z.infer<(typeof COLLECTED)["row"]>[],
  rateVariance: bigint,
): Pair[] {
  const pairs = new Map<string, Pair>();
  const add = (
    place: Omit<Pair, "billed" | "attributed">,
    amounts: Pick<Pair, "billed" | "attributed">,
  ): void => {
    const key = JSON.stringify(place);
    const before = pairs.get(key);
    pairs.set(key, {
      ...place,
      billed: (before?.billed ?? 0n) + amounts.billed,
      attributed: (before?.attributed ?? 0n) + amounts.attributed,
    });
  };
  const kubernetes = { source: KUBERNETES_SOURCE, account: "", service: "Kubernetes", recordType: "" };
  const placeOf = (
    source: string,
    account: string,
    service: string,
    recordType: string,
  ): typeof kubernetes =>
    source === KUBERNETES_SOURCE ? kubernetes : { source, account, service, recordType };
  for (const { source, account, what, record_type, total } of billed)
    add(placeOf(source, account, what, record_type), { billed: total, attributed: 0n });
  for (const { source, scope, what, record_type, total } of collected)
    add(placeOf(source, scope, what, record_type), { billed: 0n, attributed: total });
  if (rateVariance !== 0n) add(kubernetes, { billed: 0n, attributed: rateVariance });
  return [...pairs.values()];
}

function classOf(
  { source, recordType, billed, attributed }: Pair,
  unsettled: ReadonlySet<string>,
): ResidualClass {
  if (unsettled.has(source)) return "timing";
  if (source === KUBERNETES_SOURCE) return "price basis";
  if (recordType !== "" && recordType !== "Usage") return "credit or tax";
  return attributed > billed ? "overlap" : "unknown";
}

function size(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}

/** Rounded down, never below zero: 94.999 % is not 95. `0.00` of nothing. */
function percent(part: bigint, whole: bigint): string {
  if (whole <= 0n || part <= 0n) return "0.00";
  const hundredths = (part * 10_000n) / whole;
  return `${hundredths / 100n}.${(hundredths % 100n).toString().padStart(2, "0")}`;
}
