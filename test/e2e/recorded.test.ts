import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDay } from "@apportion/domain/period";
import { silentLogger } from "@apportion/runtime/logger";
import { allocateStage, collectStage } from "apportion/commands/pipeline";
import { loadConfig } from "apportion/config";
import { openSystem, type System } from "apportion/system";

/** Genuine answers of OpenCost, MLflow and Cost Explorer, recorded on 22 November 2026 and kept beside the collectors' parsers. */
const recorded = (collector: string, name: string): string =>
  readFileSync(new URL(`../../services/${collector}/recorded/${name}.json`, import.meta.url), "utf8");

const opencost = recorded("collector-kubecost", "alloc_1d_noagg");
const experiments = recorded("collector-usage/mlflow", "mlflow_experiments_search");
const runs = [
  recorded("collector-usage/mlflow", "mlflow_runs_search_p1"),
  recorded("collector-usage/mlflow", "mlflow_runs_search_last"),
];
const bill = JSON.parse(
  readFileSync(new URL("../../shared/aws/recorded/cost_explorer_seed.json", import.meta.url), "utf8"),
) as { results: object[] };

/** Serves the recorded answers as they are. */
function answer(method: string, url: string, body: string): string {
  const target = `${method} ${url.split("?")[0]}`;
  switch (target) {
    case "GET /allocation":
      return opencost;
    case "POST /api/2.0/mlflow/experiments/search":
      return experiments;
    case "POST /api/2.0/mlflow/runs/search":
      return body.includes("page_token") ? (runs[1] ?? "") : (runs[0] ?? "");
    case "GET /":
      return '<?xml version="1.0"?><ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>';
    default: // Cost Explorer
      return JSON.stringify(bill.results[body.includes("page-2") ? 1 : 0]);
  }
}

const config = (url: string): string => `
currency: USD
logLevel: silent
teams:
  - { id: a, costCenter: cc-team-a, owns: [{ namespace: team-a }, { teamLabel: team-a }] }
  - { id: b, costCenter: cc-team-b, owns: [{ namespace: team-b }, { teamLabel: team-b }] }
sharedServices:
  - { id: platform, owns: [{ namespace: platform-shared }] }
clusters: [{ id: cluster-one }]
kubecost: { clusters: [{ id: cluster-one, url: "${url}" }] }
usage: { mlflow: [{ name: mlflow, url: "${url}" }] }
aws:
  accounts: ["111122223333"]
  costExplorerEndpoint: "${url}"
  s3Endpoint: "${url}"
  chargeBy: UnblendedCost
  credentials: { accessKeyId: { env: KEY }, secretAccessKey: { env: KEY } }
s3: {}
allocation:
  policies: [{ pool: platform, methods: [{ kind: usage, meter: mlflow.runs }, { kind: proportional }] }]
`;

describe("genuine answers, from HTTP to the statement", () => {
  let folder: string;
  let server: Server;
  let system: System;
  let failures: string[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "apportion-recorded-"));
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        // OpenCost's answer to Kubecost's path.
        if (request.url?.startsWith("/model/"))
          response.writeHead(404).end(recorded("collector-kubecost", "kubecost_path"));
        else response.end(answer(request.method ?? "", request.url ?? "", body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const file = join(folder, "apportion.yaml");
    writeFileSync(file, config(`http://127.0.0.1:${port}`));
    const now = (): Date => new Date("2026-11-23T06:00:00Z");
    system = await openSystem(loadConfig(file, { KEY: "test" }), {
      dataDir: folder,
      clock: now,
      logger: silentLogger,
    });
    const sink = { write: () => true } as unknown as NodeJS.WritableStream;
    const context = { env: {}, stdout: sink, stderr: sink, now };
    const collected = await collectStage(context, system, {
      from: parseDay("2026-11-22"),
      to: parseDay("2026-11-23"),
    });
    failures = collected.failures.map(({ error }) => error.message);
    await allocateStage(context, system);
  });
  afterAll(async () => {
    await system.platform.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const rows = async (sql: string): Promise<unknown> => {
    const answered = await (await system.platform.clickhouse()).query({ query: sql, format: "JSONEachRow" });
    return answered.json();
  };

  it("are all understood", () => {
    expect(failures).toEqual([]);
  });

  it("charges what OpenCost and the bill say, to the last digit", async () => {
    expect(
      await rows(
        "SELECT source, toString(sum(toDecimal256(amount, 12))) AS total FROM current_allocations GROUP BY source ORDER BY source",
      ),
    ).toEqual([
      { source: "kubecost", total: "15.89472" }, // 17.16207 of its totals is with network, which is not charged here
      { source: "s3", total: "23.0956789012" },
    ]);
  });

  it("gives each team its own namespace and its tagged buckets", async () => {
    expect(
      await rows(
        `SELECT team_id, toString(sum(toDecimal256(amount, 12))) AS own FROM current_allocations
         WHERE basis = 'direct' AND owner_kind = 'team' GROUP BY team_id ORDER BY team_id`,
      ),
    ).toEqual([
      { team_id: "a", own: "23.8508589012" }, // 11.50518 of team-a's namespace, its unmounted volume included, and 12.3456789012 of S3
      { team_id: "b", own: "10.8525" }, // 3.3525 and 7.5
    ]);
  });

  it("splits the shared namespace by MLflow runs: 1 and 3 of 7, and 3 belong to nobody", async () => {
    expect(
      await rows(
        `SELECT owner_kind, team_id, any(driver_quantity) AS runs, any(driver_total) AS of, toString(sum(toDecimal256(amount, 12))) AS share
         FROM current_allocations WHERE pool = 'platform' GROUP BY owner_kind, team_id ORDER BY owner_kind, team_id`,
      ),
    ).toMatchObject([
      { team_id: "a", runs: "1", of: "7" },
      { team_id: "b", runs: "3", of: "7" },
      { owner_kind: "unallocated", runs: "3", of: "7" },
    ]);
  });
});
