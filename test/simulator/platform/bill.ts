import { DAY_MS, HOUR_MS, startOf, weekdayFactor } from "./clock.js";
import { noise } from "./random.js";
import type { PlatformRegistry } from "./registry.js";

export interface BillLine {
  readonly day: string;
  readonly service: string;
  readonly usageType: string;
  readonly recordType: string;
  /** Value of the `team` tag; empty when untagged. */
  readonly teamTag: string;
  /** In units of 10⁻¹⁰ dollars. */
  readonly unblended: bigint;
  /** After discounts and amortisation; for these services a little below unblended. */
  readonly netAmortized: bigint;
  readonly usageQuantity: number;
}

export const S3_SERVICE = "Amazon Simple Storage Service";

/** Until so long after its end AWS says that a day is estimated, and restates it once. */
const ESTIMATED_MS = 72 * HOUR_MS;

export function isEstimated(day: string, asOfMs: number): boolean {
  return asOfMs < startOf(day) + DAY_MS + ESTIMATED_MS;
}

const S3_USAGE: readonly [string, number][] = [
  ["TimedStorage-ByteHrs", 0.72],
  ["TimedStorage-GlacierByteHrs", 0.08],
  ["Requests-Tier1", 0.12],
  ["DataTransfer-Out-Bytes", 0.08],
];

/** Every line of the bill for a day that has ended; the running day has none yet. */
export function billOf(seed: number, registry: PlatformRegistry, day: string, asOfMs: number): BillLine[] {
  if (asOfMs < startOf(day) + DAY_MS) return [];
  const restated = isEstimated(day, asOfMs) ? 0.97 : 1;
  return [...storageLines(seed, registry, day, restated), ...otherLines(seed, day)];
}

function storageLines(seed: number, registry: PlatformRegistry, day: string, restated: number): BillLine[] {
  const lines = new Map<string, BillLine>();
  for (const bucket of registry.buckets) {
    const prefix = bucket.region === "eu-west-1" ? "EU" : "USE1";
    for (const [usage, share] of S3_USAGE) {
      const usd = bucket.dailyUsd * share * restated * noise(0.05, seed, "s3", day, bucket.name, usage);
      const line = billLine(day, S3_SERVICE, `${prefix}-${usage}`, bucket.teamTag ?? "", usd);
      const key = `${line.teamTag}/${line.usageType}`;
      const same = lines.get(key);
      lines.set(key, same ? merge(same, line) : line);
    }
  }
  return [...lines.values()];
}

function otherLines(seed: number, day: string): BillLine[] {
  const around = (service: string, usageType: string, usd: number, recordType = "Usage"): BillLine => ({
    ...billLine(
      day,
      service,
      usageType,
      "",
      usd * weekdayFactor(day) * noise(0.05, seed, "bill", day, usageType),
    ),
    recordType,
  });
  return [
    around("Amazon Elastic Compute Cloud - Compute", "EU-BoxUsage:m6i.4xlarge", 3900),
    around("Amazon Elastic Compute Cloud - Compute", "USE1-BoxUsage:g5.12xlarge", 2600),
    around("EC2 - Other", "EU-EBS:VolumeUsage.gp3", 95),
    around("EC2 - Other", "EU-NatGateway-Bytes", 70),
    around("EC2 - Other", "EU-DataTransfer-Regional-Bytes", 44),
    around("Amazon Elastic Container Service for Kubernetes", "EU-AmazonEKS-Hours:perCluster", 7.2),
    around("Amazon Relational Database Service", "EU-InstanceUsage:db.r6g.large", 12),
    around("AWS Support (Business)", "Dollar", 180, "Support"),
    around("Tax", "Tax", 310, "Tax"),
  ];
}

function billLine(day: string, service: string, usageType: string, teamTag: string, usd: number): BillLine {
  const unblended = BigInt(Math.round(usd * 1e10));
  return {
    day,
    service,
    usageType,
    recordType: "Usage",
    teamTag,
    unblended,
    netAmortized: (unblended * 94n) / 100n,
    usageQuantity: Math.round(usd * 1000) / 10,
  };
}

function merge(a: BillLine, b: BillLine): BillLine {
  return {
    ...a,
    unblended: a.unblended + b.unblended,
    netAmortized: a.netAmortized + b.netAmortized,
    usageQuantity: a.usageQuantity + b.usageQuantity,
  };
}
