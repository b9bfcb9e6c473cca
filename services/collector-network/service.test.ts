import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { awsConfig } from "@apportion/aws/config";
import { createCostExplorer } from "@apportion/aws/cost-explorer";
import { addDays, parseDay } from "@apportion/domain/period";
import { openEventLog } from "@apportion/event-log/open";
import type { EventLog } from "@apportion/event-log/log";
import { TOPICS } from "@apportion/events/catalogue";
import type { Collector } from "@apportion/readings/collector";
import { createHealth } from "@apportion/runtime/health";
import { silentLogger } from "@apportion/runtime/logger";
import { Secret } from "@apportion/runtime/secret";
import { networkConfig } from "./config.js";
import { createNetworkCollector } from "./service.js";

const DAY = parseDay("2026-11-02");
const amount = (value: string): object => ({ Amount: value, Unit: "USD" });

let folder: string;
let log: EventLog;
let server: Server;
let url: string;
/** What the bill says of the day, and since when Prometheus has samples. */
let upstream: { billed: string; samplesSince: string };
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "apportion-network-"));
  log = await openEventLog({ kind: "embedded" }, { dataDir: folder, logger: silentLogger });
  await log.ensureTopics(Object.values(TOPICS));
  upstream = { billed: "10", samplesSince: "2026-10-01T00:00:00Z" };
  server = createServer((request, response) => {
    const asked = new URL(request.url ?? "", url);
    response.end(JSON.stringify(asked.pathname === "/api/v1/query" ? bytes(asked.searchParams) : bill()));
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

/** Two namespaces send to the internet; before the first sample there is nothing. */
function bytes(params: URLSearchParams): object {
  const time = params.get("time") ?? "";
  const isThere = Date.parse(time) > Date.parse(upstream.samplesSince);
  const result = isThere
    ? ["team-a", "team-b"].map((namespace) => ({ metric: { namespace }, value: [0, "50000000000"] }))
    : [];
  return { status: "success", data: { resultType: "vector", result } };
}

function bill(): object {
  const Metrics = Object.fromEntries([
    ...["UnblendedCost", "AmortizedCost", "NetAmortizedCost"].map((name) => [name, amount(upstream.billed)]),
    ["UsageQuantity", { Amount: "100", Unit: "GB" }],
  ]);
  const Groups = [{ Keys: ["AWS Data Transfer", "EU-DataTransfer-Out-Bytes"], Metrics }];
  return {
    ResultsByTime: [{ TimePeriod: { Start: DAY, End: addDays(DAY, 1) }, Groups, Estimated: true }],
  };
}

async function collectorOn(now: string, lookbackDays = 10): Promise<Collector> {
  const key = new Secret("key");
  const aws = awsConfig.parse({
    accounts: ["111122223333"],
    costExplorerEndpoint: url,
    cacheMinutes: 0,
    credentials: { accessKeyId: key, secretAccessKey: key },
  });
  return createNetworkCollector(
    networkConfig.parse({ prometheus: [{ cluster: "one", region: "eu-west-1", url }], lookbackDays }),
    {
      log,
      clock: () => new Date(now),
      registry: {
        teams: [],
        sharedServices: [],
        dedicatedClusters: [],
        nodePools: [],
        rules: [],
        accounts: { byDefault: "111122223333", named: [] },
      },
      currency: "USD",
      logger: silentLogger,
      health: createHealth(),
      aws: () => aws,
      costExplorer: () => createCostExplorer(aws, "USD"),
    },
  );
}
const read = async (collector: Collector): ReturnType<Collector["collect"]> =>
  collector.collect({ from: DAY, to: addDays(DAY, 1) });

it("keeps the owners of a day that Prometheus has forgotten, in whole or in part, and says so", async () => {
  expect(await read(await collectorOn("2026-11-03T06:00:00Z"))).toMatchObject({ published: 1 });
  upstream.billed = "11";
  expect(await read(await collectorOn("2026-11-20T06:00:00Z"))).toMatchObject({ published: 1 });

  upstream = { billed: "12", samplesSince: "2026-11-02T09:00:00Z" }; // half of the day is gone
  const { published, failures } = await read(await collectorOn("2026-11-21T06:00:00Z"));
  expect(published).toBe(0);
  expect(failures[0]?.error).toMatchObject({ code: "rejected" });
  expect(failures[0]?.error.message).toContain("Prometheus does not reach back to this day any more");
  // Who knows that Prometheus keeps so many days can say so.
  expect(await read(await collectorOn("2026-11-21T06:00:00Z", 30))).toMatchObject({ published: 1 });
});

it("reads a day again that never had bytes, however old it is", async () => {
  upstream.samplesSince = "2026-12-01T00:00:00Z";
  expect(await read(await collectorOn("2026-11-20T06:00:00Z"))).toMatchObject({ published: 1 });
  upstream.billed = "11";
  expect(await read(await collectorOn("2026-11-21T06:00:00Z"))).toMatchObject({ published: 1 });
});
