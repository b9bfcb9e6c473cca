import { usageByService } from "@apportion/aws/questions";
import { readBillDays } from "@apportion/aws/read-days";
import type { CostFactRow, ReadingKey } from "@apportion/domain/facts";
import { addDays, chargePeriodOf, dayOf, type Day } from "@apportion/domain/period";
import { accountOf } from "@apportion/domain/tenancy";
import type { SnapshotSealed } from "@apportion/events/catalogue";
import type { Platform } from "@apportion/platform/platform";
import { createCollector, type Collector } from "@apportion/readings/collector";
import { createReadingPublisher, type ReadingPublisher } from "@apportion/readings/publisher";
import type { Source } from "@apportion/readings/source";
import { attributeNetwork } from "./attribute.js";
import { createByteMeter, type ByteMeter } from "./bytes.js";
import { SOURCE, type NetworkConfig } from "./config.js";
import { createEarlierReadings, type EarlierReadings } from "./earlier-readings.js";
import { attributeByShares, explainingClusters } from "./kept-shares.js";

const NAME = "collector-network";

/** Network dollars of each account's bill, attributed to the namespaces of its clusters by their bytes. A scope is an account. */
export async function createNetworkCollector(
  config: NetworkConfig,
  platform: Pick<
    Platform,
    "log" | "clock" | "currency" | "logger" | "health" | "aws" | "costExplorer" | "registry"
  >,
): Promise<Collector> {
  const publisher = await createReadingPublisher({ ...platform, producer: `/apportion/${NAME}` });
  const source = networkSource(config, platform, (key) => publisher.lastSeal(key));
  const lookback = { ...config, readsBill: true };
  return createCollector({ ...platform, name: NAME, sources: [source], publisher }, lookback);
}

function networkSource(
  config: NetworkConfig,
  platform: Pick<Platform, "log" | "clock" | "aws" | "costExplorer" | "registry">,
  lastSeal: ReadingPublisher["lastSeal"],
): Source {
  const { clock, log, registry } = platform;
  const aws = platform.aws();
  const costExplorer = platform.costExplorer();
  // An account without clusters is read too: its dollars are nobody's, and must not be lost.
  const meters = new Map(
    aws.accounts.map((account) => [
      account,
      createByteMeter(config.prometheus.filter(({ cluster }) => accountOf(registry, cluster) === account)),
    ]),
  );
  return {
    name: SOURCE,
    dataset: "cost",
    scopes: [...meters.keys()],
    mayReadAgain: () => costExplorer.hasPagesToSpare(),
    read: (account, days, signal) => {
      const meter = meters.get(account);
      if (!meter) throw new Error(`There is no account ${account}`);
      const scope = { dataset: "cost", source: SOURCE, scope: account } as const;
      const keyOf = (day: Day): ReadingKey => ({ ...scope, chargePeriod: chargePeriodOf(day) });
      const isTrusted = (day: Day): boolean => day > addDays(dayOf(clock()), -config.lookbackDays);
      const inDoubt = days.filter((day) => !isTrusted(day) && (lastSeal(keyOf(day))?.rowCount ?? 0) > 0);
      const earlier = createEarlierReadings(log, scope, inDoubt.map(keyOf));
      return readBillDays(
        scope,
        days,
        () => costExplorer.ask(usageByService(account), days, signal),
        async (billOf, day) => {
          const bill = billOf(day);
          const { finality } = bill;
          const shares = inDoubt.includes(day)
            ? await forgottenShares(meter, earlier, lastSeal(keyOf(day)), signal)
            : undefined;
          if (shares)
            return { rows: attributeByShares(bill, shares, account), finality, remark: KEPT_SHARES };
          const bytes = await meter.read(chargePeriodOf(day), clock(), signal);
          return { rows: attributeNetwork(bill, bytes, account), finality };
        },
      );
    },
  };
}

const KEPT_SHARES =
  "Prometheus does not reach back to this day any more, so what the bill says now is split by the shares with which it was read before; let Prometheus keep 70 days, or say with network.lookbackDays how many it keeps";

/**
 * The rows by whose shares a day is split that Prometheus has forgotten, all of it or its first hours; undefined where it has not, or
 * where bytes never explained anything of the day. Only the clusters whose bytes did are asked.
 * @throws ReadingError where the log does not have the reading any more
 */
async function forgottenShares(
  meter: ByteMeter,
  earlier: EarlierReadings,
  last: SnapshotSealed | undefined,
  signal: AbortSignal,
): Promise<readonly CostFactRow[] | undefined> {
  if (!last) return undefined;
  const reaching = await meter.clustersReachingBackTo(last.chargePeriod.start, signal);
  if (meter.clusters.every((cluster) => reaching.has(cluster))) return undefined;
  const rows = await earlier.attributed(last);
  const isForgotten = [...explainingClusters(rows)].some((cluster) => !reaching.has(cluster));
  return isForgotten ? rows : undefined;
}
