import type { AwsConfig } from "@apportion/aws/config";
import type { CostExplorer } from "@apportion/aws/cost-explorer";
import { usageByService } from "@apportion/aws/questions";
import { readBillDays } from "@apportion/aws/read-days";
import type { ReadingKey } from "@apportion/domain/facts";
import { addDays, chargePeriodOf, dayOf, type Day } from "@apportion/domain/period";
import { accountOf, type Registry } from "@apportion/domain/tenancy";
import type { Platform } from "@apportion/platform/platform";
import { createCollector, type Collector } from "@apportion/readings/collector";
import { createReadingPublisher } from "@apportion/readings/publisher";
import { ReadingError, type Source } from "@apportion/readings/source";
import { attributeNetwork } from "./attribute.js";
import { createByteMeter, NO_BYTES, type ByteMeter } from "./bytes.js";
import type { NetworkConfig } from "./config.js";

const NAME = "collector-network";

/** Network dollars of each account's bill, attributed to the namespaces of its clusters by their bytes. A scope is an account. */
export async function createNetworkCollector(
  config: NetworkConfig,
  platform: Pick<
    Platform,
    "log" | "clock" | "currency" | "logger" | "health" | "aws" | "costExplorer" | "registry"
  >,
): Promise<Collector> {
  const { clock } = platform;
  const aws = platform.aws();
  const publisher = await createReadingPublisher({ ...platform, producer: `/apportion/${NAME}` });
  const rowsReadLast = (key: ReadingKey): number => publisher.lastSeal(key)?.rowCount ?? 0;
  const source = networkSource(config, aws, platform.costExplorer(), platform.registry, clock, rowsReadLast);
  const lookback = { ...config, readsBill: true };
  return createCollector({ ...platform, name: NAME, sources: [source], publisher }, lookback);
}

function networkSource(
  config: NetworkConfig,
  aws: AwsConfig,
  costExplorer: CostExplorer,
  registry: Registry,
  clock: () => Date,
  rowsReadLast: (key: ReadingKey) => number,
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
    mayReadAgain: () => costExplorer.hasPagesToSpare(),
    read: (account, days, signal) => {
      const meter = meters.get(account);
      if (!meter) throw new Error(`There is no account ${account}`);
      return readBillDays(
        { dataset: "cost", source: "network", scope: account },
        days,
        () => costExplorer.ask(usageByService(account), days, signal),
        async (bill, day) => {
          const { lines, finality } = bill(day);
          const key = {
            dataset: "cost" as const,
            source: "network",
            scope: account,
            chargePeriod: chargePeriodOf(day),
          };
          const wasAttributed =
            rowsReadLast(key) > attributeNetwork({ lines, finality }, NO_BYTES, account).length;
          const isTrusted = day > addDays(dayOf(clock()), -config.lookbackDays);
          if (wasAttributed && !isTrusted) await refuseForgotten(meter, day, signal);
          const bytes = await meter.read(key.chargePeriod, clock(), signal);
          return { rows: attributeNetwork({ lines, finality }, bytes, account), finality };
        },
      );
    },
  };
}

/** A day that Prometheus has forgotten, all of it or its first hours, must not lose the owners that its bytes once gave it. */
async function refuseForgotten(meter: ByteMeter, day: Day, signal: AbortSignal): Promise<void> {
  if (await meter.reachesBackTo(chargePeriodOf(day).start, signal)) return;
  throw new ReadingError(
    "rejected",
    "Prometheus does not reach back to this day any more, so its network keeps the owners that it was read with; let Prometheus keep 70 days, or say with network.lookbackDays how many it keeps",
  );
}
