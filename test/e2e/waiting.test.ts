import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { startEmbeddedClickHouse, type EmbeddedClickHouse } from "@apportion/clickhouse/embedded/supervisor";
import { freePort } from "@apportion/kafka-broker/free-port";
import { startKafka, type KafkaBroker } from "@apportion/kafka-broker/start";
import { silentLogger } from "@apportion/runtime/logger";
import { runCli, startCli, type RunningCli } from "./cli.js";
import { createGate, type Gate } from "./gate.js";

const SAID_WITHIN_MS = 5_000;
const POLL = { timeout: 30_000, interval: 100 };

describe("a service whose dependencies are away", { timeout: 120_000 }, () => {
  let folder: string;
  let kafka: KafkaBroker;
  let engine: EmbeddedClickHouse;
  let gates: { readonly kafka: Gate; readonly clickhouse: Gate };
  let file: string;
  let running: RunningCli | undefined;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "apportion-waiting-"));
    [kafka, engine] = await Promise.all([
      startKafka(),
      startEmbeddedClickHouse({ dataDir: folder, logger: silentLogger }),
    ]);
    gates = {
      kafka: await createGate(portOf(`http://${kafka.address}`)),
      clickhouse: await createGate(portOf(engine.url)),
    };
    file = join(folder, "apportion.yaml");
    const { username, database } = engine;
    const password = { env: "CLICKHOUSE_PASSWORD" };
    const url = `http://127.0.0.1:${gates.clickhouse.port}`;
    writeFileSync(
      file,
      stringify({
        currency: "USD",
        eventLog: { kind: "kafka", brokers: [`127.0.0.1:${gates.kafka.port}`], prefix: kafka.prefix },
        clickhouse: { kind: "server", url, username, database, password },
        teams: [{ id: "fraud", costCenter: "cc-1", contacts: ["lead@example.com"] }],
      }),
    );
  }, 120_000);
  afterEach(() => running?.process.kill("SIGKILL"));
  afterAll(async () => {
    await Promise.all([gates.kafka.set("refuses"), gates.clickhouse.set("refuses")]);
    await Promise.all([engine.stop(), kafka.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const env = (password = engine.password.reveal()) => ({ CLICKHOUSE_PASSWORD: password });
  const start = async (password?: string): Promise<{ service: RunningCli; health: string }> => {
    const port = await freePort();
    const args = ["up", "--service", "allocator", "--config", file, "--health-port", String(port)];
    running = startCli(args, env(password));
    await running.said("health is answered");
    return { service: running, health: `http://127.0.0.1:${port}` };
  };

  it.each([
    { state: "refuses", first: "kafka", second: "clickhouse", because: "connection refused" },
    {
      state: "hangs",
      first: "clickhouse",
      second: "kafka",
      because: "it takes the connection, but does not answer",
    },
  ] as const)(
    "waits while a port $state, says where and why, and goes on when $first and then $second are there",
    async ({ state, first, second, because }) => {
      await Promise.all([gates.kafka.set(state), gates.clickhouse.set(state)]);
      const { service, health } = await start();
      const startedMs = Date.now();
      const where = {
        kafka: `Kafka at 127.0.0.1:${gates.kafka.port}`,
        clickhouse: `ClickHouse at http://127.0.0.1:${gates.clickhouse.port}`,
      };
      await Promise.all(Object.values(where).map((each) => service.said(`waiting for ${each} since`)));
      expect(Date.now() - startedMs).toBeLessThan(SAID_WITHIN_MS);
      const ready = async () => {
        const answer = await fetch(`${health}/readyz`);
        return { status: answer.status, text: await answer.text() };
      };
      for (const each of Object.values(where))
        await expect
          .poll(async () => (await ready()).text, POLL)
          .toMatch(new RegExp(`${each} since \\S+: ${because}`));
      expect((await ready()).status).toBe(503);
      expect((await fetch(`${health}/livez`)).status).toBe(200);

      await gates[first].set("open");
      await service.said(`${where[first]} is there`);
      expect((await ready()).text).toContain(`waiting for ${where[second]}`);
      await gates[second].set("open");
      await service.said("Running allocator. Ctrl+C ends it.");
      await expect.poll(async () => (await ready()).status, POLL).toBe(200);
      service.process.kill("SIGTERM");
      expect((await service.result).code).toBe(0);
    },
  );

  it("ends at once when it is asked to while it waits", async () => {
    await Promise.all([gates.kafka.set("hangs"), gates.clickhouse.set("hangs")]);
    const { service } = await start();
    await service.said("waiting for Kafka");
    const startedMs = Date.now();
    service.process.kill("SIGTERM");
    expect((await service.result).code).toBe(0);
    expect(Date.now() - startedMs).toBeLessThan(2_000);
  });

  it("says of wrong credentials that they are wrong", async () => {
    await Promise.all([gates.kafka.set("open"), gates.clickhouse.set("open")]);
    const { service } = await start("a wrong password");
    await service.said(
      "the credentials of user apportion were refused (error 516): check clickhouse.username",
    );
    service.process.kill("SIGTERM");
    const { code, stderr } = await service.result;
    expect(code).toBe(0);
    expect(stderr).not.toContain("a wrong password");
  });

  it.each(["refuses", "hangs"] as const)("is no reason for a command to wait: %s", async (state) => {
    const failing = async (): Promise<string> => {
      const startedMs = Date.now();
      const { code, stderr } = await runCli(["migrate", "--config", file], env());
      expect(code).toBe(1);
      expect(Date.now() - startedMs).toBeLessThan(15_000);
      return stderr;
    };
    await Promise.all([gates.kafka.set(state), gates.clickhouse.set("open")]);
    expect(await failing()).toContain(`Kafka at 127.0.0.1:${gates.kafka.port} cannot be used:`);
    await Promise.all([gates.kafka.set("open"), gates.clickhouse.set(state)]);
    expect(await failing()).toContain(
      `ClickHouse at http://127.0.0.1:${gates.clickhouse.port} cannot be used:`,
    );
  });

  it("does not start on a port for probes that is another's", async () => {
    const { port } = gates.kafka;
    await gates.kafka.set("open");
    const { code, stderr } = await runCli(
      ["up", "--service", "allocator", "--config", file, "--health-port", String(port)],
      env(),
    );
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      level: "error",
      msg: expect.stringContaining(`health: port ${port} of 127.0.0.1 is taken`) as string,
    });
  });
});

function portOf(url: string): number {
  return Number(new URL(url).port);
}
