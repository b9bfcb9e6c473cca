import type { AwsConfig } from "@apportion/aws/config";
import type { CostExplorer } from "@apportion/aws/cost-explorer";
import { usageByService } from "@apportion/aws/questions";
import { readBillDays } from "@apportion/aws/read-days";
import { chargePeriodOf } from "@apportion/domain/period";
import type { Platform } from "@apportion/platform/platform";
import { createCollector, type Collector } from "@apportion/readings/collector";
import { createReadingPublisher } from "@apportion/readings/publisher";
import type { Source } from "@apportion/readings/source";
import { attributeNetwork } from "./attribute.js";
import { createByteMeter } from "./bytes.js";
import type { NetworkConfig } from "./config.js";

const NAME = "collector-network";

/** Network dollars of the bill, attributed to namespaces by their bytes. The scope is the account of the clusters. */
export async function createNetworkCollector(
  config: NetworkConfig,
  platform: Pick<Platform, "log" | "clock" | "currency" | "logger" | "aws" | "costExplorer">,
): Promise<Collector> {
  const { clock, logger } = platform;
  const aws = platform.aws();
  const publisher = await createReadingPublisher({ ...platform, producer: `/apportion/${NAME}` });
  const source = networkSource(config, aws, platform.costExplorer(), clock);
  return createCollector({ name: NAME, sources: [source], publisher, clock, logger }, config);
}

function networkSource(
  config: NetworkConfig,
  aws: AwsConfig,
  costExplorer: CostExplorer,
  clock: () => Date,
): Source {
  const meter = createByteMeter(config.prometheus);
  return {
    name: "network",
    dataset: "cost",
    scopes: [config.account ?? aws.accounts[0] ?? ""],
    read: (account, days, signal) =>
      readBillDays(
        { dataset: "cost", source: "network", scope: account },
        days,
        () => costExplorer.ask(usageByService(account), days, signal),
        async (bill, day) => {
          const { lines, finality } = bill(day);
          const bytes = await meter.read(chargePeriodOf(day), clock(), signal);
          return { rows: attributeNetwork({ lines, finality }, bytes, account), finality };
        },
      ),
  };
}
