import {
  CloudWatchClient,
  GetMetricDataCommand,
  type CloudWatchClientConfig,
  type MetricDataResult,
} from "@aws-sdk/client-cloudwatch";
import { asReadingError } from "@apportion/aws/client";
import type { AwsConfig } from "@apportion/aws/config";
import { addDays, dayOf, type Day } from "@apportion/domain/period";

/** Storage classes as CloudWatch names them: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html */
export const STORAGE_CLASSES = [
  "StandardStorage",
  "StandardIAStorage",
  "OneZoneIAStorage",
  "IntelligentTieringFAStorage",
  "IntelligentTieringIAStorage",
  "GlacierInstantRetrievalStorage",
  "GlacierStorage",
  "DeepArchiveStorage",
] as const;

const DAY_SECONDS = 86_400;
/** CloudWatch has a day's sizes on the next one, at some hour; what is older than this is not known. */
const LATE_DAYS = 2;

export interface StoredBytes {
  readonly storageClass: string;
  readonly bytes: number;
  /** The day on which so much was stored. */
  readonly day: Day;
}

export interface BucketSizes {
  /** Bytes stored by storage class on the last day that is known up to this one; classes without any are absent. @throws ReadingError */
  sizesOf(bucket: string, region: string, day: Day, signal: AbortSignal): Promise<readonly StoredBytes[]>;
}

type Settings = Pick<CloudWatchClientConfig, "maxAttempts" | "requestHandler" | "credentials">;

/** CloudWatch's daily BucketSizeBytes. A bucket's metrics lie in its own region. */
export function createBucketSizes(config: AwsConfig, settings: Settings): BucketSizes {
  const clients = new Map<string, CloudWatchClient>();
  const clientOf = (region: string): CloudWatchClient => {
    const known = clients.get(region);
    const client =
      known ??
      new CloudWatchClient({
        ...settings,
        region,
        ...(config.cloudWatchEndpoint && { endpoint: config.cloudWatchEndpoint }),
      });
    clients.set(region, client);
    return client;
  };
  return {
    async sizesOf(bucket, region, day, signal) {
      const command = new GetMetricDataCommand({
        StartTime: new Date(addDays(day, -LATE_DAYS)),
        EndTime: new Date(addDays(day, 1)),
        MetricDataQueries: STORAGE_CLASSES.map((storageClass, index) => ({
          Id: `m${index}`,
          Label: storageClass,
          MetricStat: {
            Metric: {
              Namespace: "AWS/S3",
              MetricName: "BucketSizeBytes",
              Dimensions: [
                { Name: "BucketName", Value: bucket },
                { Name: "StorageType", Value: storageClass },
              ],
            },
            Period: DAY_SECONDS,
            Stat: "Average",
          },
        })),
      });
      const answer = await asReadingError(`CloudWatch GetMetricData of ${bucket}`, signal, () =>
        clientOf(region).send(command, { abortSignal: signal }),
      );
      return newestSizes(answer.MetricDataResults ?? []);
    },
  };
}

/** The newest value of each class, with its day. */
export function newestSizes(
  results: readonly Pick<MetricDataResult, "Id" | "Timestamps" | "Values">[],
): StoredBytes[] {
  return results.flatMap(({ Id, Timestamps = [], Values = [] }) => {
    const storageClass = STORAGE_CLASSES[Number(Id?.slice(1))];
    const newest = Timestamps.map((at, index) => ({ at, bytes: Values[index] })).toSorted(
      (a, b) => b.at.getTime() - a.at.getTime(),
    )[0];
    if (storageClass === undefined || newest?.bytes === undefined) return [];
    return [{ storageClass, bytes: newest.bytes, day: dayOf(newest.at) }];
  });
}
