import { splitExactly } from "@apportion/domain/split";
import type { Day } from "@apportion/domain/period";
import { NO_ACCOUNT } from "@apportion/domain/tenancy";

/** What Kubecost's own prices come to for a cluster on a day. In picos, by what the bill calls EC2, EBS and ELB. */
export interface ListPrice {
  readonly day: Day;
  readonly cluster: string;
  /** On whose bill it is; {@link NO_ACCOUNT} where it is on none. */
  readonly account: string;
  readonly machines: bigint;
  readonly volumes: bigint;
  readonly loadBalancers: bigint;
}

/** What a day's cost of the clusters on a bill was changed by, from Kubecost's prices to the bill. */
export interface DayVariance {
  readonly day: Day;
  readonly account: string;
  readonly amount: bigint;
}

export interface ClusterPrices extends Omit<ListPrice, "day"> {
  readonly atListPrice: bigint;
  /** Its part of the difference to the bill: in proportion to its list price day by day, because the bill does not tell clusters apart. */
  readonly rateVariance: bigint;
}

export interface KubernetesPrices {
  readonly clusters: readonly ClusterPrices[];
  readonly rateVariance: bigint;
  /**
   * By how much the bill differs from the list price, in percent of it: sizes of days, so that one does not make up for another.
   * Null where there is a difference and no list price.
   */
  readonly rateVariancePercent: string | null;
}

/** Where Kubecost saw no cost, so that nothing says which cluster the bill is about. */
const NO_CLUSTER = "no cluster";

/** Puts what Kubecost's prices came to beside what the bill made of them. Pure. */
export function kubernetesPrices(
  prices: readonly ListPrice[],
  variances: readonly DayVariance[],
): KubernetesPrices {
  const parts = new Map<string, bigint>();
  for (const { day, account, amount } of variances) {
    const priced = prices.filter(
      (price) => price.day === day && price.account === account && atListPrice(price) > 0n,
    );
    const takers =
      priced.length === 0
        ? [{ cluster: NO_CLUSTER, weight: 1n }]
        : priced.map((price) => ({ cluster: price.cluster, weight: atListPrice(price) }));
    const shares = splitExactly(
      amount,
      takers.map(({ weight }) => weight),
    );
    for (const [index, { cluster }] of takers.entries())
      parts.set(cluster, (parts.get(cluster) ?? 0n) + (shares[index] ?? 0n));
  }
  const names = [...new Set([...prices.map(({ cluster }) => cluster), ...parts.keys()])].toSorted();
  const clusters = names.map((cluster): ClusterPrices => {
    const own = prices.filter((price) => price.cluster === cluster);
    const total = (of: (price: ListPrice) => bigint): bigint =>
      own.reduce((sum, price) => sum + of(price), 0n);
    return {
      cluster,
      account: own[0]?.account ?? "",
      machines: total(({ machines }) => machines),
      volumes: total(({ volumes }) => volumes),
      loadBalancers: total(({ loadBalancers }) => loadBalancers),
      atListPrice: total(atListPrice),
      rateVariance: parts.get(cluster) ?? 0n,
    };
  });
  const list = clusters
    .filter(({ account }) => account !== NO_ACCOUNT)
    .reduce((sum, cluster) => sum + cluster.atListPrice, 0n);
  const sizes = variances.reduce((sum, { amount }) => sum + (amount < 0n ? -amount : amount), 0n);
  return {
    clusters,
    rateVariance: variances.reduce((sum, { amount }) => sum + amount, 0n),
    // Rounded up: a gate that asks for so much at most is not passed by rounding.
    rateVariancePercent:
      sizes === 0n ? "0.00" : list <= 0n ? null : hundredths((sizes * 10_000n + list - 1n) / list),
  };
}

function atListPrice({ machines, volumes, loadBalancers }: Omit<ListPrice, "day">): bigint {
  return machines + volumes + loadBalancers;
}

/** `1234n` → `12.34` */
function hundredths(count: bigint): string {
  return `${count / 100n}.${(count % 100n).toString().padStart(2, "0")}`;
}
