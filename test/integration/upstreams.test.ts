import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CreateBucketCommand, PutBucketTaggingCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awsConfig, type AwsConfig } from "@apportion/aws/config";
import { createCostExplorer } from "@apportion/aws/cost-explorer";
import { s3ByTag } from "@apportion/aws/questions";
import { createBucketClient } from "@apportion/collector-s3/buckets";
import { s3Config } from "@apportion/collector-s3/config";
import { toStorageFacts } from "@apportion/collector-s3/parse";
import { createByteMeter } from "@apportion/collector-network/bytes";
import { networkConfig } from "@apportion/collector-network/config";
import { usageConfig, type UsageConfig } from "@apportion/collector-usage/config";
import { mlflowMeter } from "@apportion/collector-usage/mlflow/meter";
import { prometheusMeter } from "@apportion/collector-usage/prometheus/meter";
import { utilisationConfig } from "@apportion/collector-utilisation/config";
import { type Gauge, prometheusGauge } from "@apportion/collector-utilisation/gauge";
import { kubecostConfig } from "@apportion/collector-kubecost/config";
import { kubecostSource } from "@apportion/collector-kubecost/service";
import { addDays, chargePeriodOf, dayOf, parseDay } from "@apportion/domain/period";
import { freePort } from "@apportion/kafka-broker/free-port";
import { isFailed } from "@apportion/readings/source";
import { Secret } from "@apportion/runtime/secret";
import { hasPrometheus, hasPython, prometheusPrograms, pythonPrograms } from "./installed.js";
import { startProgram, type RunningProgram } from "./program.js";

const DAY = parseDay("2026-11-22");
const PERIOD = chargePeriodOf(DAY);
const NOW = new Date("2026-11-24T00:00:00Z");
const at = (time: string): number => Date.parse(`2026-11-22T${time}Z`);
const signal = (): AbortSignal => AbortSignal.timeout(60_000);
const HOOK_MS = 12 * 60_000;

/** In CI they are required: a missing Python fails there instead of being skipped. */
const isRequired = process.env["CI"] !== undefined;
if (!hasPython) process.stderr.write("SKIPPED: real MLflow and moto need python3 with venv\n");
if (!hasPrometheus)
  process.stderr.write("SKIPPED: a real Prometheus needs promtool, or apt-get to fetch it\n");

describe.skipIf(!hasPython && !isRequired)("a real MLflow", () => {
  let mlflow: RunningProgram;
  let config: (counts: "runs" | "run-hours" | "artifact-bytes") => UsageConfig["mlflow"][number];
  const post = async (what: string, body: object): Promise<unknown> => {
    const answer = await fetch(`${mlflow.url}/api/2.0/mlflow/${what}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${what}: ${await answer.text()}`);
    return answer.json();
  };
  const tags = (team?: string): object[] => (team === undefined ? [] : [{ key: "team", value: team }]);
  const experiment = async (name: string, team?: string): Promise<string> =>
    ((await post("experiments/create", { name, tags: tags(team) })) as { experiment_id: string })
      .experiment_id;
  const run = async (
    experiment_id: string,
    start: string,
    hours: number | undefined,
    team?: string,
  ): Promise<string> => {
    const start_time = at(start);
    const created = (await post("runs/create", { experiment_id, start_time, tags: tags(team) })) as {
      run: { info: { run_id: string } };
    };
    const { run_id } = created.run.info;
    if (hours !== undefined)
      await post("runs/update", { run_id, status: "FINISHED", end_time: start_time + hours * 3_600_000 });
    return run_id;
  };
  beforeAll(async () => {
    const port = await freePort();
    mlflow = await startProgram(
      path.join(pythonPrograms(), "mlflow"),
      (on, folder) => [
        "server",
        `--backend-store-uri=sqlite:///${folder}/mlflow.db`,
        `--artifacts-destination=${folder}/artifacts`,
        "--host=127.0.0.1",
        `--port=${on}`,
        "--workers=1",
      ],
      {
        port,
        ready: "/health",
        env: { MLFLOW_DISABLE_TELEMETRY: "true", MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false" },
      },
    );
    config = (counts) =>
      usageConfig.parse({ mlflow: [{ name: "m", url: mlflow.url, counts, meter: `mlflow.${counts}` }] })
        .mlflow[0] as UsageConfig["mlflow"][number];
    const fraud = await experiment("fraud", "fraud");
    const nobody = await experiment("playground");
    await run(fraud, "01:00:00", 2);
    await run(fraud, "02:00:00", 0.5, "search"); // the run's own tag counts before its experiment's
    const deleted = await run(fraud, "03:00:00", 1);
    await post("runs/delete", { run_id: deleted }); // it was used all the same
    await run(nobody, "04:00:00", 1);
    await run(nobody, "23:59:59", undefined, "fraud"); // still running
    await post("runs/create", { experiment_id: fraud, start_time: Date.parse("2026-11-21T23:59:59Z") });
    await post("runs/create", { experiment_id: fraud, start_time: Date.parse("2026-11-23T00:00:00Z") });
    const many = await experiment("many", "bulk");
    for (let index = 0; index < 60; index++) await run(many, "12:00:00", 0.25);
  }, HOOK_MS);
  afterAll(() => mlflow.stop());

  const byTeam = async (counts: "runs" | "run-hours"): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await mlflowMeter(config(counts)).read(PERIOD, NOW, signal())).map(({ team_label, quantity }) => [
        team_label,
        quantity,
      ]),
    );

  it("counts the runs that were made, on their day, by who owns them", async () => {
    expect(await byTeam("runs")).toEqual({ fraud: "3", search: "1", "": "1", bulk: "60" });
  });

  it("measures how long they took", async () => {
    // Of those of fraud one ran since the day before, and one more began in the last second; neither has ended.
    expect(await byTeam("run-hours")).toEqual({
      fraud: "27.000277777777",
      search: "0.5",
      "": "1",
      bulk: "15",
    });
  });

  it("finds no artifacts where none were logged", async () => {
    const rows = await mlflowMeter(config("artifact-bytes")).read(PERIOD, NOW, signal());
    expect(rows.every(({ quantity, unit }) => quantity === "0" && unit === "bytes")).toBe(true);
  }, 60_000);
});

describe.skipIf(!hasPython && !isRequired)("moto's AWS", () => {
  let moto: RunningProgram;
  let aws: AwsConfig;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const today = dayOf(new Date());
  beforeAll(async () => {
    const port = await freePort();
    moto = await startProgram(
      path.join(pythonPrograms(), "moto_server"),
      (on) => ["-H", "127.0.0.1", "-p", String(on)],
      { port, ready: "/moto-api/" },
    );
    aws = awsConfig.parse({
      accounts: ["111122223333"],
      costExplorerEndpoint: moto.url,
      s3Endpoint: moto.url,
      cloudWatchEndpoint: moto.url,
      chargeBy: "UnblendedCost",
      credentials: { accessKeyId: new Secret("test"), secretAccessKey: new Secret("test") },
    });
    const s3 = new S3Client({ region: "us-east-1", endpoint: moto.url, forcePathStyle: true, credentials });
    for (const [Bucket, team] of [
      ["ml-fraud", "fraud"],
      ["ml-scratch", undefined],
    ] as const) {
      await s3.send(new CreateBucketCommand({ Bucket }));
      if (team)
        await s3.send(
          new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: "team", Value: team }] } }),
        );
    }
    const cloudWatch = new CloudWatchClient({ region: "us-east-1", endpoint: moto.url, credentials });
    await cloudWatch.send(
      new PutMetricDataCommand({
        Namespace: "AWS/S3",
        MetricData: [
          {
            MetricName: "BucketSizeBytes",
            Dimensions: [
              { Name: "BucketName", Value: "ml-fraud" },
              { Name: "StorageType", Value: "StandardStorage" },
            ],
            Timestamp: new Date(`${addDays(today, -1)}T00:30:00Z`), // a day late, as AWS tells it
            Value: 5_000_000_000,
          },
          {
            MetricName: "NumberOfObjects",
            Dimensions: [
              { Name: "BucketName", Value: "ml-fraud" },
              { Name: "StorageType", Value: "AllStorageTypes" },
            ],
            Timestamp: new Date(`${addDays(today, -1)}T00:30:00Z`),
            Value: 1_234,
          },
        ],
      }),
    );
  }, HOOK_MS);
  afterAll(() => moto.stop());

  it("lists buckets with their tag and size, the untagged too", async () => {
    const client = createBucketClient(aws, s3Config.parse({ sizes: true }), "111122223333");
    const rows = await client.inventory(today, signal());
    expect(Object.fromEntries(rows.map(({ bucket, team_label }) => [bucket, team_label]))).toEqual({
      "ml-fraud": "fraud",
      "ml-scratch": "",
    });
    expect(rows.find(({ bucket }) => bucket === "ml-fraud")).toMatchObject({
      storage_class: "StandardStorage",
      size_bytes: "5000000000",
      objects: "1234",
      size_day: addDays(today, -1),
    });
  });

  it("bills what was put into Cost Explorer, page by page, and asks the same only once", async () => {
    const metrics = (amount: string): object => ({
      UnblendedCost: { Amount: amount, Unit: "USD" },
      UsageQuantity: { Amount: "1", Unit: "N/A" },
    });
    const page = (group: string, amount: string, next?: string): object => ({
      ResultsByTime: [
        {
          TimePeriod: { Start: "2026-11-22", End: "2026-11-23" },
          Total: {},
          Groups: [{ Keys: [group, "EU-TimedStorage-ByteHrs"], Metrics: metrics(amount) }],
          Estimated: false,
        },
      ],
      DimensionValueAttributes: [],
      ...(next !== undefined && { NextPageToken: next }),
    });
    await fetch(`${moto.url}/moto-api/static/ce/cost-and-usage-results`, {
      method: "POST",
      body: JSON.stringify({
        account_id: "123456789012",
        results: [page("team$fraud", "12.3456789012", "2"), page("team$", "3.25")],
      }),
    });
    const costExplorer = createCostExplorer(aws, "USD");
    const bill = await costExplorer.ask(s3ByTag("111122223333", "team"), [DAY], signal());
    const { rows } = toStorageFacts(bill(DAY), {
      account: "111122223333",
      teamTag: "team",
      costPerDayMax: "100",
    });
    expect(rows.map(({ team_label, effective_cost }) => [team_label, effective_cost])).toEqual([
      ["fraud", "12.3456789012"],
      ["", "3.25"],
    ]);
    await costExplorer.ask(s3ByTag("111122223333", "team"), [DAY], signal());
    expect(costExplorer.pages()).toBe(2);
  });
});

describe.skipIf(!hasPrometheus && !isRequired)("a real Prometheus", () => {
  let prometheus: RunningProgram;
  beforeAll(async () => {
    const programs = prometheusPrograms();
    const folder = mkdtempSync(path.join(tmpdir(), "apportion-upstream-"));
    writeFileSync(path.join(folder, "metrics.txt"), openMetrics());
    const built = spawnSync(
      path.join(programs, "promtool"),
      ["tsdb", "create-blocks-from", "openmetrics", "metrics.txt", "data"],
      { cwd: folder, encoding: "utf8" },
    );
    if (built.status !== 0) throw new Error(`promtool: ${built.stdout}${built.stderr}`);
    writeFileSync(path.join(folder, "prometheus.yml"), "global: {}\n");
    const port = await freePort();
    prometheus = await startProgram(
      path.join(programs, "prometheus"),
      (on) => [
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        "--storage.tsdb.retention.time=100y",
        `--web.listen-address=127.0.0.1:${on}`,
      ],
      { port, ready: "/-/ready", folder },
    );
  }, HOOK_MS);
  afterAll(() => prometheus.stop());

  const API_POD = 'namespace="team-a",pod="api-1-x"';
  const API_POD_BEFORE = 'namespace="team-a",pod="api-0-y"';

  const COMPUTE = 'namespace="team-a",resourcequota="compute"';

  function gaugeOf(url: string): Gauge {
    // The day is a Sunday, of which there the first ten hours and the night after them are left: 17 hours.
    const timeZone = "Pacific/Kiritimati";
    const [server] = utilisationConfig.parse({ prometheus: [{ cluster: "one", url }] }).prometheus;
    if (!server) throw new Error("The server is configured");
    return prometheusGauge(server, timeZone);
  }

  /** Counters that grow evenly over the day and two hours around it, a sample each five minutes. */
  function openMetrics(): string {
    const series = [
      ["feast_requests_total", 'team="fraud"', 10],
      ["feast_requests_total", 'team="search"', 30],
      ["feast_requests_total", "", 5],
      [
        "kubecost_pod_network_egress_bytes_total",
        'namespace="team-a",internet="true",same_region="false",same_zone="false"',
        1_000_000,
      ],
      [
        "kubecost_pod_network_egress_bytes_total",
        'namespace="team-a",internet="false",same_region="true",same_zone="false"',
        400_000,
      ],
      [
        "kubecost_pod_network_ingress_bytes_total",
        'namespace="team-a",internet="true",same_region="false",same_zone="false"',
        500_000,
      ],
      [
        "kubecost_pod_network_egress_bytes_total",
        'namespace="team-b",internet="true",same_region="false",same_zone="false"',
        2_000_000,
      ],
      [
        "kubecost_pod_network_ingress_bytes_total",
        'namespace="team-c",internet="true",same_region="false",same_zone="false"',
        250_000,
      ],
      ["container_cpu_usage_seconds_total", `${API_POD},container="app",cpu="total"`, 60],
      ["container_cpu_usage_seconds_total", `${API_POD_BEFORE},container="app",cpu="total"`, 30],
      ["container_cpu_usage_seconds_total", `${API_POD},container="",cpu="total"`, 600],
      ["container_cpu_usage_seconds_total", `${API_POD},container="proxy",cpu="total"`, 3],
      ["container_cpu_cfs_throttled_periods_total", `${API_POD},container="app"`, 750],
      ["container_cpu_cfs_periods_total", `${API_POD},container="app"`, 3_000],
      ["kube_pod_container_status_restarts_total", `${API_POD},container="app"`, 0],
    ] as const;
    const gauges = [
      ["container_memory_working_set_bytes", `${API_POD},container="app"`, 2 * 2 ** 30],
      ["kube_pod_container_resource_requests", `${API_POD},container="app",resource="cpu",unit="core"`, 0.5],
      [
        "kube_pod_container_resource_requests",
        `${API_POD},container="app",resource="memory",unit="byte"`,
        4 * 2 ** 30,
      ],
      ["kube_pod_owner", `${API_POD},owner_kind="ReplicaSet",owner_name="api-1"`, 1],
      ["kube_pod_owner", `${API_POD_BEFORE},owner_kind="ReplicaSet",owner_name="api-0"`, 1],
      [
        "kube_replicaset_owner",
        'namespace="team-a",replicaset="api-1",owner_kind="Deployment",owner_name="api"',
        1,
      ],
      [
        "kube_replicaset_owner",
        'namespace="team-a",replicaset="api-0",owner_kind="Deployment",owner_name="api"',
        1,
      ],
      ["kube_resourcequota", `${COMPUTE},resource="requests.cpu",type="hard"`, 40],
      ["kube_resourcequota", `${COMPUTE},resource="requests.cpu",type="used"`, 0.5],
      ["kube_resourcequota", `${COMPUTE},resource="memory",type="hard"`, 64 * 2 ** 30],
      ["kube_resourcequota", `${COMPUTE},resource="requests.nvidia.com/gpu",type="used"`, 0],
      ["kube_resourcequota", `${COMPUTE},resource="limits.cpu",type="hard"`, 80],
    ] as const;
    const lines: string[] = [];
    for (const name of new Set(series.map(([metric]) => metric))) {
      lines.push(`# TYPE ${name.replace(/_total$/, "")} counter`);
      for (const [metric, labels, perSample] of series) {
        if (metric !== name) continue;
        for (let seconds = -7_200, sample = 0; seconds <= 86_400 + 7_200; seconds += 300, sample++)
          lines.push(`${metric}{${labels}} ${sample * perSample} ${at("00:00:00") / 1000 + seconds}`);
      }
    }
    for (const name of new Set(gauges.map(([metric]) => metric))) {
      lines.push(`# TYPE ${name} gauge`);
      for (const [metric, labels, value] of gauges) {
        if (metric !== name) continue;
        for (let seconds = 0; seconds <= 86_400; seconds += 300)
          lines.push(`${metric}{${labels}} ${value} ${at("00:00:00") / 1000 + seconds}`);
      }
    }
    return `${lines.join("\n")}\n# EOF\n`;
  }

  it("counts what was requested over the day, by team, with what nobody owns", async () => {
    const [config] = usageConfig.parse({
      prometheus: [
        {
          name: "feast",
          url: prometheus.url,
          meter: "feast.requests",
          unit: "requests",
          query: "sum by (team) (increase(feast_requests_total[$window]))",
        },
      ],
    }).prometheus;
    if (!config) throw new Error("The meter is configured");
    const rows = await prometheusMeter(config).read(PERIOD, NOW, signal());
    const counted = Object.fromEntries(
      rows.map(({ team_label, quantity }) => [team_label, Math.round(Number(quantity))]),
    );
    // 288 samples a day, and Prometheus extrapolates to the window's edges.
    expect(counted).toEqual({ fraud: 2880, search: 8640, "": 1440 });
  });

  it("knows how containers used the day what they ask for, by workload", async () => {
    const gauge = gaugeOf(prometheus.url);
    const [api, proxy, quota, ...others] = await gauge.read(PERIOD, NOW, signal());
    expect(others).toEqual([]);
    expect(quota).toEqual({
      namespace: "team-a",
      controller_kind: "resourcequota",
      controller: "compute",
      container: "",
      pods: "0",
      quota_cpu_cores: "40",
      quota_cpu_used_cores: "0.5",
      quota_memory_gib: "64",
      quota_gpus_used: "0.0",
    });
    expect(proxy).toMatchObject({ container: "proxy", busy_off_hours: "0.0" });
    for (const hours of [api?.off_hours, api?.busy_off_hours, proxy?.off_hours])
      expect(Math.abs(Number(hours) - 17)).toBeLessThan(0.2);
    expect(api).toMatchObject({
      namespace: "team-a",
      controller_kind: "deployment",
      controller: "api",
      container: "app",
      pods: "2",
      cpu_request_cores: "0.5",
      memory_max_gib: "2",
      memory_request_gib: "4",
      cpu_throttled_share: "0.25",
      restarts: "0.0",
    });
    expect(Number(api?.cpu_p95_cores)).toBeCloseTo(0.2, 3);
    expect(api).not.toHaveProperty("gpu_utilisation_share");
    expect(api).not.toHaveProperty("memory_limit_gib");
  });

  it("makes no reading of a server that does not know who made its pods", async () => {
    const gauge = gaugeOf(prometheus.url);
    const before = { start: "2020-01-01T00:00:00Z", end: "2020-01-02T00:00:00Z" };
    await expect(gauge.read(before, NOW, signal())).rejects.toThrow("Prometheus has no kube_pod_owner");
  });

  it("measures Kubecost's network bytes by class, and NAT in both directions", async () => {
    const { prometheus: servers } = networkConfig.parse({
      prometheus: [{ cluster: "one", region: "eu-west-1", url: prometheus.url }],
    });
    const bytes = await createByteMeter(servers).read(PERIOD, NOW, signal());
    const of = (
      list: readonly { readonly namespace: string; readonly bytes: bigint }[],
    ): Record<string, number> =>
      Object.fromEntries(
        list.map(({ namespace, bytes: moved }) => [namespace, Math.round(Number(moved) / 1e6)]),
      );
    expect(of(bytes.internet)).toEqual({ "team-a": 288, "team-b": 576 });
    expect(of(bytes["inter-zone"])).toEqual({ "team-a": 115 });
    expect(of(bytes["inter-region"])).toEqual({});
    // team-b only sends, team-c only receives.
    expect(of(bytes.nat)).toEqual({ "team-a": 432, "team-b": 576, "team-c": 72 });
  });
});

const openCostUrl = process.env["OPENCOST_URL"];
describe.skipIf(openCostUrl === undefined)("the OpenCost of OPENCOST_URL", () => {
  it("gives yesterday's allocations of the cluster that OPENCOST_CLUSTER names", async () => {
    const id = process.env["OPENCOST_CLUSTER"] ?? "cluster-one";
    const config = kubecostConfig.parse({ clusters: [{ id, url: openCostUrl }] });
    const source = kubecostSource(config, () => new Date());
    const readings = [];
    for await (const reading of source.read(id, [addDays(dayOf(new Date()), -1)], signal()))
      readings.push(isFailed(reading) ? reading.error.message : reading.rows.length > 0);
    expect(readings).toEqual([true]);
  });
});
