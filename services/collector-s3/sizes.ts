import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { asReadingError, clientSettings } from "@apportion/aws/client";
import type { AwsConfig } from "@apportion/aws/config";
import type { ChargePeriod } from "@apportion/domain/period";

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

export interface BucketSizes {
  /** Bytes stored by storage class on the day; classes without any are absent. @throws ReadingError */
  sizesOf(
    bucket: string,
    region: string,
    period: ChargePeriod,
    signal: AbortSignal,
  ): Promise<readonly { readonly storageClass: string; readonly bytes: number }[]>;
}

/** CloudWatch's daily BucketSizeBytes. A bucket's metrics lie in its own region. */
export function createBucketSizes(config: AwsConfig): BucketSizes {
  const clients = new Map<string, CloudWatchClient>();
  const clientOf = (region: string): CloudWatchClient => {
    const known = clients.get(region);
    const client =
      known ??
      new CloudWatchClient({
        ...clientSettings(config),
        region,
        ...(config.cloudWatchEndpoint && { endpoint: config.cloudWatchEndpoint }),
      });
    clients.set(region, client);
    return client;
  };
  return {
    async sizesOf(bucket, region, { start, end }, signal) {
      const command = new GetMetricDataCommand({
        StartTime: new Date(start),
        EndTime: new Date(end),
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
      return (answer.MetricDataResults ?? []).flatMap(({ Id, Values }) => {
        const storageClass = STORAGE_CLASSES[Number(Id?.slice(1))];
        const bytes = Values?.[0];
        return storageClass === undefined || bytes === undefined ? [] : [{ storageClass, bytes }];
      });
    },
  };
}
