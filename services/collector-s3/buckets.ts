import {
  GetBucketLocationCommand,
  GetBucketTaggingCommand,
  ListBucketsCommand,
  S3Client,
  type Bucket,
} from "@aws-sdk/client-s3";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import type { BucketFactRow } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { asReadingError, clientSettings } from "@apportion/aws/client";
import type { AwsConfig } from "@apportion/aws/config";
import type { Day } from "@apportion/domain/period";
import { ReadingError } from "@apportion/readings/source";
import type { S3Config } from "./config.js";
import { createBucketSizes, type BucketSizes } from "./sizes.js";
import { foreignText } from "@apportion/runtime/foreign-text";

export interface BucketClient {
  /** All buckets of the account as they are now, with their team tag and, if configured, their last known sizes. @throws ReadingError */
  inventory(day: Day, signal: AbortSignal): Promise<BucketFactRow[]>;
}

const PAGE_BUCKETS = 1_000;
const PAGES_MAX = 100;
/** Buckets whose tags are asked for at once. */
const AT_ONCE = 8;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html and API_GetBucketTagging.html */
export function createBucketClient(aws: AwsConfig, config: S3Config, account: string): BucketClient {
  const settings = settingsOf(aws, config, config.roles[account]);
  const client = new S3Client({
    ...settings,
    region: config.region,
    followRegionRedirects: true,
    ...(aws.s3Endpoint && { endpoint: aws.s3Endpoint, forcePathStyle: true }),
  });
  const sizes = config.sizes ? createBucketSizes(aws, settings) : undefined;
  return {
    async inventory(day, signal) {
      const buckets = await listBuckets(client, signal);
      const rows: BucketFactRow[] = [];
      for (let start = 0; start < buckets.length; start += AT_ONCE)
        rows.push(
          ...(
            await Promise.all(
              buckets
                .slice(start, start + AT_ONCE)
                .map((bucket) => describe({ client, sizes, teamTag: aws.teamTag, day, signal }, bucket)),
            )
          ).flat(),
        );
      return rows;
    },
  };
}

/** S3 lists the buckets of the account that asks, so those of another are asked for in a role there. */
function settingsOf(aws: AwsConfig, { region }: S3Config, role: string | undefined) {
  const settings = clientSettings(aws);
  if (role === undefined) return settings;
  const { credentials, requestHandler } = settings;
  return {
    ...settings,
    credentials: fromTemporaryCredentials({
      ...(credentials && { masterCredentials: credentials }),
      params: { RoleArn: role, RoleSessionName: "apportion" },
      clientConfig: { region, requestHandler, ...(aws.stsEndpoint && { endpoint: aws.stsEndpoint }) },
    }),
  };
}

async function listBuckets(client: S3Client, signal: AbortSignal): Promise<Bucket[]> {
  const buckets: Bucket[] = [];
  let token: string | undefined;
  for (let page = 0; page === 0 || token !== undefined; page++) {
    if (page === PAGES_MAX)
      throw new ReadingError("malformed", "S3's pages of buckets do not come to an end");
    const command = new ListBucketsCommand({ MaxBuckets: PAGE_BUCKETS, ContinuationToken: token });
    const answer = await asReadingError("S3 ListBuckets", signal, () =>
      client.send(command, { abortSignal: signal }),
    );
    buckets.push(...(answer.Buckets ?? []));
    token = answer.ContinuationToken;
  }
  return buckets;
}

interface Inventory {
  readonly client: S3Client;
  readonly sizes: BucketSizes | undefined;
  readonly teamTag: string;
  readonly day: Day;
  readonly signal: AbortSignal;
}

/** A row for the bucket, or one for each storage class of which the size is known; none when it was deleted since it was listed. */
async function describe(
  { client, sizes, teamTag, day, signal }: Inventory,
  bucket: Bucket,
): Promise<BucketFactRow[]> {
  const name = bucket.Name;
  if (name === undefined) throw new ReadingError("malformed", "S3 lists a bucket without a name");
  const owner = await asReadingError(`S3 GetBucketTagging of ${foreignText(name)}`, signal, () =>
    ownerOf(client, name, teamTag, signal),
  );
  if (owner === undefined) return [];
  const region = bucket.BucketRegion ?? (await regionOf(client, name, signal));
  const row = { bucket: name, region, ...owner };
  const stored = region === "" || !sizes ? undefined : await sizes.storedIn(name, region, day, signal);
  if (!stored || stored.bytes.length === 0) return [row];
  return stored.bytes.map((each) => ({
    ...row,
    storage_class: each.storageClass,
    size_bytes: known(each.bytes),
    size_day: each.day,
    ...(stored.objects !== undefined && { objects: known(stored.objects) }),
  }));
}

/** A canonical row leaves "0" out, and what is absent is not known. */
function known(value: number): string {
  return value === 0 ? "0.0" : formatPicos(parsePicos(String(value)));
}

/** Not every S3 lists regions. No location is us-east-1, and `EU` is the oldest name of eu-west-1. Empty when it must not be read. */
async function regionOf(client: S3Client, bucket: string, signal: AbortSignal): Promise<string> {
  const command = new GetBucketLocationCommand({ Bucket: bucket });
  const answer = await asReadingError(`S3 GetBucketLocation of ${bucket}`, signal, () =>
    client.send(command, { abortSignal: signal }).catch((error: unknown) => {
      if (isDenied(error)) return undefined;
      throw error;
    }),
  );
  if (answer === undefined) return "";
  const { LocationConstraint } = answer;
  if (LocationConstraint === undefined) return "us-east-1";
  return LocationConstraint === "EU" ? "eu-west-1" : LocationConstraint;
}

/**
 * Its team tag, empty when it has none; undefined when the bucket was deleted since it was listed. A bucket whose policy lets nobody
 * look is listed all the same: it must not take the others with it.
 */
async function ownerOf(
  client: S3Client,
  bucket: string,
  teamTag: string,
  signal: AbortSignal,
): Promise<Pick<BucketFactRow, "team_label" | "tag_status"> | undefined> {
  try {
    const { TagSet } = await client.send(new GetBucketTaggingCommand({ Bucket: bucket }), {
      abortSignal: signal,
    });
    return { team_label: TagSet?.find(({ Key }) => Key === teamTag)?.Value ?? "" };
  } catch (error) {
    if ((error as Error).name === "NoSuchTagSet") return { team_label: "" };
    if ((error as Error).name === "NoSuchBucket") return undefined;
    if (isDenied(error)) return { team_label: "", tag_status: "unknown" };
    throw error;
  }
}

function isDenied(error: unknown): boolean {
  return (error as Error).name === "AccessDenied";
}
