import {
  CloudWatchClient,
  GetMetricDataCommand,
  type CloudWatchClientConfig,
  type MetricDataQuery,
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

export interface Stored {
  readonly bytes: readonly StoredBytes[];
  /** In all classes together; undefined where it is not known. */
  readonly objects: number | undefined;
}

export interface BucketSizes {
  /** Bytes stored by storage class on the last day that is known up to this one, classes without any are absent; and objects. @throws ReadingError */
  storedIn(bucket: string, region: string, day: Day, signal: AbortSignal): Promise<Stored>;
}

type Settings = Pick<CloudWatchClientConfig, "maxAttempts" | "requestHandler" | "credentials">;

const OBJECTS_ID = "objects";

/** CloudWatch's daily BucketSizeBytes and NumberOfObjects. A bucket's metrics lie in its own region. */
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
    async storedIn(bucket, region, day, signal) {
      const command = new GetMetricDataCommand({
        StartTime: new Date(addDays(day, -LATE_DAYS)),
        EndTime: new Date(addDays(day, 1)),
        MetricDataQueries: [
          ...STORAGE_CLASSES.map((storageClass, index) =>
            daily(bucket, `m${index}`, "BucketSizeBytes", storageClass),
          ),
          daily(bucket, OBJECTS_ID, "NumberOfObjects", "AllStorageTypes"),
        ],
      });
      const answer = await asReadingError(`CloudWatch GetMetricData of ${bucket}`, signal, () =>
        clientOf(region).send(command, { abortSignal: signal }),
      );
      const results = answer.MetricDataResults ?? [];
      return { bytes: newestSizes(results), objects: newestObjects(results) };
    },
  };
}

function daily(bucket: string, id: string, metric: string, storageType: string): MetricDataQuery {
  return {
    Id: id,
    Label: storageType,
    MetricStat: {
      Metric: {
        Namespace: "AWS/S3",
        MetricName: metric,
        Dimensions: [
          { Name: "BucketName", Value: bucket },
          { Name: "StorageType", Value: storageType },
        ],
      },
      Period: DAY_SECONDS,
      Stat: "Average",
    },
  };
}

type Results = readonly Pick<MetricDataResult, "Id" | "Timestamps" | "Values">[];

/** The newest value of each class, with its day. */
export function newestSizes(results: Results): StoredBytes[] {
  return results.flatMap((result) => {
    const storageClass = STORAGE_CLASSES[Number(result.Id?.slice(1))];
    const newest = newestOf(result);
    if (storageClass === undefined || newest?.value === undefined) return [];
    return [{ storageClass, bytes: newest.value, day: dayOf(newest.at) }];
  });
}

/** How many objects there are, whole: CloudWatch averages over the day. */
export function newestObjects(results: Results): number | undefined {
  const count = results.flatMap((result) =>
    result.Id === OBJECTS_ID ? (newestOf(result)?.value ?? []) : [],
  )[0];
  return count === undefined ? undefined : Math.round(count);
}

function newestOf({
  Timestamps = [],
  Values = [],
}: Results[number]): { readonly at: Date; readonly value: number | undefined } | undefined {
  return Timestamps.map((at, index) => ({ at, value: Values[index] })).toSorted(
    (a, b) => b.at.getTime() - a.at.getTime(),
  )[0];
}
