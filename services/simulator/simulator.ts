import { awsApi, SIMULATED_CREDENTIALS } from "./aws.js";
import { LINKED_ACCOUNT, SIMULATED_ACCOUNT } from "./platform/bill.js";
import { startHttpServer, type Fault, type HttpServer } from "./http.js";
import { Ledger } from "./ledger.js";
import { mlflowApi } from "./mlflow.js";
import { openCostApi } from "./opencost.js";
import { prometheusApi } from "./prometheus.js";
import type { SimulatedClock } from "./platform/clock.js";
import { platformRegistry, type PlatformRegistry } from "./platform/registry.js";
import type { WastePlan } from "./platform/waste.js";

export interface SimulatorOptions {
  /** The same seed is the same platform. */
  readonly seed: number;
  /** The simulated now: days after it do not exist yet, and days shortly before it are still restated. */
  readonly asOf: Date;
  /** What it wastes, and when that is mended; by default what the demo does. */
  readonly waste?: WastePlan;
  /** How many of the teams are there; by default all. */
  readonly teams?: number;
}

export interface Simulator {
  readonly registry: PlatformRegistry;
  readonly account: string;
  /** Another account, with costs and without clusters. */
  readonly linkedAccount: string;
  readonly credentials: typeof SIMULATED_CREDENTIALS;
  readonly urls: {
    /** Address of OpenCost by cluster. */
    readonly kubecost: Readonly<Record<string, string>>;
    /** Cost Explorer and S3. */
    readonly aws: string;
    readonly mlflow: string;
    /** Address of Prometheus by cluster. */
    readonly prometheus: Readonly<Record<string, string>>;
  };
  readonly ledger: Ledger;
  setAsOf(now: Date): void;
  /** From now on the bill says that the storage of the day, `YYYY-MM-DD`, was dearer. */
  restateLate(day: string): void;
  /** From now on the cluster's Kubecost prices the day, `YYYY-MM-DD`, by a wrong price list. The bill knows nothing of it. */
  misprice(cluster: string, day: string): void;
  /** For tests: spoils answers to come of one upstream: a cluster's name, `aws` or `mlflow`. */
  spoil(upstream: string, fault: Fault): void;
  stop(): Promise<void>;
}

/** A made-up platform behind real wire formats: for trying, teaching and testing. Nothing in it is measured anywhere. */
export async function startSimulator({ seed, asOf, waste, teams }: SimulatorOptions): Promise<Simulator> {
  const registry = platformRegistry(seed, waste, teams);
  const ledger = new Ledger();
  const clock: SimulatedClock = { asOfMs: asOf.getTime(), lateDays: new Set(), mispriced: new Set() };
  const servers = new Map<string, HttpServer>();
  for (const { id } of registry.clusters)
    servers.set(id, await startHttpServer(openCostApi(seed, registry, id, clock, ledger)));
  const prometheus: Record<string, string> = {};
  for (const { id } of registry.clusters) {
    const server = await startHttpServer(prometheusApi(seed, registry, id, clock));
    prometheus[id] = server.url;
    servers.set(`prometheus of ${id}`, server);
  }
  const aws = await startHttpServer(awsApi(seed, registry, clock, ledger));
  const mlflow = await startHttpServer(mlflowApi(seed, registry, clock));
  const kubecost = Object.fromEntries(registry.clusters.map(({ id }) => [id, servers.get(id)?.url ?? ""]));
  servers.set("aws", aws).set("mlflow", mlflow);
  return {
    registry,
    account: SIMULATED_ACCOUNT,
    linkedAccount: LINKED_ACCOUNT,
    credentials: SIMULATED_CREDENTIALS,
    urls: { kubecost, aws: aws.url, mlflow: mlflow.url, prometheus },
    ledger,
    setAsOf(now) {
      clock.asOfMs = now.getTime();
    },
    restateLate(day) {
      clock.lateDays.add(day);
    },
    misprice(cluster, day) {
      clock.mispriced.add(`${cluster}/${day}`);
    },
    spoil(upstream, fault) {
      const server = servers.get(upstream);
      if (!server)
        throw new Error(
          `The simulator has no upstream ${upstream}; it has ${[...servers.keys()].join(", ")}`,
        );
      server.spoil(fault);
    },
    async stop() {
      await Promise.all([...servers.values()].map((server) => server.stop()));
    },
  };
}
