import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { NO_ACCOUNT } from "@apportion/domain/tenancy";

const picos = z.string().transform(parsePicos);

/** What the bill says of a month, and how much of it is attributed: the figures of `apportion reconcile`. Amounts in picos. */
export interface BillOfMonth {
  readonly billed: bigint;
  /** What differs from the bill day by day, has no owner, or was split by a fallback. */
  readonly missed: bigint;
  readonly accuracyPercent: string;
  /** Invoice − purchases + amortisation + discounts: the bill that is charged, beyond cents. */
  readonly invoice: bigint;
  readonly purchases: bigint;
  readonly amortisation: bigint;
  readonly discounts: bigint;
  readonly unusedCommitment: bigint;
}

const BILL = defineQuery({
  name: "books.billOfMonth",
  sql: `SELECT any(accuracy.billed) AS billed, any(accuracy.missed) AS missed, any(toDecimalString(accuracy.accuracy_percent, 2)) AS percent,
  sum(invoices.invoice) AS invoice, sum(invoices.purchases) AS purchases, sum(invoices.amortisation) AS amortisation,
  sum(invoices.discounts) AS discounts, sum(invoices.unused_commitment) AS unused
FROM (SELECT billing_period, billed, missed, accuracy_percent FROM attribution_accuracy WHERE billing_period = {period:String}) AS accuracy
INNER JOIN (SELECT billing_period, invoice, purchases, amortisation, discounts, unused_commitment
  FROM invoice_to_charge WHERE billing_period = {period:String}) AS invoices USING (billing_period)
GROUP BY billing_period`,
  params: z.object({ period: z.string() }),
  row: z.object({
    billed: picos,
    missed: picos,
    percent: z.string(),
    invoice: picos,
    purchases: picos,
    amortisation: picos,
    discounts: picos,
    unused: picos,
  }),
});

/** Undefined where no bill of the month was read. */
export async function readBill(
  clickhouse: ClickHouse,
  period: BillingPeriod,
): Promise<BillOfMonth | undefined> {
  const [row] = await select(clickhouse, BILL, { period });
  if (!row) return undefined;
  const { percent, unused, ...amounts } = row;
  return { ...amounts, accuracyPercent: percent, unusedCommitment: unused };
}

const CLUSTERS_ON_NO_BILL = defineQuery({
  name: "books.clustersOnNoBill",
  sql: `SELECT cluster FROM cluster_accounts
WHERE billing_period = {period:String} AND account = '${NO_ACCOUNT}' ORDER BY cluster`,
  params: z.object({ period: z.string() }),
  row: z.object({ cluster: z.string() }),
});

/** Clusters at list price, because no bill has them: as allocation knows it, of a closed month as it was when it was closed. */
export async function readClustersOnNoBill(
  clickhouse: ClickHouse,
  period: BillingPeriod,
): Promise<readonly string[]> {
  return (await select(clickhouse, CLUSTERS_ON_NO_BILL, { period })).map(({ cluster }) => cluster);
}
