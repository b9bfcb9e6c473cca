import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import type { Finding } from "./finding.js";
import { runMeasured } from "./measured.js";

const CONTAINERS = 60_000;
const DAYS = 3;
const SECONDS_MAX = 90;
const MEMORY_MIB_MAX = 1024;
const READER = fileURLToPath(new URL("kubecost-reader.js", import.meta.url));

/** Days of 60,000 containers each, served as OpenCost prints them, read and published by a process of its own; then read again. */
export async function benchKubecost(): Promise<Finding[]> {
  const server = createServer((request, response) => {
    const [start = "", end = ""] = (
      new URL(request.url ?? "", "http://x").searchParams.get("window") ?? ""
    ).split(",");
    void serve({ start, end }, async (text) => {
      if (!response.write(text)) await once(response, "drain");
    }).then(() => response.end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  try {
    const { stdout, peakMib } = await runMeasured([READER, `http://127.0.0.1:${port}`, String(DAYS)]);
    const [first, second] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { published: number; unchanged: number; seconds: number });
    const perDay = (first?.seconds ?? 0) / DAYS;
    return [
      {
        what: `a day (24 h) of ${CONTAINERS.toLocaleString("en")} containers read, parsed and published`,
        measured: `${perDay.toFixed(1)} s`,
        limit: `under ${SECONDS_MAX} s`,
        ok: first?.published === DAYS && perDay < SECONDS_MAX,
      },
      {
        what: `its process at most, over ${DAYS} such days`,
        measured: `${peakMib} MiB`,
        limit: `under ${MEMORY_MIB_MAX} MiB`,
        ok: peakMib < MEMORY_MIB_MAX,
      },
      {
        what: `the same ${DAYS} days read again without a change`,
        measured: `${second?.published} readings published, in ${second?.seconds.toFixed(1)} s`,
        limit: "0 published",
        ok: second?.published === 0 && second.unchanged === DAYS,
      },
    ];
  } finally {
    server.close();
  }
}

async function serve(
  window: { start: string; end: string },
  write: (text: string) => Promise<void>,
): Promise<void> {
  await write('{"code":200,"status":"success","data":[{');
  for (let index = 0; index < CONTAINERS; index++)
    await write(`${index === 0 ? "" : ","}${allocation(index, window)}`);
  await write("}]}");
}

function allocation(index: number, window: { start: string; end: string }): string {
  const namespace = `team-${index % 100}`;
  const controller = `workload-${Math.floor(index / 4)}`;
  const pod = `${controller}-${index.toString(36)}`;
  const name = `large/node-${index % 500}/${namespace}/${pod}/main`;
  const cost = (salt: number): number => ((index * salt) % 100_000) / 100_000;
  return `${JSON.stringify(name)}:${JSON.stringify({
    name,
    properties: {
      cluster: "large",
      node: `node-${index % 500}`,
      container: "main",
      controller,
      controllerKind: "deployment",
      namespace,
      pod,
      providerID: `i-${index % 500}`,
      labels: {
        app: controller,
        team: `team-${index % 100}`,
        cost_center: `cc-${index % 100}`,
        app_kubernetes_io_managed_by: "argocd",
      },
      namespaceLabels: { team: `team-${index % 100}`, kubernetes_io_metadata_name: namespace },
    },
    window,
    start: window.start,
    end: window.end,
    minutes: 1440,
    cpuCores: 1,
    cpuCoreRequestAverage: 1,
    cpuCoreUsageAverage: 0.5,
    cpuCoreHours: 24,
    cpuCost: cost(7919),
    cpuCostAdjustment: 0,
    cpuCostIdle: 0,
    cpuEfficiency: 0.5,
    gpuCount: 0,
    gpuRequestAverage: 0,
    gpuUsageAverage: 0,
    gpuHours: 0,
    gpuCost: 0,
    gpuCostAdjustment: 0,
    gpuCostIdle: 0,
    gpuEfficiency: 0,
    networkTransferBytes: 1e6,
    networkReceiveBytes: 1e6,
    networkCost: 0.00001,
    networkCrossZoneCost: 0,
    networkCrossRegionCost: 0,
    networkInternetCost: 0,
    networkCostAdjustment: 0,
    loadBalancerCost: 0,
    loadBalancerCostAdjustment: 0,
    pvBytes: 0,
    pvByteHours: 0,
    pvCost: 0,
    pvs: null,
    pvCostAdjustment: 0,
    ramBytes: 4e9,
    ramByteRequestAverage: 4e9,
    ramByteUsageAverage: 2e9,
    ramByteHours: 9.6e10,
    ramCost: cost(104_729),
    ramCostAdjustment: 0,
    ramCostIdle: 0,
    ramEfficiency: 0.5,
    externalCost: 0,
    sharedCost: 0,
    totalCost: 1,
    totalEfficiency: 0.5,
    rawAllocationOnly: { cpuCoreUsageMax: 0.7, ramByteUsageMax: 3e9 },
    lbAllocations: null,
  })}`;
}
