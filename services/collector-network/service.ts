import type { AwsConfig } from "@apportion/aws/config";
import type { CostExplorer } from "@apportion/aws/cost-explorer";
import { usageByService } from "@apportion/aws/questions";
import { readBillDays } from "@apportion/aws/read-days";
import { chargePeriodOf } from "@apportion/domain/period";
import { accountOf, type Registry } from "@apportion/domain/tenancy";
import type { Platform } from "@apportion/platform/platform";
import { createCollector, type Collector } from "@apportion/readings/collector";
import { createReadingPublisher } from "@apportion/readings/publisher";
import type { Source } from "@apportion/readings/source";
import { attributeNetwork } from "./attribute.js";
import { createByteMeter } from "./bytes.js";
import type { NetworkConfig } from "./config.js";

const NAME = "collector-network";

/** Network dollars of each account's bill, attributed to the namespaces of its clusters by their bytes. A scope is an account. */
export async function createNetworkCollector(
  config: NetworkConfig,
  platform: Pick<Platform, "log" | "clock" | "currency" | "logger" | "aws" | "costExplorer" | "registry">,
): Promise<Collector> {
  const { clock, logger } = platform;
  const aws = platform.aws();
  const publisher = await createReadingPublisher({ ...platform, producer: `/apportion/${NAME}` });
  const source = networkSource(config, aws, platform.costExplorer(), platform.registry, clock);
  return createCollector({ name: NAME, sources: [source], publisher, clock, logger }, config);
}

function networkSource(
  config: NetworkConfig,
  aws: AwsConfig,
  costExplorer: CostExplorer,
  registry: Registry,
  clock: () => Date,
): Source {
  // An account without clusters is read too: its dollars are nobody's, and must not be lost.
  const meters = new Map(
    aws.accounts.map((account) => [
      account,
      createByteMeter(config.prometheus.filter(({ cluster }) => accountOf(registry, cluster) === account)),
    ]),
  );
  return {
    name: "network",
    dataset: "cost",
    scopes: [...meters.keys()],
    read: (account, days, signal) => {
      const meter = meters.get(account);
      if (!meter) throw new Error(`There is no account ${account}`);
      return readBillDays(
        { dataset: "cost", source: "network", scope: account },
        days,
        () => costExplorer.ask(usageByService(account), days, signal),
        async (bill, day) => {
          const { lines, finality } = bill(day);
          const bytes = await meter.read(chargePeriodOf(day), clock(), signal);
          return { rows: attributeNetwork({ lines, finality }, bytes, account), finality };
        },
      );
    },
  };
}
