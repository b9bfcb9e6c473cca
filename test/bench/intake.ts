import { gzipSync } from "node:zlib";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertEncoded } from "@apportion/clickhouse/insert";
import type { CostFactRow, Reading } from "@apportion/domain/facts";
import { addDays, chargePeriodOf, parseDay } from "@apportion/domain/period";
import { TOPICS } from "@apportion/events/catalogue";
import { inflate, openChunk, rowsOfChunk } from "@apportion/events/chunk";
import { createIntake } from "@apportion/intake/service";
import { NO_DOLLAR_OWNERS } from "@apportion/platform/dollar-owners";
import { createReadingPublisher } from "@apportion/readings/publisher";
import { INTAKE_GROUP } from "@apportion/recovery/groups";
import { createRecovery } from "@apportion/recovery/recovery";
import { allocationConfig } from "@apportion/registry/allocation";
import { silentLogger } from "@apportion/runtime/logger";
import { withEngine } from "./engine.js";
import type { Finding } from "./finding.js";
import { seconds } from "./measured.js";

/** Enough that a tenth of a second to start, and the last batches beside which nothing runs, do not count. */
const SNAPSHOTS = 180;
const ROWS_PER_SNAPSHOT = 10_000;
const LEAST_SHARE = 1.3;

/**
 * Readings through intake, and the same rows as gzipped JSON, a line each, inflated and inserted bare by the same client, half before and
 * half after it. Bare inserts run as many at a time as intake has partitions; what intake does beside inserting is to read the log, to look
 * at each chunk's columns, to prove every snapshot against its seal and to make it visible.
 */
export async function benchIntake(): Promise<Finding> {
  return withEngine(async ({ clickhouse, log }) => {
    await clickhouse.command({ query: "CREATE TABLE bare_facts AS cost_facts" });
    const publisher = await createReadingPublisher({
      log,
      clock: () => new Date(),
      currency: "USD",
      producer: "/bench",
    });
    for (let index = 0; index < SNAPSHOTS; index++) await publisher.publish(readingOf(index));
    const chunks: Uint8Array[] = [];
    for await (const { headers, value } of log.replay(TOPICS.readings.name)) {
      if (headers["ce_chunk"] !== undefined) chunks.push(await asJson(headers, value));
    }
    const rows = SNAPSHOTS * ROWS_PER_SNAPSHOT;
    const half = Math.floor(chunks.length / 2);

    const bareBefore = await seconds(() => insertBare(clickhouse, chunks.slice(0, half), 0));
    const recovery = createRecovery({ clickhouse, log, logId: "bench", logger: silentLogger, alone: true });
    const intake = createIntake({
      clickhouse,
      log,
      recovery,
      logger: silentLogger,
      currency: "USD",
      dollarOwners: NO_DOLLAR_OWNERS,
      sanity: allocationConfig.parse({}).sanity,
    });
    const through = await seconds(async () => {
      await intake.start();
      while ((await log.lag(INTAKE_GROUP, [TOPICS.readings.name])) > 0)
        await new Promise((resolve) => setTimeout(resolve, 5));
    });
    await intake.stop();
    const bareAfter = await seconds(() => insertBare(clickhouse, chunks.slice(half), half));

    const perSecond = rows / through;
    const barePerSecond = rows / (bareBefore + bareAfter);
    const share = perSecond / barePerSecond;
    const rounded = (value: number): string => Math.round(value).toLocaleString("en");
    const halves = [bareBefore, bareAfter].map((took) => rounded(rows / 2 / took));
    return {
      what: "intake into the embedded ClickHouse, beside the same rows inserted bare as JSONEachRow",
      measured: `${rounded(rows)} rows, ${rounded(perSecond)} a second, ${Math.round(share * 100)} % of ${rounded(barePerSecond)} (${halves.join(" before it, ")} after)`,
      limit: `${LEAST_SHARE * 100} % or more`,
      ok: share >= LEAST_SHARE,
    };
  });
}

/** A chunk as newline-delimited JSON, gzipped. */
async function asJson(headers: Readonly<Record<string, string>>, value: Uint8Array): Promise<Uint8Array> {
  const chunk = await openChunk(headers, value);
  if (!chunk.ok) throw new Error(chunk.reason);
  const { snapshotId, chunk: number } = chunk.data;
  const [, source = "", scope = "", start = ""] = headers["ce_subject"]?.split("/") ?? [];
  const startsAt = Date.parse(start) / 1000;
  const common = {
    snapshot_id: snapshotId,
    chunk: number,
    source,
    scope,
    charge_period_start: startsAt,
    charge_period_end: startsAt + 86_400,
  };
  const rows = await rowsOfChunk(chunk.data);
  return gzipSync(rows.map((row) => `${JSON.stringify({ ...common, ...row })}\n`).join(""), { level: 1 });
}

async function insertBare(
  clickhouse: ClickHouse,
  chunks: readonly Uint8Array[],
  from: number,
): Promise<void> {
  const waiting = [...chunks.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const rows = await inflate(next[1]);
      if (!rows.ok) throw new Error(rows.reason);
      await insertEncoded(clickhouse, "bare_facts", "JSONEachRow", rows.data, {
        token: `bare/${from + next[0]}`,
      });
    }
  };
  await Promise.all(Array.from({ length: TOPICS.readings.partitions }, worker));
}

function readingOf(index: number): Reading<"cost"> {
  const day = addDays(parseDay("2026-10-01"), index % 30);
  return {
    key: {
      dataset: "cost",
      source: "kubecost",
      scope: `cluster-${Math.floor(index / 6)}`,
      chargePeriod: chargePeriodOf(day),
    },
    finality: "final",
    rows: Array.from({ length: ROWS_PER_SNAPSHOT }, (_, row) => factOf(index, row)),
  };
}

/** Hours with the six places that Kubecost's are kept with. */
function used(row: number, hoursMax: number): string {
  return ((((row * 7919) % 1_000_003) / 1_000_003) * hoursMax).toFixed(6);
}

/** As Kubecost gives them by container, without the parts that few have. */
function factOf(index: number, row: number): CostFactRow {
  const cost = `${(row * 7919 + index) % 100}.${String((row * 104_729) % 100_000).padStart(5, "0")}`;
  return {
    kind: "workload",
    cluster: `cluster-${Math.floor(index / 6)}`,
    namespace: `team-${row % 100}`,
    controller_kind: "deployment",
    controller: `workload-${row % 1_000}`,
    pod: `workload-${row % 1_000}-${((row * 2_654_435_761) % 2 ** 32).toString(36)}`,
    container: "app",
    team_label: `team-${row % 100}`,
    cost_center: `cc-${row % 100}`,
    usage_type: "",
    cpu_cost: cost,
    gpu_cost: "0",
    ram_cost: "0",
    pv_cost: "0",
    load_balancer_cost: "0",
    network_cost_info: "0",
    effective_cost: cost,
    billed_cost: cost,
    cpu_core_hours: "24",
    cpu_request_core_hours: used(row, 24),
    cpu_usage_core_hours: used(row, 18),
    gpu_hours: "0",
    ram_gib_hours: "96",
    ram_request_gib_hours: used(row, 96),
    ram_usage_gib_hours: used(row, 72),
  };
}
