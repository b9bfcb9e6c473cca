import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDemoConfig } from "apportion/demo/demo-config";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { createClickHouse, type ClickHouse } from "@apportion/clickhouse/client";
import { startEmbeddedClickHouse, type EmbeddedClickHouse } from "@apportion/clickhouse/embedded/supervisor";
import { formatPicos } from "@apportion/domain/money";
import { billingPeriodOf, dayOf } from "@apportion/domain/period";
import { freePort } from "@apportion/kafka-broker/free-port";
import { startKafka, type KafkaBroker } from "@apportion/kafka-broker/start";
import { silentLogger } from "@apportion/runtime/logger";
import { openMailbox, type Mailbox } from "@apportion/simulator/mailbox";
import { startSimulator, type Simulator } from "@apportion/simulator/simulator";
import { startCli, type RunningCli } from "./cli.js";

const SERVICES = [
  "intake",
  "allocator",
  "ledger",
  "notifier",
  "collector-kubecost",
  "collector-s3",
  "collector-usage",
];
const WAIT_MS = 90_000;

/** A process for each service, with Kafka between them and ClickHouse behind a URL, as docker-compose.yml runs them. */
describe("one process for each service", { timeout: 180_000 }, () => {
  let folder: string;
  let kafka: KafkaBroker;
  let engine: EmbeddedClickHouse;
  let clickhouse: ClickHouse;
  let simulator: Simulator;
  let mailbox: Mailbox;
  let running: RunningCli[] = [];
  let healthPorts: number[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "apportion-distributed-"));
    [kafka, engine] = await Promise.all([
      startKafka(),
      startEmbeddedClickHouse({ dataDir: folder, logger: silentLogger }),
    ]);
    clickhouse = createClickHouse(engine);
    const now = new Date();
    simulator = await startSimulator({ seed: 8, asOf: now });
    mailbox = await openMailbox(join(folder, "mail"));
    const file = writeDemoConfig(folder, simulator, mailbox, billingPeriodOf(dayOf(now)));
    const config = parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    writeFileSync(
      file,
      stringify({
        ...config,
        logLevel: "info",
        eventLog: { kind: "kafka", brokers: [kafka.address], prefix: kafka.prefix },
        clickhouse: {
          kind: "server",
          url: engine.url,
          username: engine.username,
          database: engine.database,
          password: { env: "CLICKHOUSE_PASSWORD" },
        },
      }),
    );
    healthPorts = await Promise.all(SERVICES.map(() => freePort()));
    running = SERVICES.map((service, index) => {
      const args = ["up", "--service", service, "--config", file, "--data", join(folder, service)];
      return startCli(
        [...args, "--health-port", String(healthPorts[index])],
        service.startsWith("collector-") ? {} : { CLICKHOUSE_PASSWORD: engine.password.reveal() },
      );
    });
    await Promise.all(running.map((each) => each.said("Ctrl+C ends it")));
  }, 180_000);
  afterAll(async () => {
    for (const each of running) each.process.kill("SIGKILL");
    await clickhouse.close();
    await Promise.all([simulator.stop(), mailbox.stop(), engine.stop(), kafka.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const total = async (): Promise<string> => {
    const answer = await clickhouse.query({
      query:
        "SELECT toString(sum(toDecimal256(amount, 12))) AS total FROM current_allocations WHERE source != 'rate-variance'",
      format: "JSONEachRow",
    });
    return (await answer.json<{ total: string }>())[0]?.total ?? "";
  };

  it("charges what the simulator served", async () => {
    const served = (): string => formatPicos(simulator.ledger.totalOf(""));
    const deadline = Date.now() + WAIT_MS;
    let found = await total();
    while (found === "0" || found !== served()) {
      if (Date.now() > deadline) throw new Error(`allocated ${found} of ${served()} that were served`);
      await new Promise((resolve) => setTimeout(resolve, 250));
      found = await total();
    }
    expect(found).toBe(served());
  });

  it("has each process ready, with what it looked at", async () => {
    for (const port of healthPorts) {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
      const { findings } = (await answer.json()) as { findings: { what: string; ok: boolean }[] };
      expect(findings.filter(({ ok }) => !ok)).toEqual([]);
      expect(answer.status).toBe(200);
      expect(findings.map(({ what }) => what)).toEqual(expect.arrayContaining(["start", "event log"]));
    }
    const [intakePort] = healthPorts;
    const text = await (await fetch(`http://127.0.0.1:${intakePort}/readyz`)).text();
    for (const expected of ["ClickHouse", "migrations", "last reading of kubecost"])
      expect(text).toContain(expected);
  });

  it("ends each service when it is asked to, each line of which was JSON", async () => {
    for (const each of running) each.process.kill("SIGTERM");
    const results = await Promise.all(running.map((each) => each.result));
    expect(results.map(({ code }) => code)).toEqual(SERVICES.map(() => 0));
    const logs = new Map(
      results.map(({ stderr }, index) => [SERVICES[index], stderr.trim().split("\n").map(parseLine)]),
    );
    for (const [service, lines] of logs) {
      expect(lines.length).toBeGreaterThan(2);
      for (const line of lines)
        expect(line).toMatchObject({ service, version: expect.any(String) as string });
      expect(new Set(lines.map((line) => line["process"])).size).toBe(1);
      expect(lines.filter(({ level }) => level === "error")).toEqual([]);
    }
    const traces = (service: string, msg: string): unknown[] =>
      (logs.get(service) ?? []).filter((line) => line["msg"] === msg).map((line) => line["traceId"]);
    const published = traces("collector-kubecost", "reading published");
    expect(published.length).toBeGreaterThan(0);
    expect(traces("intake", "reading is visible")).toEqual(expect.arrayContaining(published));
    const sealed = traces("allocator", "allocation sealed");
    const evaluated = traces("notifier", "budgets evaluated");
    expect(sealed.some((traceId) => evaluated.includes(traceId))).toBe(true);
  });
});

const LINE_FIELDS = ["level", "time", "service", "process", "version", "msg"];

function parseLine(text: string): Record<string, unknown> {
  const line = JSON.parse(text) as Record<string, unknown>;
  expect(Object.keys(line)).toEqual(expect.arrayContaining(LINE_FIELDS));
  return line;
}
