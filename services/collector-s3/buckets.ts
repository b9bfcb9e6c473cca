import { GetBucketTaggingCommand, ListBucketsCommand, S3Client, type Bucket } from "@aws-sdk/client-s3";
import type { BucketFactRow } from "@apportion/domain/facts";
import { ReadingError } from "@apportion/readings/source";
import { asReadingError, clientSettings } from "./aws.js";
import type { S3Config } from "./config.js";

export interface BucketClient {
  /** All buckets of the account as they are now, with their team tag. @throws ReadingError */
  inventory(signal: AbortSignal): Promise<BucketFactRow[]>;
}

const PAGE_BUCKETS = 1_000;
const PAGES_MAX = 100;
/** Buckets whose tags are asked for at once. */
const AT_ONCE = 8;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html and API_GetBucketTagging.html */
export function createBucketClient(config: S3Config): BucketClient {
  const client = new S3Client({
    ...clientSettings(config),
    region: config.region,
    followRegionRedirects: true,
    ...(config.s3Endpoint && { endpoint: config.s3Endpoint, forcePathStyle: true }),
  });
  return {
    async inventory(signal) {
      const buckets = await listBuckets(client, signal);
      const rows: BucketFactRow[] = [];
      for (let start = 0; start < buckets.length; start += AT_ONCE)
        rows.push(
          ...(await Promise.all(
            buckets
              .slice(start, start + AT_ONCE)
              .map((bucket) => describe(client, bucket, config.teamTag, signal)),
          )),
        );
      return rows;
    },
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

async function describe(
  client: S3Client,
  bucket: Bucket,
  teamTag: string,
  signal: AbortSignal,
): Promise<BucketFactRow> {
  const name = bucket.Name;
  if (name === undefined) throw new ReadingError("malformed", "S3 lists a bucket without a name");
  return {
    bucket: name,
    region: bucket.BucketRegion ?? "",
    team_label: await asReadingError(`S3 GetBucketTagging of ${name}`, signal, () =>
      teamOf(client, name, teamTag, signal),
    ),
  };
}

async function teamOf(
  client: S3Client,
  bucket: string,
  teamTag: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    const { TagSet } = await client.send(new GetBucketTaggingCommand({ Bucket: bucket }), {
      abortSignal: signal,
    });
    return TagSet?.find(({ Key }) => Key === teamTag)?.Value ?? "";
  } catch (error) {
    // Untagged, or deleted since it was listed.
    if (["NoSuchTagSet", "NoSuchBucket"].includes((error as Error).name)) return "";
    throw error;
  }
}
