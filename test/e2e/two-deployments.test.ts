import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { writeDemoConfig } from "apportion/demo/demo-config";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { createClickHouse, type ClickHouse } from "@apportion/clickhouse/client";
import { startEmbeddedClickHouse, type EmbeddedClickHouse } from "@apportion/clickhouse/embedded/supervisor";
import { billingPeriodOf, dayOf } from "@apportion/domain/period";
import { openKafkaLog } from "@apportion/event-log/kafka/log";
import { TOPICS } from "@apportion/events/catalogue";
import { startKafka, type KafkaBroker } from "@apportion/kafka-broker/start";
import { silentLogger } from "@apportion/runtime/logger";
import { openMailbox, type Mailbox } from "@apportion/simulator/mailbox";
import { startSimulator, type Simulator } from "@apportion/simulator/simulator";
import { runCli, startCli, type RunningCli } from "./cli.js";

describe("two deployments on one prefix", { timeout: 180_000 }, () => {
  let folder: string;
  let kafka: KafkaBroker;
  let engine: EmbeddedClickHouse;
  let simulator: Simulator;
  let mailbox: Mailbox;
  let clickhouse: ClickHouse;
  let env: Record<string, string>;
  const running: RunningCli[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "apportion-two-"));
    [kafka, engine] = await Promise.all([
      startKafka(),
      startEmbeddedClickHouse({ dataDir: folder, logger: silentLogger }),
    ]);
    clickhouse = createClickHouse(engine);
    env = { CLICKHOUSE_PASSWORD: engine.password.reveal() };
    simulator = await startSimulator({ seed: 8, asOf: new Date() });
    mailbox = await openMailbox(join(folder, "mail"));
  }, 180_000);
  afterAll(async () => {
    for (const { process } of running) process.kill("SIGKILL");
    await clickhouse.close();
    await Promise.all([simulator.stop(), mailbox.stop(), engine.stop(), kafka.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const configured = (database: string, host = "127.0.0.1"): string => {
    const file = writeDemoConfig(folder, simulator, mailbox, billingPeriodOf(dayOf(new Date())));
    const config = parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    const named = join(folder, `${database}-${host}.yaml`);
    const url = engine.url.replace("127.0.0.1", host);
    const { username } = engine;
    writeFileSync(
      named,
      stringify({
        ...config,
        eventLog: { kind: "kafka", brokers: [kafka.address], prefix: kafka.prefix },
        clickhouse: { kind: "server", url, username, database, password: { env: "CLICKHOUSE_PASSWORD" } },
      }),
    );
    return named;
  };
  const service = (name: string, file: string): RunningCli => {
    const args = ["up", "--service", name, "--config", file, "--data", join(folder, name)];
    const started = startCli(args, name.startsWith("collector-") ? {} : env);
    running.push(started);
    return started;
  };
  /** What only collectors and openings write: the allocator that runs on works meanwhile. */
  const published = async (): Promise<Record<string, number>> => {
    const log = openKafkaLog(
      {
        kind: "kafka",
        brokers: [kafka.address],
        prefix: kafka.prefix,
        clientId: "test",
        replicationFactor: 1,
        tls: false,
      },
      silentLogger,
    );
    const counts: Record<string, number> = {};
    for (const { name } of [TOPICS.readings, TOPICS.seals, TOPICS.deployment, TOPICS.deadLetters]) {
      counts[name] = 0;
      for await (const _ of log.replay(name)) counts[name] += 1;
    }
    await log.close();
    return counts;
  };
  /** Once the collector that runs on has read what there is: it reads days of the past, each once. */
  const publishedAll = async (): Promise<Record<string, number>> => {
    let [before, now] = [await published(), await published()];
    for (const deadline = Date.now() + 60_000; JSON.stringify(before) !== JSON.stringify(now);) {
      if (Date.now() > deadline) throw new Error("the collector reads on and on");
      await pause(1_000);
      [before, now] = [now, await published()];
    }
    return now;
  };
  const idOf = async (database: string): Promise<string | undefined> => {
    const query = `SELECT deployment_id FROM ${database}.deployment`;
    const answer = await clickhouse.query({ query, format: "JSONEachRow" });
    return (await answer.json<{ deployment_id: string }>())[0]?.deployment_id;
  };

  it("lets the collector start first, and gives the database the id that it proposed", async () => {
    const file = configured("apportion");
    await service("collector-s3", file).said("Ctrl+C ends it");
    await service("allocator", file).said("Ctrl+C ends it");
    expect(await idOf("apportion")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("refuses the other one's services and commands, names both, and touches nothing", async () => {
    const before = await publishedAll();
    const id = await idOf("apportion");
    const file = configured("other");
    const place = (database: string): string => `${engine.url.replace("http://", "")}/${database}`;
    for (const name of ["allocator", "collector-s3", "notifier"]) {
      const { code, stderr } = await service(name, file).result;
      expect({ name, code }).toEqual({ name, code: 1 });
      for (const words of [String(id), place("apportion"), place("other"), kafka.prefix, "eventLog.prefix"])
        expect(stderr).toContain(words);
    }
    for (const command of [
      ["doctor"],
      ["collect", "--from", "2026-10-01", "--to", "2026-10-02"],
      ["migrate"],
    ]) {
      const { code, stderr } = await runCli([...command, "--config", file, "--data", folder], env);
      expect({ command, code }).toEqual({ command, code: 1 });
      expect(stderr).toContain(place("apportion"));
    }
    expect(await idOf("other")).toBeUndefined();
    expect(
      await clickhouse
        .query({ query: "SELECT snapshot_id FROM other.snapshots", format: "JSONEachRow" })
        .then((answer) => answer.json()),
    ).toEqual([]);
    expect(await published()).toEqual(before);
    expect(running.slice(0, 2).map(({ process }) => process.exitCode)).toEqual([null, null]);
  });

  it("says in doctor which deployment it is", async () => {
    const args = ["doctor", "--json", "--config", configured("apportion"), "--data", folder];
    const { stdout, code, stderr } = await runCli(args, env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const findings = JSON.parse(stdout) as { what: string; detail: string }[];
    const { detail } = findings.find(({ what }) => what === "deployment") ?? { detail: "" };
    expect(detail).toContain(String(await idOf("apportion")));
  });

  it("knows a database by another name once `migrate` has used it, and by the first one still", async () => {
    const renamed = configured("apportion", "localhost");
    const refused = await service("collector-s3", renamed).result;
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("apportion migrate");
    expect((await runCli(["migrate", "--config", renamed, "--data", folder], env)).code).toBe(0);
    await service("collector-s3", renamed).said("Ctrl+C ends it");
    const first = configured("apportion");
    await service("collector-s3", first).said("Ctrl+C ends it");
    await service("allocator", first).said("Ctrl+C ends it");
    await service("collector-s3", renamed).said("Ctrl+C ends it");
  });

  it("lets a new database replace one that is lost, when an operator says so", async () => {
    const args = ["migrate", "--config", configured("other"), "--data", folder];
    expect((await runCli(args, env)).code).toBe(1);
    const id = await idOf("apportion");
    expect((await runCli([...args, "--replace-database"], env)).code).toBe(0);
    expect(await idOf("other")).toBe(id);
  });
});

describe("folders of two deployments", { timeout: 120_000 }, () => {
  it("are not used together", async () => {
    const folder = mkdtempSync(join(tmpdir(), "apportion-folders-"));
    const config = join(folder, "apportion.yaml");
    writeFileSync(config, stringify({ currency: "USD", teams: [{ id: "search", costCenter: "cc-1" }] }));
    const migrate = (data: string) => runCli(["migrate", "--config", config, "--data", join(folder, data)]);
    for (const data of ["one", "two"]) {
      const { code, stderr } = await migrate(data);
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.anything() });
    }
    rmSync(join(folder, "one", "clickhouse"), { recursive: true });
    renameSync(join(folder, "two", "clickhouse"), join(folder, "one", "clickhouse"));
    const { code, stderr } = await migrate("one");
    expect(code).toBe(1);
    expect(stderr).toContain("Two deployments on one event log");
    // Without tables, and without a log, the folder is one deployment's again.
    rmSync(join(folder, "one", "event-log"), { recursive: true });
    expect((await migrate("one")).code).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });
});
