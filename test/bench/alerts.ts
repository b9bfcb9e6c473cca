import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseApportionConfig } from "apportion/config";
import { openSystem } from "apportion/system";
import type { Reading } from "@apportion/domain/facts";
import { addDays, billingPeriodOf, chargePeriodOf, dayOf } from "@apportion/domain/period";
import { startKafka } from "@apportion/kafka-broker/start";
import { createReadingPublisher } from "@apportion/readings/publisher";
import { silentLogger } from "@apportion/runtime/logger";
import { startAll } from "@apportion/runtime/service";
import { type Mailbox, openMailbox } from "@apportion/simulator/mailbox";
import type { Finding } from "./finding.js";
import { percentile, seconds } from "./measured.js";

const TEAMS = Array.from({ length: 30 }, (_, index) => `t${String(index).padStart(2, "0")}`);
const WORKLOADS_A_TEAM = 20;
/** What the workloads of a team cost, so that it is at half of its budget, and past four fifths. */
const [BUDGET, BEFORE, AFTER] = ["1000.00", "25", "42.5"];
const WAIT_MS_MAX = 60_000;
const LOOK_MS = 5;

/**
 * One reading after the other in which one more team passes four fifths of its budget: from its publication to the mail server's yes to the
 * alert, through all services of one process, on the embedded log and on a Kafka broker.
 */
export async function benchAlerts(): Promise<Finding[]> {
  const embedded = finding("in the embedded mode", 5, await latencies({ kind: "embedded" }));
  const broker = await startKafka();
  try {
    const kafka = { kind: "kafka", brokers: [broker.address], prefix: broker.prefix, replicationFactor: 1 };
    return [embedded, finding("over Kafka", 8, await latencies(kafka))];
  } finally {
    await broker.stop();
  }
}

function finding(where: string, secondsMax: number, times: readonly number[]): Finding {
  const p95 = percentile(times, 0.95);
  return {
    what: `A reading published to its alert accepted by the mail server, ${where}, 95th percentile of ${times.length}`,
    measured: `${p95.toFixed(2)} s (half of them within ${percentile(times, 0.5).toFixed(2)} s)`,
    limit: `under ${secondsMax} s`,
    ok: p95 < secondsMax,
  };
}

async function latencies(eventLog: object): Promise<number[]> {
  const dataDir = mkdtempSync(join(tmpdir(), "apportion-bench-alerts-"));
  const mailbox = await openMailbox(join(dataDir, "mail"));
  const system = await openSystem(configOf(eventLog, mailbox), {
    dataDir,
    clock: () => new Date(),
    logger: silentLogger,
  });
  const { platform, services } = system;
  try {
    const running = await startAll(services);
    const publisher = await createReadingPublisher({ ...platform, producer: "/bench" });
    await publisher.publish(readingWith(0));
    const times: number[] = [];
    for (let over = 1; over <= TEAMS.length; over += 1) {
      const took = await seconds(async () => {
        await publisher.publish(readingWith(over));
        await received(mailbox, over);
      });
      times.push(took);
    }
    await running.stop();
    return times;
  } finally {
    await platform.close();
    await mailbox.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function received(mailbox: Mailbox, count: number): Promise<void> {
  const deadline = performance.now() + WAIT_MS_MAX;
  while (mailbox.received < count) {
    if (performance.now() > deadline)
      throw new Error(`${mailbox.received} of ${count} alerts came within ${WAIT_MS_MAX / 1_000} s`);
    await pause(LOOK_MS);
  }
}

/** Of yesterday; on the first of a month of that day itself, so that it is of the running month. */
function readingWith(over: number): Reading<"cost"> {
  const today = dayOf(new Date());
  const day = addDays(today, -1) < `${billingPeriodOf(today)}-01` ? today : addDays(today, -1);
  return {
    key: { dataset: "cost", source: "kubecost", scope: "one", chargePeriod: chargePeriodOf(day) },
    finality: "final",
    rows: TEAMS.flatMap((team, index) =>
      Array.from({ length: WORKLOADS_A_TEAM }, (_, workload) => {
        const cost = index < over ? AFTER : BEFORE;
        return {
          kind: "workload" as const,
          cluster: "one",
          namespace: team,
          controller_kind: "deployment",
          controller: `workload-${workload}`,
          cpu_cost: cost,
          effective_cost: cost,
          billed_cost: cost,
          cpu_core_hours: "24",
        };
      }),
    ),
  };
}

function configOf(eventLog: object, mailbox: Mailbox): Parameters<typeof openSystem>[0] {
  const month = billingPeriodOf(dayOf(new Date()));
  const config = {
    eventLog,
    teams: TEAMS.map((id) => ({
      id,
      costCenter: `cc-${id}`,
      contacts: [`${id}@example.com`],
      budgets: [{ from: month, amount: BUDGET }],
      owns: [{ namespace: id }],
    })),
    explorer: { port: 0 },
    notifier: {
      smtp: { host: mailbox.host, port: mailbox.port, security: "none" },
      from: "finops@example.com",
      finance: ["finance@example.com"],
      reports: { schedule: "off" },
    },
  };
  return parseApportionConfig({ file: "bench.yaml", text: JSON.stringify(config), env: {} });
}
