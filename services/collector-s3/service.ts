import { addDays, chargePeriodOf, dayOf } from "@apportion/domain/period";
import type { Platform } from "@apportion/platform/platform";
import { createCollector, type Collector } from "@apportion/readings/collector";
import { createReadingPublisher } from "@apportion/readings/publisher";
import { failedReading, type Source } from "@apportion/readings/source";
import { createBillClient } from "./bill.js";
import { createBucketClient } from "./buckets.js";
import type { S3Config } from "./config.js";
import { toStorageFacts } from "./parse.js";

const NAME = "collector-s3";

/** Reads S3's dollars by tag from the bill, and the buckets and tags behind them. A scope is an account. */
export async function createS3Collector(
  config: S3Config,
  platform: Pick<Platform, "log" | "clock" | "currency" | "logger">,
): Promise<Collector> {
  const { clock, currency, logger } = platform;
  const publisher = await createReadingPublisher({ ...platform, producer: `/apportion/${NAME}` });
  const sources = [billSource(config, currency), bucketSource(config, clock)];
  return createCollector({ name: NAME, sources, publisher, clock, logger }, config);
}

/** All days in one question, since each page costs money; each day is a reading of its own. */
export function billSource(config: S3Config, currency: string): Source {
  const client = createBillClient(config);
  return {
    name: "s3",
    dataset: "cost",
    scopes: [config.account],
    async *read(scope, days, signal) {
      const keys = days.map((day) => ({
        day,
        key: { dataset: "cost" as const, source: "s3", scope, chargePeriod: chargePeriodOf(day) },
      }));
      let results: readonly unknown[];
      try {
        results = await client.s3Costs(days, signal);
      } catch (error) {
        yield* keys.map(({ key }) => failedReading(key, error));
        return;
      }
      for (const { day, key } of keys) {
        try {
          yield { key, ...toStorageFacts(results, day, { ...config, currency }) };
        } catch (error) {
          yield failedReading(key, error);
        }
      }
    },
  };
}

/** S3 says only how things are now, so an inventory is read for the last of the days, if that is today or yesterday. */
export function bucketSource(config: S3Config, clock: () => Date): Source {
  const client = createBucketClient(config);
  return {
    name: "s3",
    dataset: "bucket",
    scopes: [config.account],
    async *read(scope, days, signal) {
      const day = days.at(-1);
      if (day === undefined || day < addDays(dayOf(clock()), -1)) return;
      const key = { dataset: "bucket" as const, source: "s3", scope, chargePeriod: chargePeriodOf(day) };
      try {
        yield { key, rows: await client.inventory(signal), finality: "provisional" };
      } catch (error) {
        yield failedReading(key, error);
      }
    },
  };
}
