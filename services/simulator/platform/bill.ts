import { DAY_MS, HOUR_MS, startOf, weekdayFactor, type SimulatedClock } from "./clock.js";
import { networkUnitsOf, trafficFactor, unitsOfRegion } from "./network.js";
import { noise } from "./random.js";
import { tagOn, TEAMS, type PlatformRegistry, type SimulatedBucket } from "./registry.js";
import { stateOfWaste } from "./waste.js";

export const SIMULATED_ACCOUNT = "111122223333";
/** An account without clusters, whose costs lie on its own bill. */
export const LINKED_ACCOUNT = "444455556666";

export interface BillLine {
  readonly day: string;
  readonly account: string;
  /** Who ought to charge it, by the platform's own reckoning. */
  readonly owner: "s3" | "kubernetes" | "network" | "other";
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

const S3_SERVICE = "Amazon Simple Storage Service";

/** Until so long after its end a day is restated. */
const RESTATED_MS = 72 * HOUR_MS;
/** Day of the following month on which AWS makes the invoice. */
const INVOICE_DAY = 3;

/** Until the month's invoice is made, AWS says of each of its days that it is estimated, however old it is. */
export function isEstimated(day: string, asOfMs: number): boolean {
  const [year = 0, month = 0] = day.split("-").map(Number);
  return asOfMs < Date.UTC(year, month, INVOICE_DAY); // months count from 0 there, so this is the next one
}

/** What AWS makes of the storage of a day that it restates long after the month. */
const LATE_FACTOR = 1.25;

/** With which usage types of a region begin. */
export const BILL_PREFIX: Readonly<Record<string, string>> = { "eu-west-1": "EU", "us-east-1": "USE1" };

const S3_USAGE: readonly [[string, number], ...[string, number][]] = [
  ["TimedStorage-ByteHrs", 0.72],
  ["TimedStorage-GlacierByteHrs", 0.08],
  ["Requests-Tier1", 0.12],
  ["DataTransfer-Out-Bytes", 0.08],
];

/** Every line of the bills of both accounts for a day that has ended; the running day has none yet. */
export function billOf(
  seed: number,
  registry: PlatformRegistry,
  day: string,
  { asOfMs, lateDays }: SimulatedClock,
): BillLine[] {
  if (asOfMs < startOf(day) + DAY_MS) return [];
  const isYoung = asOfMs < startOf(day) + DAY_MS + RESTATED_MS;
  const restated = isYoung ? 0.97 : lateDays.has(day) ? LATE_FACTOR : 1;
  return [
    ...storageLines(seed, registry, day, restated),
    ...otherLines(seed, day, SIMULATED_ACCOUNT, ownLines(seed, registry, day)).flatMap((line) =>
      line.owner === "network" ? byRegion(seed, registry, line) : [line],
    ),
    ...otherLines(seed, day, LINKED_ACCOUNT, LINKED_LINES),
    ...otherLines(
      seed,
      day,
      SIMULATED_ACCOUNT,
      registry.waste.kinds.includes("bucket-lifecycle") ? COLD_LINES : [],
    ),
  ];
}

/** As large as the platform: network grows with the traffic that is planted, and nothing of a plan is unused where that is mended. */
function ownLines(seed: number, registry: PlatformRegistry, day: string): OtherLine[] {
  const size = registry.teams.length / TEAMS;
  const traffic = trafficFactor(seed, registry, day);
  const isUnused = stateOfWaste(registry.waste, "unused-commitment", day) === "planted";
  return OTHER_LINES.map((line) => ({
    ...line,
    usd: line.usd * size * (line.owner === "network" ? traffic : 1),
    ...(line.recordType === "SavingsPlanRecurringFee" && !isUnused && { amortizedShare: 0 }),
  }));
}

const BYTES_PER_GIB = 2 ** 30;
const SMALL_BYTES = 48 * 1024;

/** What a bucket stores in S3 Standard, by what it costs a month. */
export function storedIn(
  bucket: SimulatedBucket | undefined,
): { readonly bytes: number; readonly objects: number } | undefined {
  if (!bucket) return undefined;
  const [, share] = S3_USAGE[0];
  const bytes = Math.round(((bucket.dailyUsd * share * 30) / STANDARD_USD) * BYTES_PER_GIB);
  return { bytes, objects: Math.ceil(bytes / (bucket.objectBytes ?? SMALL_BYTES)) };
}

function storageLines(seed: number, registry: PlatformRegistry, day: string, restated: number): BillLine[] {
  const lines = new Map<string, BillLine>();
  for (const bucket of registry.buckets) {
    const prefix = BILL_PREFIX[bucket.region];
    for (const [usage, share] of S3_USAGE) {
      const usd = bucket.dailyUsd * share * restated * noise(0.05, seed, "s3", day, bucket.name, usage);
      const line = billLine(
        day,
        S3_SERVICE,
        `${prefix}-${usage}`,
        tagOn(bucket, day, registry.waste) ?? "",
        usd,
      );
      const key = `${line.teamTag}/${line.usageType}`;
      const same = lines.get(key);
      lines.set(key, same ? merge(same, line) : line);
    }
  }
  return [...lines.values()];
}

interface OtherLine {
  readonly owner: BillLine["owner"];
  readonly service: string;
  readonly usageType: string;
  readonly usd: number;
  readonly recordType?: string;
  readonly teamTag?: string;
  /** Part of it that amortized cost has, where that is not nearly all: of a savings plan's fee what nobody used, of its negation nothing. */
  readonly amortizedShare?: number;
  /** Dollars for one of what is counted, where the quantity matters. */
  readonly rate?: number;
}

const EC2 = "Amazon Elastic Compute Cloud - Compute";
const EC2_OTHER = "EC2 - Other";
const KUBERNETES_SERVICE = "Amazon Elastic Container Service for Kubernetes";

const OTHER_LINES: readonly OtherLine[] = [
  { owner: "kubernetes", service: EC2, usageType: "EU-BoxUsage:m6i.4xlarge", usd: 3900 },
  { owner: "kubernetes", service: EC2, usageType: "USE1-BoxUsage:g5.12xlarge", usd: 2600 },
  { owner: "kubernetes", service: EC2_OTHER, usageType: "EU-EBS:VolumeUsage.gp3", usd: 95 },
  { owner: "network", service: EC2_OTHER, usageType: "EU-NatGateway-Bytes", usd: 70, rate: 0.045 },
  { owner: "network", service: EC2_OTHER, usageType: "EU-NatGateway-Hours", usd: 3 },
  { owner: "network", service: EC2_OTHER, usageType: "EU-DataTransfer-Regional-Bytes", usd: 44, rate: 0.01 },
  {
    owner: "network",
    service: "AWS Data Transfer",
    usageType: "EU-DataTransfer-Out-Bytes",
    usd: 61,
    rate: 0.09,
  },
  { owner: "network", service: "AWS Data Transfer", usageType: "EU-USE1-AWS-Out-Bytes", usd: 18, rate: 0.02 },
  { owner: "other", service: EC2_OTHER, usageType: "EU-ElasticIP:IdleAddress", usd: 1.4 },
  { owner: "other", service: KUBERNETES_SERVICE, usageType: "EU-AmazonEKS-Hours:perCluster", usd: 7.2 },
  {
    owner: "other",
    service: "Amazon Relational Database Service",
    usageType: "EU-InstanceUsage:db.r6g.large",
    usd: 12,
  },
  {
    owner: "other",
    service: "Amazon SageMaker",
    usageType: "EU-Notebk:ml.t3.xlarge",
    usd: 26,
    teamTag: "search",
  },
  {
    owner: "other",
    service: "Savings Plans for AWS Compute usage",
    usageType: "ComputeSP:1yrNoUpfront",
    usd: 640,
    recordType: "SavingsPlanRecurringFee",
    amortizedShare: 0.03,
  },
  {
    owner: "other",
    service: EC2,
    usageType: "EU-SavingsPlanNegation",
    usd: -850,
    recordType: "SavingsPlanNegation",
    amortizedShare: 0,
  },
  { owner: "other", service: "AWS Support (Business)", usageType: "Dollar", usd: 180, recordType: "Support" },
  { owner: "other", service: "Tax", usageType: "Tax", usd: 310, recordType: "Tax" },
  { owner: "other", service: EC2, usageType: "Credit", usd: -55, recordType: "Credit" },
];

const LINKED_LINES: readonly OtherLine[] = [
  { owner: "s3", service: S3_SERVICE, usageType: "EU-TimedStorage-ByteHrs", usd: 8, teamTag: "maps" },
  { owner: "network", service: EC2_OTHER, usageType: "EU-NatGateway-Bytes", usd: 12, rate: 0.045 },
  {
    owner: "network",
    service: "AWS Data Transfer",
    usageType: "EU-DataTransfer-Out-Bytes",
    usd: 5,
    rate: 0.09,
  },
  { owner: "kubernetes", service: EC2, usageType: "EU-BoxUsage:c6i.large", usd: 30 },
  { owner: "other", service: "AmazonCloudWatch", usageType: "EU-CW:Requests", usd: 2 },
];

/** Somebody has moved some storage already: what that costs is known. */
const COLD_LINES: readonly OtherLine[] = [
  {
    owner: "s3",
    service: S3_SERVICE,
    usageType: "EU-TimedStorage-SIA-ByteHrs",
    usd: 2,
    teamTag: "search",
    rate: 0.005,
  },
  {
    owner: "s3",
    service: S3_SERVICE,
    usageType: "EU-Requests-Tier4",
    usd: 0.1,
    teamTag: "search",
    rate: 0.00001,
  },
];

/** What S3 Standard costs a GiB-month here, by its lines' quantities. */
const STANDARD_USD = 0.01;

function otherLines(seed: number, day: string, account: string, lines: readonly OtherLine[]): BillLine[] {
  return lines.map((other) => {
    const {
      owner,
      service,
      usageType,
      usd,
      recordType = "Usage",
      teamTag = "",
      rate,
      amortizedShare,
    } = other;
    const dollars = usd * weekdayFactor(day) * noise(0.05, seed, "bill", day, usageType);
    const line = billLine(day, service, usageType, teamTag, dollars);
    const usageQuantity =
      rate === undefined ? line.usageQuantity : Math.round((dollars / rate) * 1000) / 1000;
    const netAmortized =
      amortizedShare === undefined
        ? line.netAmortized
        : (line.unblended * BigInt(amortizedShare * 100)) / 100n;
    return { ...line, account, owner, recordType, usageQuantity, netAmortized };
  });
}

/** Network is billed where it happens: a line for each region, by what its clusters moved. */
function byRegion(seed: number, registry: PlatformRegistry, line: BillLine): BillLine[] {
  const units = networkUnitsOf(seed, registry, line.day);
  const [eu, us] = ["eu-west-1", "us-east-1"].map((region) => unitsOfRegion(registry, units, region));
  const share = (us ?? 0) / Math.max(1, (eu ?? 0) + (us ?? 0));
  const unblended = BigInt(Math.round(Number(line.unblended) * share));
  const netAmortized = BigInt(Math.round(Number(line.netAmortized) * share));
  const usageQuantity = Math.round(line.usageQuantity * share * 1000) / 1000;
  const usageType = line.usageType.startsWith("EU-USE1-")
    ? line.usageType.replace("EU-USE1-", "USE1-EU-")
    : line.usageType.replace("EU-", "USE1-");
  return [
    {
      ...line,
      unblended: line.unblended - unblended,
      netAmortized: line.netAmortized - netAmortized,
      usageQuantity: Math.round((line.usageQuantity - usageQuantity) * 1000) / 1000,
    },
    { ...line, usageType, unblended, netAmortized, usageQuantity },
  ];
}

function billLine(day: string, service: string, usageType: string, teamTag: string, usd: number): BillLine {
  const unblended = BigInt(Math.round(usd * 1e10));
  return {
    day,
    account: SIMULATED_ACCOUNT,
    owner: "s3",
    service,
    usageType,
    recordType: "Usage",
    teamTag,
    unblended,
    netAmortized: (unblended * 94n) / 100n,
    usageQuantity: Math.round(usd * 1000) / (1000 * STANDARD_USD),
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
