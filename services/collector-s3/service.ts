import type { CostExplorer } from "@apportion/aws/cost-explorer";
import type { AwsConfig } from "@apportion/aws/config";
import { s3ByTag } from "@apportion/aws/questions";
import { addDays, chargePeriodOf, dayOf } from "@apportion/domain/period";
import type { Platform } from "@apportion/platform/platform";
import { readBillDays } from "@apportion/aws/read-days";
import { createCollector, type Collector } from "@apportion/readings/collector";
import { createReadingPublisher } from "@apportion/readings/publisher";
import { failedReading, type Source } from "@apportion/readings/source";
import { createBucketClient } from "./buckets.js";
import { SOURCE, type S3Config } from "./config.js";
import { toStorageFacts } from "./parse.js";

const NAME = "collector-s3";

/** Reads S3's dollars by tag from the bill, and the buckets and tags behind them. A scope is an account. */
export async function createS3Collector(
  config: S3Config,
  platform: Pick<Platform, "log" | "clock" | "currency" | "logger" | "health" | "aws" | "costExplorer">,
): Promise<Collector> {
  const { clock, logger } = platform;
  const aws = platform.aws();
  const publisher = await createReadingPublisher({ ...platform, producer: `/apportion/${NAME}` });
  const costExplorer = platform.costExplorer();
  const sources = [billSource(config, aws, costExplorer), bucketSource(config, aws, clock)];
  const unlisted = aws.accounts.filter((account) => !listedAccounts(config, aws).includes(account));
  if (unlisted.length > 0)
    logger.warn({ accounts: unlisted }, "the buckets of these accounts are not listed: give s3.roles");
  const lookback = { ...config, readsBill: true };
  return createCollector({ ...platform, name: NAME, sources, publisher }, lookback);
}

/** All days in one question, since each page costs money; each day is a reading of its own. */
function billSource(config: S3Config, aws: AwsConfig, costExplorer: CostExplorer): Source {
  return {
    name: SOURCE,
    dataset: "cost",
    scopes: aws.accounts,
    about: async () => `${costExplorer.pages()} pages of Cost Explorer`,
    mayReadAgain: () => costExplorer.hasPagesToSpare(),
    read: (account, days, signal) =>
      readBillDays(
        { dataset: "cost", source: SOURCE, scope: account },
        days,
        () => costExplorer.ask(s3ByTag(account, aws.teamTag), days, signal),
        (dayOfBill, day) => toStorageFacts(dayOfBill(day), { ...config, account, teamTag: aws.teamTag }),
      ),
  };
}

/** The first account is that of the credentials; S3 lists the buckets of another only in a role there. */
function listedAccounts({ roles }: S3Config, { accounts }: AwsConfig): string[] {
  return accounts.filter((account, index) => index === 0 || account in roles);
}

/** S3 says only how things are now, so an inventory is read for the last of the days, if that is today or yesterday. */
function bucketSource(config: S3Config, aws: AwsConfig, clock: () => Date): Source {
  const accounts = listedAccounts(config, aws);
  const clients = new Map(accounts.map((account) => [account, createBucketClient(aws, config, account)]));
  return {
    name: SOURCE,
    dataset: "bucket",
    scopes: accounts,
    async *read(scope, days, signal) {
      const client = clients.get(scope);
      if (!client) throw new Error(`The buckets of ${scope} are not listed`);
      const day = days.at(-1);
      if (day === undefined || day < addDays(dayOf(clock()), -1)) return;
      const key = { dataset: "bucket" as const, source: SOURCE, scope, chargePeriod: chargePeriodOf(day) };
      try {
        yield { key, rows: await client.inventory(day, signal), finality: "provisional" };
      } catch (error) {
        yield failedReading(key, error);
      }
    },
  };
}
