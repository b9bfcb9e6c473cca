import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { awsConfig } from "@apportion/aws/config";
import { createCostExplorer } from "@apportion/aws/cost-explorer";
import { type CostFactRow, readingName } from "@apportion/domain/facts";
import { addDays, chargePeriodOf, parseDay } from "@apportion/domain/period";
import type { EventLog } from "@apportion/event-log/log";
import { openEventLog } from "@apportion/event-log/open";
import { encodeEvent, TOPICS } from "@apportion/events/catalogue";
import type { CollectSummary } from "@apportion/readings/collect-summary";
import type { Collector } from "@apportion/readings/collector";
import { publishedReadings } from "@apportion/readings/published-readings";
import { createReadingPublisher } from "@apportion/readings/publisher";
import { createHealth } from "@apportion/runtime/health";
import { silentLogger } from "@apportion/runtime/logger";
import { Secret } from "@apportion/runtime/secret";
import { networkConfig } from "./config.js";
import { createNetworkCollector } from "./service.js";

const ACCOUNT = "111122223333";
const DAY = parseDay("2026-11-02");
const amount = (value: string): object => ({ Amount: value, Unit: "USD" });

let folder: string;
let log: EventLog;
let server: Server;
let url: string;
/** Lines of the bill of the day, by usage type; what each namespace of a cluster sent; and since when its Prometheus has samples. */
let upstream: {
  lines: Record<string, string>;
  estimated: boolean;
  bytes: Record<string, Record<string, string>>;
  samplesSince: Record<string, string>;
};
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "apportion-network-"));
  log = await openEventLog({ kind: "embedded" }, { dataDir: folder, logger: silentLogger });
  await log.ensureTopics(Object.values(TOPICS));
  upstream = {
    lines: { "EU-DataTransfer-Out-Bytes": "9" },
    estimated: true,
    bytes: { one: { "team-a": "100" } },
    samplesSince: { one: "2026-10-01T00:00:00Z" },
  };
  server = createServer((request, response) => {
    const asked = new URL(request.url ?? "", url);
    const [, cluster = "", ...path] = asked.pathname.split("/");
    response.end(
      JSON.stringify(path.join("/") === "api/v1/query" ? bytes(cluster, asked.searchParams) : bill()),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterEach(async () => {
  server.close();
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Everything goes to the internet. Before the first sample there is nothing, and a day in which it lies has lost half of its bytes. */
function bytes(cluster: string, params: URLSearchParams): object {
  const time = params.get("time") ?? "";
  const query = params.get("query") ?? "";
  const since = Date.parse(upstream.samplesSince[cluster] ?? "");
  const start = Date.parse(time) - 24 * 3_600_000;
  const kept = since <= start ? 1 : since < Date.parse(time) ? 0.5 : 0;
  const isAsked = query.includes("count") || query.includes('internet="true"');
  const result =
    kept === 0 || !isAsked
      ? []
      : Object.entries(upstream.bytes[cluster] ?? {}).map(([namespace, gigabytes]) => ({
          metric: { namespace },
          value: [0, String(Number(gigabytes) * 1e9 * kept)],
        }));
  return { status: "success", data: { resultType: "vector", result } };
}

function bill(): object {
  const Groups = Object.entries(upstream.lines).map(([usageType, billed]) => ({
    Keys: ["AWS Data Transfer", usageType],
    Metrics: Object.fromEntries([
      ...["UnblendedCost", "AmortizedCost", "NetAmortizedCost"].map((name) => [name, amount(billed)]),
      ["UsageQuantity", { Amount: "100", Unit: "GB" }],
    ]),
  }));
  return {
    ResultsByTime: [
      { TimePeriod: { Start: DAY, End: addDays(DAY, 1) }, Groups, Estimated: upstream.estimated },
    ],
  };
}

interface Asked {
  readonly now: string;
  readonly lookbackDays?: number;
  readonly clusters?: readonly string[];
}

async function collectorOn({ now, lookbackDays = 10, clusters = ["one"] }: Asked): Promise<Collector> {
  const key = new Secret("key");
  const aws = awsConfig.parse({
    accounts: [ACCOUNT],
    costExplorerEndpoint: `${url}/bill`,
    cacheMinutes: 0,
    credentials: { accessKeyId: key, secretAccessKey: key },
  });
  const prometheus = clusters.map((cluster) => ({ cluster, region: "eu-west-1", url: `${url}/${cluster}` }));
  return createNetworkCollector(networkConfig.parse({ prometheus, lookbackDays }), {
    log,
    clock: () => new Date(now),
    registry: {
      teams: [],
      sharedServices: [],
      dedicatedClusters: [],
      nodePools: [],
      rules: [],
      accounts: { byDefault: ACCOUNT, named: [] },
    },
    currency: "USD",
    logger: silentLogger,
    health: createHealth(),
    aws: () => aws,
    costExplorer: () => createCostExplorer(aws, "USD"),
  });
}

async function read(asked: Asked): Promise<CollectSummary> {
  return (await collectorOn(asked)).collect({ from: DAY, to: addDays(DAY, 1) });
}

const SCOPE = { dataset: "cost", source: "network", scope: ACCOUNT } as const;
const KEY = { ...SCOPE, chargePeriod: chargePeriodOf(DAY) };

/** Who pays what by the reading that was published last, nobody under an empty name. */
async function charged(): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  let rows: readonly CostFactRow[] = [];
  for await (const reading of publishedReadings(log, SCOPE, new Set([readingName(KEY)]))) rows = reading.rows;
  for (const { namespace = "", effective_cost } of rows)
    sums[namespace] = (sums[namespace] ?? 0) + Number(effective_cost);
  return sums;
}

describe("a day of which Prometheus has forgotten something", () => {
  it("keeps its owners where one of them explained everything, and takes what the final bill says by their shares", async () => {
    await read({ now: "2026-11-03T06:00:00Z" });
    expect(await charged()).toEqual({ "team-a": 9 });

    upstream.samplesSince["one"] = "2026-11-02T09:00:00Z"; // half of the day is gone
    expect(await read({ now: "2026-11-20T06:00:00Z" })).toMatchObject({ published: 0, unchanged: 1 });

    upstream = {
      ...upstream,
      lines: { "EU-DataTransfer-Out-Bytes": "10" },
      estimated: false,
      samplesSince: { one: "2026-11-09T00:00:00Z" }, // all of it
    };
    const { published, failures, remarks } = await read({ now: "2026-12-05T06:00:00Z" });
    expect({ published, failures }).toEqual({ published: 1, failures: [] });
    expect(await charged()).toEqual({ "team-a": 10 });
    expect(remarks).toEqual([
      expect.stringContaining(`cost/network/${ACCOUNT}/${DAY}T00:00:00Z: Prometheus does not reach back`),
    ]);
    const publisher = await createReadingPublisher({
      log,
      clock: () => new Date(),
      currency: "USD",
      producer: "/test",
    });
    expect(publisher.lastSeal(KEY)).toMatchObject({ finality: "final", amount: "10" });
  });

  it("splits a line that is new on the bill as those of its class and region are split, and one of no known class to nobody", async () => {
    upstream.bytes["one"] = { "team-a": "60", "team-b": "20" };
    await read({ now: "2026-11-03T06:00:00Z" });
    expect(await charged()).toEqual({ "team-a": 5.4, "team-b": 1.8, "": 1.8 });

    upstream.samplesSince["one"] = "2026-11-02T09:00:00Z";
    upstream.lines = {
      "EU-DataTransfer-Out-Bytes": "9",
      "EU-DataTransfer-Out-ABytes": "10",
      "EU-NatGateway-Bytes": "5",
    };
    await read({ now: "2026-11-20T06:00:00Z" });
    expect(await charged()).toEqual({ "team-a": 11.4, "team-b": 3.8, "": 8.8 });
  });

  it("is trusted as long as network.lookbackDays says: who knows that Prometheus keeps so many days can say so", async () => {
    await read({ now: "2026-11-03T06:00:00Z" });
    upstream.samplesSince["one"] = "2026-11-02T09:00:00Z";
    const { remarks } = await read({ now: "2026-11-20T06:00:00Z", lookbackDays: 30 });
    expect(remarks).toEqual([]);
    expect(await charged()).toEqual({ "team-a": 4.5, "": 4.5 });
  });

  it("is no such day because the Prometheus of another cluster was added, whose bytes explained nothing", async () => {
    await read({ now: "2026-11-03T06:00:00Z" });
    upstream.bytes["two"] = { "team-c": "100" };
    upstream.samplesSince["two"] = "2026-11-20T00:00:00Z";
    upstream.lines = { "EU-DataTransfer-Out-Bytes": "12" };
    const { remarks } = await read({ now: "2026-11-21T06:00:00Z", clusters: ["one", "two"] });
    expect(remarks).toEqual([]);
    expect(await charged()).toEqual({ "team-a": 12 });
  });

  it("keeps the owners of its last good reading where one without them came after it", async () => {
    await read({ now: "2026-11-03T06:00:00Z" });
    upstream.samplesSince["one"] = "2026-11-09T00:00:00Z"; // set up anew: intake puts such a reading into quarantine
    await read({ now: "2026-11-10T06:00:00Z" });
    expect(await charged()).toEqual({ "": 9 });
    await read({ now: "2026-11-20T06:00:00Z" });
    expect(await charged()).toEqual({ "team-a": 9 });
  });

  it("is read again as it comes where bytes never explained anything of it, however old it is", async () => {
    upstream.samplesSince["one"] = "2026-12-01T00:00:00Z";
    await read({ now: "2026-11-20T06:00:00Z" });
    upstream.lines = { "EU-DataTransfer-Out-Bytes": "11" };
    const { published, remarks } = await read({ now: "2026-11-21T06:00:00Z" });
    expect({ published, remarks }).toEqual({ published: 1, remarks: [] });
    expect(await charged()).toEqual({ "": 11 });
  });

  it("stays as it is, and is named as failed, where the log does not have its earlier reading any more", async () => {
    const seal = {
      ...KEY,
      snapshotId: "0".repeat(32),
      readAt: "2026-11-03T06:00:00.000Z",
      finality: "provisional" as const,
      currency: "USD",
      chunkCount: 1,
      rowCount: 1,
      amount: "9",
      contentHash: "0".repeat(64),
    };
    const name = readingName(KEY);
    const attributes = { id: "seal", source: "/test", key: name, subject: name, time: new Date(seal.readAt) };
    await log.publish([{ ...encodeEvent("snapshotSealed", seal, attributes), topic: TOPICS.seals.name }]);
    upstream.samplesSince["one"] = "2026-11-02T09:00:00Z";
    const { published, failures } = await read({ now: "2026-11-20T06:00:00Z" });
    expect(published).toBe(0);
    expect(failures[0]?.error.message).toContain("the event log does not have its earlier reading");
  });
});
