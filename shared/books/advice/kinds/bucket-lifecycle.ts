import type { Day } from "@apportion/domain/period";
import type { EvidenceQuantity, Finding } from "../finding.js";
import type { CostHistory } from "../history.js";
import { shellWord } from "../paste.js";
import { BUCKETS_NAMED, bucketCosts } from "./bucket-costs.js";
import type { UnownedBucket } from "./unowned-buckets.js";

/** What the bill charged, in picos: for a GiB-month of S3 Standard and of Standard-IA, and for an object's transition. */
export interface StoragePrices {
  readonly standard: bigint;
  readonly infrequent: bigint;
  readonly transition: bigint;
}

/** A bucket of the inventory, with what it stores where CloudWatch tells that and the bill has prices for it. */
export interface StoredBucket extends UnownedBucket {
  readonly stored?: {
    /** In S3 Standard, in units of 10⁻¹² GiB. */
    readonly standardGib: bigint;
    /** In all classes together, in units of 10⁻¹². */
    readonly objects: bigint;
    readonly on: Day;
    readonly prices: StoragePrices;
  };
}

const ONE = 10n ** 12n;
/** What is smaller is billed as so much in Standard-IA, and a rule can leave it where it is: 128 KiB. */
const SMALL_BYTES = 131_072n;
const SMALL_PER_GIB = 2n ** 30n / SMALL_BYTES;
/** The fee of a transition is paid once, and has to come back within a year. */
const MONTHS = 12n;
/** A month of advice, of which the days of the window are a part. */
const MONTH_DAYS = 30n;

interface Rule {
  readonly bucket: StoredBucket;
  readonly gib: bigint;
  readonly objects: bigint;
  /** A month, in picos. */
  readonly saving: bigint;
}

/**
 * Buckets for which a rule to Standard-IA pays, by team tag: `(GiB in Standard − objects × 128 KiB) × (price of Standard − price of Standard-IA) − objects × price of a transition ÷ 12`
 * a month. Objects under 128 KiB are billed as 128 KiB there and left out: however the sizes are distributed, no more than objects × 128 KiB lies in them. The transition of all objects is
 * counted, spread over a year. Cash, at most: how often objects are read, which costs by the GiB there, is not known by bucket. Prices are those that the account paid in the region in
 * these days; where it paid none for Standard-IA or a transition, nothing is said.
 * Sources: the inventory's BucketSizeBytes and NumberOfObjects; `bill_facts` with the usage types TimedStorage-ByteHrs, TimedStorage-SIA-ByteHrs and Requests-Tier4
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/aws-usage-report-understand.html, https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html).
 * @param buckets of that account and tag
 * @param window the complete days, in order
 */
export function bucketLifecycle(
  history: CostHistory,
  buckets: readonly StoredBucket[],
  window: readonly Day[],
): Finding | undefined {
  const costs = bucketCosts(history);
  if (!costs) return undefined;
  const { subject, since, until } = costs;
  const rules = buckets.flatMap((bucket) => ruleOf(bucket, window[0] ?? since));
  const named = rules.toSorted((a, b) => (a.saving > b.saving ? -1 : 1)).slice(0, BUCKETS_NAMED);
  if (named.length === 0) return undefined;
  const saving = named.reduce((sum, rule) => sum + rule.saving, 0n);
  return {
    kind: "bucket-lifecycle",
    subject,
    since,
    until,
    quantities: named.flatMap(({ bucket: { bucket }, gib, objects }): EvidenceQuantity[] => [
      { what: `${bucket} in Standard beyond small objects`, picos: gib, unit: "GiB" },
      { what: bucket, picos: objects, unit: "objects" },
    ]),
    change: changeOf(named),
    cash: (saving * BigInt(window.length)) / MONTH_DAYS,
    freed: 0n,
    confidence: "low",
    because:
      "their objects are large enough that the rule pays within a year, fees counted; how often they are read is not measured: this is at most",
    risk: "What is read more than about once a month costs more there, and what is deleted within 30 days is billed for 30. The command replaces the bucket's other rules.",
  };
}

/** Nothing where it is not known, or does not pay. */
function ruleOf(bucket: StoredBucket, oldest: Day): Rule[] {
  const { stored } = bucket;
  if (!stored || stored.on < oldest || stored.objects <= 0n || stored.standardGib <= 0n) return [];
  const { standardGib, objects, prices } = stored;
  const small = objects / SMALL_PER_GIB;
  const gib = standardGib - small;
  const cheaper = prices.standard - prices.infrequent;
  if (gib <= 0n || cheaper <= 0n || prices.infrequent <= 0n || prices.transition <= 0n) return [];
  const saving = (gib * cheaper) / ONE - (objects * prices.transition) / ONE / MONTHS;
  return saving > 0n ? [{ bucket, gib, objects, saving }] : [];
}

const RULE = {
  Rules: [
    {
      ID: "infrequent-access",
      Status: "Enabled",
      Filter: { ObjectSizeGreaterThan: Number(SMALL_BYTES) },
      Transitions: [{ Days: 30, StorageClass: "STANDARD_IA" }],
    },
  ],
};

function changeOf(rules: readonly Rule[]): string {
  return [
    "# Replaces all rules of a bucket: look at get-bucket-lifecycle-configuration first, and add this one to them.",
    ...rules.map(
      ({ bucket: { bucket } }) =>
        `aws s3api put-bucket-lifecycle-configuration --bucket ${shellWord(bucket)} --lifecycle-configuration ${shellWord(JSON.stringify(RULE))}`,
    ),
  ].join("\n");
}
