import type { BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { EDITIONS_SQL, invoiceNumberSql } from "./invoice-number.js";
import { IS_SPLIT, leftOverSql } from "./left-over.js";
import { lineNameSql } from "./line-name.js";

/**
 * FOCUS, the FinOps Open Cost and Usage Specification (https://focus.finops.org), as SQL over what counts of a month. Columns,
 * allowed values and the allocation columns follow the specification's Cost and Usage, Billing Period and Invoice Detail datasets.
 */
export type FocusVersion = "1.2" | "1.4";
export type FocusDataset = "cost-and-usage" | "billing-period" | "invoice-detail";

export interface FocusExport {
  readonly month: BillingPeriod;
  readonly version: FocusVersion;
  readonly dataset: FocusDataset;
  /** ISO 4217. */
  readonly currency: string;
  /** Account that pays the provider's bill. */
  readonly billingAccountId: string;
  /** Who invoices the teams; absent where nobody does: then nothing is billed, and `BilledCost` is 0. */
  readonly issuer?: string;
  /** Names of shared services. */
  readonly registry: Pick<Registry, "sharedServices">;
}

/** Who hosts and publishes what is charged. Who invoices the teams, where somebody does, is also from whom they have it. */
const PROVIDER = "AWS";

/** The statement, without `FORMAT`; its parameters are bound. */
export function focusQuery(options: FocusExport): {
  query: string;
  params: Record<string, string | string[]>;
} {
  const { month, currency, billingAccountId, issuer, registry } = options;
  const params = {
    month,
    currency,
    account: billingAccountId,
    issuer: issuer ?? PROVIDER,
    serviceIds: registry.sharedServices.map(({ id }) => id),
    serviceNames: registry.sharedServices.map(({ name }) => name),
  };
  switch (options.dataset) {
    case "cost-and-usage":
      return { query: costAndUsage(options), params };
    case "billing-period":
      return { query: BILLING_PERIOD, params };
    case "invoice-detail":
      return { query: INVOICE_DETAIL, params };
  }
}

/** A spreadsheet takes a cell that begins so for a formula; names come from clusters and tags. */
function text(expression: string): string {
  return `if(match(${expression}, '^[=+@\\\\t\\\\r\\\\n-]'), concat('''', ${expression}), ${expression})`;
}

const NOTHING = "CAST(NULL, 'Nullable(String)')";
const START = "concat({month:String}, '-01T00:00:00Z')";
const END = "concat(toString(addMonths(toDate(concat({month:String}, '-01')), 1)), 'T00:00:00Z')";
const instant = (expression: string): string => `formatDateTime(${expression}, '%Y-%m-%dT%H:%i:%SZ', 'UTC')`;

/**
 * What a charge is for. A name has one category and one subcategory wherever it occurs, so both follow the name; S3 and the network
 * have names of their own beside those of the bill's services, and volumes and load balancers beside the cluster's machines.
 */
const SERVICE_NAME = `multiIf(
    pool NOT IN ('', 'corporate', 'unallocated', 'unused-commitment'), pool,
    line_category = 'object-storage', 'S3 storage',
    line_category = 'network', 'AWS network',
    line_category = 'persistent-volume', 'Kubernetes volumes',
    line_category = 'load-balancer', 'Kubernetes load balancers',
    line_category IN ('cpu', 'gpu', 'memory', 'rate-variance') OR startsWith(line_category, 'idle'), 'Kubernetes',
    service != '', service, 'AWS')`;
const IS_COMPUTE = "(service_name = 'Kubernetes' OR match(service_name, '^(idle|system)/'))";
const SERVICE_CATEGORY = `multiIf(${IS_COMPUTE}, 'Compute',
    service_name IN ('S3 storage', 'Kubernetes volumes'), 'Storage',
    service_name IN ('AWS network', 'Kubernetes load balancers'), 'Networking', 'Other')`;
const SERVICE_SUBCATEGORY = `multiIf(${IS_COMPUTE}, 'Containers',
    service_name = 'Kubernetes volumes', 'Block Storage', service_name = 'S3 storage', 'Object Storage',
    service_name = 'Kubernetes load balancers', 'Application Networking', service_name = 'AWS network', 'Network Connectivity',
    'Other (Other)')`;

/**
 * From the record type that the bill gave. Support is used by who has it. What is left of a commitment in amortized cost is use that
 * did not happen, and no purchase: that has no effective cost. Company cost of which only the sum was posted, as in corrections, and
 * refunds are adjustments. So are shares of tax and credits where nobody invoices the teams: their effective cost would have to be what
 * is billed, which is nothing; and what people moved. `x_RecordType` says of each what it is on the bill.
 */
const chargeCategory = (issuer: string | undefined): string => `multiIf(
    record_type IN ('Tax', 'Credit'), ${issuer === undefined ? "'Adjustment'" : "record_type"},
    record_type = 'Fee', 'Purchase', record_type = 'Support', 'Usage',
    line_category IN ('corporate', 'adjustment'), 'Adjustment', 'Usage')`;

/** Splits that follow no quantity but a share: given by the policy, blended of meters, or end to end through other services. */
const IS_RATIO = "(method IN ('fixed', 'even') OR between_services != '' OR position(meter, '%') != 0)";

/**
 * Lines of the current runs with their end-to-end ratios, and corrections, decisions and adjustments that were posted into the month; one of the month
 * itself corrects no other. The ratios of a split
 * (a pool's cost of one day, source, category and record type) have 12 places; what rounding leaves goes to the largest, so they add up to 1. Where what nobody
 * owns of a pool was moved to the unallocated pool and spread, the split is of what is left, and that part is a split of its own. What is billed of
 * lines, where somebody bills, adds up to what was posted, in cents: {@link leftOverSql}.
 */
const charges = (issuer: string | undefined): string => `
  SELECT
    toString(charge_day) AS day_start, toString(charge_day + 1) AS day_end, '' AS correction_of, 'statement' AS journal_kind,
    owner_kind, team_id, line_category, cluster, namespace, node_pool, service, record_type, label, pool, policy, method, line_reason, meter,
    between_services, line_amount, ${issuer === undefined ? "toDecimal256(0, 12)" : "line_amount + left_over"} AS billed_amount, usage_quantity, is_split,
    concat(toString(charge_day), '/', pool, '/', source, '/', scope, '/', category, if(record_type = '', '', concat('/', record_type))) AS origin_id, origin_cost,
    if(place = 1, raw_ratio + 1 - sum(raw_ratio) OVER origin, raw_ratio) AS ratio,
    (SELECT any(journal_id) FROM journals WHERE kind = 'statement' AND billing_period = {month:String}) AS journal
  FROM
  (
    SELECT *, ${IS_SPLIT} AS is_split, category AS line_category, reason AS line_reason,
      toDecimal256(amount, 12) AS line_amount,
      sum(toDecimal256(driver_quantity, 12)) OVER (PARTITION BY charge_day, pool, source, scope, category, record_type) AS taken,
      if(is_split, toDecimal256(driver_quantity, 12) / taken, toDecimal256(0, 12)) AS raw_ratio,
      if(is_split AND ${IS_RATIO}, toDecimal256(driver_quantity, 12) / driver_total, toDecimal256(driver_quantity, 12)) AS usage_quantity,
      sum(toDecimal256(amount, 12)) OVER (PARTITION BY charge_day, pool, source, scope, category, record_type) AS origin_cost,
      row_number() OVER (PARTITION BY charge_day, pool, source, scope, category, record_type ORDER BY driver_quantity DESC, line) AS place
    FROM current_allocations
    ${issuer === undefined ? "" : `LEFT JOIN (${leftOverSql(`${chargeCategory(issuer)} = 'Usage'`)}) AS carriers ON carrier_day = charge_day AND carrier_line = line`}
    WHERE billing_period = {month:String}
  )
  WINDOW origin AS (PARTITION BY charge_day, pool, source, scope, category, record_type)
  UNION ALL
  SELECT
    concat(corrects_period, '-01'), toString(addMonths(toDate(concat(corrects_period, '-01')), 1)), if(corrects_period = billing_period, '', corrects_period), toString(kind),
    account, team_id, category, '', '', '', '', '', '', pool, '', '', if(category = 'adjustment', said.reason, ''), '', '', toDecimal256(signed_amount, 12), ${issuer === undefined ? "toDecimal256(0, 12)" : "toDecimal256(signed_amount, 12)"},
    toDecimal256(0, 12), 0, '', toDecimal256(0, 12), toDecimal256(0, 12), posted_entries.journal_id
  FROM posted_entries INNER JOIN (SELECT DISTINCT journal_id, reason FROM journals) AS said ON said.journal_id = posted_entries.journal_id
  WHERE billing_period = {month:String} AND kind != 'statement' AND account != 'clearing'`;

/** Of the payer by the journal that charges it. */
const INVOICE = invoiceNumberSql("owner_kind", "team_id");

/** Why an amount was moved stands behind it. */
const WHAT = `if(line_category = 'adjustment', 'adjustment', ${lineNameSql("line_category", "pool")})`;

/** Conditional columns that a chargeback cannot know, there for readers that expect them. */
const UNKNOWN_COLUMNS = [
  "AvailabilityZone",
  "ConsumedQuantity",
  "ConsumedUnit",
  "ContractedUnitPrice",
  "ListUnitPrice",
  "PricingCategory",
  "RegionId",
  "RegionName",
  "ResourceId",
  "ResourceName",
  "ResourceType",
  "SkuId",
  "SkuMeter",
  "SkuPriceDetails",
  "SkuPriceId",
];

function costAndUsage({ version, issuer }: FocusExport): string {
  const amount = "toDecimal128(line_amount, 12)";
  const team = "if(owner_kind = 'team', team_id, owner_kind)";
  const category = chargeCategory(issuer);
  const isNew = version === "1.4";
  const split = (name: string): string => (isNew ? name : `x_${name}`);
  const unit = `multiIf(${IS_RATIO}, 'Ratio', method = 'proportional', {currency:String}, meter)`;
  const columns: [string, string][] = [
    ["BilledCost", "toDecimal128(billed_amount, 12)"],
    ["BillingAccountId", "{account:String}"],
    ["BillingAccountName", NOTHING],
    ["BillingCurrency", "{currency:String}"],
    ["BillingPeriodEnd", END],
    ["BillingPeriodStart", START],
    ["ChargeCategory", category],
    ["ChargeClass", "if(correction_of = '', NULL, 'Correction')"],
    [
      "ChargeDescription",
      text(
        `concat(if(correction_of = '', '', concat(if(journal_kind = 'decision', 'Decision on ', 'Correction of '), correction_of, ': ')), ${WHAT}, if(record_type = '', '', concat(': ', record_type)), if(namespace = '', '', concat(' in ', namespace)), if(line_reason = '', '', concat(' (', line_reason, ')')))`,
      ),
    ],
    [
      "ChargeFrequency",
      `multiIf(line_category = 'adjustment', 'One-Time', ${category} = 'Usage', 'Usage-Based', 'Recurring')`,
    ],
    ["ChargePeriodEnd", "concat(day_end, 'T00:00:00Z')"],
    ["ChargePeriodStart", "concat(day_start, 'T00:00:00Z')"],
    ["ContractedCost", amount],
    ["EffectiveCost", amount],
    ...(isNew
      ? ([["HostProviderName", `'${PROVIDER}'`]] as [string, string][])
      : ([
          ["ProviderName", "{issuer:String}"],
          ["PublisherName", `'${PROVIDER}'`],
        ] as [string, string][])),
    // Once the month is posted, and where its statements are invoices.
    ["InvoiceId", issuer === undefined ? NOTHING : `if(edition = 0, NULL, ${INVOICE})`],
    ["InvoiceIssuerName", "{issuer:String}"],
    ["ListCost", amount],
    ["PricingQuantity", NOTHING],
    ["PricingUnit", NOTHING],
    ["ServiceCategory", SERVICE_CATEGORY],
    ["ServiceName", text("service_name")],
    ...(isNew ? ([["ServiceProviderName", "{issuer:String}"]] as [string, string][]) : []),
    ["ServiceSubcategory", SERVICE_SUBCATEGORY],
    ["SubAccountId", team],
    ["SubAccountName", team],
    ["SubAccountType", "if(owner_kind = 'team', 'Team', 'Pool')"],
    [
      "Tags",
      "toJSONString(mapFilter((k, v) -> v != '', map('team', team_id, 'cluster', cluster, 'namespace', namespace, 'node_pool', node_pool, 'label', label)))",
    ],
    [
      split("AllocatedMethodId"),
      "if(is_split, concat(pool, '@', policy, '/', method, if(between_services = '', '', concat('/', between_services))), NULL)",
    ],
    [
      split("AllocatedMethodDetails"),
      `if(is_split, concat('{"Elements":[{"AllocatedRatio":', toString(ratio), ',"UsageUnit":', toJSONString(${unit}), ',"UsageQuantity":', toString(usage_quantity), '}]}'), NULL)`,
    ],
    // Null for the remainder that no team takes.
    [split("AllocatedResourceId"), "if(is_split AND owner_kind = 'team', team_id, NULL)"],
    [split("AllocatedResourceName"), "if(is_split AND owner_kind = 'team', team_id, NULL)"],
    ...UNKNOWN_COLUMNS.map((name): [string, string] => [name, NOTHING]),
    ["x_RecordType", "nullIf(record_type, '')"],
    ["x_SplitOriginId", "if(is_split, origin_id, NULL)"],
    ["x_SplitOriginCost", "if(is_split, toDecimal128(origin_cost, 12), NULL)"],
  ];
  const list = columns
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, expression]) => `${expression} AS ${name}`);
  return `SELECT ${list.join(",\n  ")}
FROM (SELECT *, ${SERVICE_NAME} AS service_name FROM (${charges(issuer)})) AS charges
LEFT JOIN (${EDITIONS_SQL}) AS editions
  ON editions.journal_id = charges.journal AND editions.about_period = if(charges.correction_of = '', {month:String}, charges.correction_of)
ORDER BY day_start, origin_id, owner_kind, team_id, line_category, namespace, service, label`;
}

const BILLING_PERIOD = `SELECT
  ${START} AS BillingPeriodStart, ${END} AS BillingPeriodEnd,
  if((SELECT count() FROM journals WHERE kind = 'statement' AND billing_period = {month:String}) > 0, 'Closed', 'Open') AS BillingPeriodStatus,
  ${START} AS BillingPeriodCreated,
  ${instant("toDateTime((SELECT max(as_of) FROM current_runs WHERE billing_period = {month:String}), 'UTC')")} AS BillingPeriodLastUpdated,
  {issuer:String} AS InvoiceIssuerName`;

/**
 * What each team pays by each journal of the month: its statement, with the tax in it apart (as the specification wants it; it may be
 * rounded by itself, the rest is what was posted less that), and the corrections that were posted into it.
 */
const INVOICE_DETAIL = `WITH
  entries AS (
    SELECT journal_id, kind, corrects_period, if(corrects_period = '', billing_period, corrects_period) AS about_period, posted_at, account AS owner_kind, team_id, if(account = 'team', team_id, account) AS payer,
      sum(signed_amount) AS posted
    FROM posted_entries WHERE billing_period = {month:String} AND account != 'clearing'
    GROUP BY journal_id, kind, corrects_period, about_period, posted_at, owner_kind, team_id
  ),
  taxes AS (
    SELECT owner_kind, team_id, round(sum(toDecimal256(amount, 12)), 2) AS tax
    FROM current_allocations WHERE billing_period = {month:String} AND record_type = 'Tax' GROUP BY owner_kind, team_id
  ),
  editions AS (${EDITIONS_SQL}),
  statements AS (
    SELECT DISTINCT billing_period AS about_period, account AS owner_kind, team_id, 1 AS edition, ${invoiceNumberSql("owner_kind", "team_id")} AS number
    FROM posted_entries WHERE kind = 'statement' AND account != 'clearing'
  ),
  charges AS (
    SELECT *, kind = 'statement' AS is_statement, ${invoiceNumberSql("owner_kind", "team_id")} AS invoice, toDecimal128(if(is_statement, tax, 0), 2) AS tax_posted,
      arrayJoin(if(is_statement, ['Usage', 'Tax'], ['Adjustment'])) AS category,
      if(category = 'Tax', tax_posted, toDecimal128(posted, 2) - tax_posted) AS cost
    FROM entries LEFT JOIN taxes USING (owner_kind, team_id) INNER JOIN editions USING (journal_id, about_period)
  )
SELECT
  toDecimal128(cost, 2) AS BilledCost, {account:String} AS BillingAccountId, {currency:String} AS BillingCurrency,
  ${END} AS BillingPeriodEnd, ${START} AS BillingPeriodStart, category AS ChargeCategory,
  ${instant("toDateTime(posted_at, 'UTC')")} AS InvoiceDetailCreated,
  if(is_statement, concat(if(category = 'Tax', 'Tax on the statement of ', 'Statement of '), payer),
    concat(multiIf(kind = 'adjustment', 'Adjustment of ', kind = 'decision', 'Decision on ', 'Correction of '), corrects_period, ', ', payer)) AS InvoiceDetailDescription,
  ${NOTHING} AS InvoiceDetailGrain, concat(invoice, multiIf(category = 'Tax', '/tax', kind = 'adjustment', concat('/', corrects_period), '')) AS InvoiceDetailId,
  ${instant("toDateTime(posted_at, 'UTC')")} AS InvoiceDetailLastUpdated, invoice AS InvoiceId,
  ${instant("toDateTime(posted_at, 'UTC')")} AS InvoiceIssueDate, 'Issued' AS InvoiceIssueStatus, {issuer:String} AS InvoiceIssuerName,
  ${NOTHING} AS PaymentDueDate, 'Internal transfer' AS PaymentTerms, if(is_statement, invoice, nullIf(statements.number, '')) AS ReferenceInvoiceId
FROM charges
LEFT JOIN statements ON statements.about_period = charges.about_period AND statements.owner_kind = charges.owner_kind AND statements.team_id = charges.team_id
WHERE cost != 0
ORDER BY posted_at, payer, charges.about_period, category DESC`;
