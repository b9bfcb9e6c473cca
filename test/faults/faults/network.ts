import type { Deployment } from "../deployment.js";
import type { Fault } from "../fault.js";
import type { Proxy } from "../proxy.js";
import { between, pick, type Random } from "../random.js";
import { NETWORKS } from "../stage.js";

type Destination = "Kafka" | "ClickHouse";

/** Somebody's way to Kafka, or everybody's to ClickHouse. */
function way({ stage }: Deployment, to: Destination, random: Random): Proxy {
  return to === "Kafka" ? stage.toKafka[pick(random, NETWORKS)] : stage.toClickHouse;
}

type Spoil = (proxy: Proxy, random: Random) => void;

function faultsOf(
  what: string,
  shares: Readonly<Record<Destination, number>>,
  holdMs: Fault["holdMs"],
  spoil: Spoil,
): Fault[] {
  return (["Kafka", "ClickHouse"] as const).map((to) => ({
    name: `connections to ${to} ${what}`,
    share: shares[to],
    holdMs,
    async inject(deployment, random) {
      const proxy = way(deployment, to, random);
      spoil(proxy, random);
      return async () => {
        proxy.setWeather({ kind: "calm" });
        proxy.refuse(false);
      };
    },
  }));
}

export const NETWORK_FAULTS: readonly Fault[] = [
  ...faultsOf("cut", { Kafka: 6, ClickHouse: 6 }, [0, 500], (proxy) => proxy.cut()),
  ...faultsOf("half-closed", { Kafka: 3, ClickHouse: 3 }, [0, 500], (proxy, random) =>
    proxy.halfClose(pick(random, ["client", "server"])),
  ),
  ...faultsOf("delayed", { Kafka: 3, ClickHouse: 3 }, [2_000, 4_000], (proxy, random) =>
    proxy.setWeather({ kind: "delayed", delayMs: between(random, 50, 800) }),
  ),
  ...faultsOf("throttled", { Kafka: 2, ClickHouse: 2 }, [2_000, 4_000], (proxy, random) =>
    proxy.setWeather({ kind: "slow", bytesPerSecond: between(random, 2_000, 50_000) }),
  ),
  ...faultsOf("silent", { Kafka: 3, ClickHouse: 3 }, [1_000, 6_000], (proxy) =>
    proxy.setWeather({ kind: "silent" }),
  ),
  ...faultsOf("refused", { Kafka: 2, ClickHouse: 2 }, [1_000, 4_000], (proxy) => {
    proxy.refuse(true);
    proxy.cut();
  }),
];
