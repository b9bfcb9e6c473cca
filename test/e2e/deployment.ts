import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandContext } from "apportion/commands/context";
import { allocateStage, collectStage, notifyStage } from "apportion/commands/pipeline";
import { loadConfig, type ApportionConfig } from "apportion/config";
import { writeDemoConfig } from "apportion/demo/demo-config";
import { openSystem, type System } from "apportion/system";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { billingPeriodOf, dayOf, parseDay, previousBillingPeriod } from "@apportion/domain/period";
import { silentLogger } from "@apportion/runtime/logger";
import { openMailbox, type Mailbox } from "@apportion/simulator/mailbox";
import { startSimulator, type Simulator, type SimulatorOptions } from "@apportion/simulator/simulator";

/** The whole system over a simulated platform, in the process of the test, with every clock in its hands. */
export interface Deployment {
  readonly simulator: Simulator;
  readonly system: System;
  readonly clickhouse: ClickHouse;
  readonly mailbox: Mailbox;
  /** The simulated now, for the platform and for the services. */
  setNow(now: string): void;
  /** Reads [from, to) and allocates. Gives the days that could not be read. */
  read(from: string, to: string): Promise<string[]>;
  /** Reads [from, to), allocates, alerts. Gives the days that could not be read. */
  run(from: string, to: string): Promise<string[]>;
  rows(sql: string): Promise<Record<string, string>[]>;
  close(): Promise<void>;
}

export interface DeploymentOptions {
  readonly now: string;
  readonly eventLog?: ApportionConfig["eventLog"];
  readonly simulated?: Omit<SimulatorOptions, "seed" | "asOf">;
  readonly configure?: (config: ApportionConfig) => ApportionConfig;
}

export async function openDeployment({
  now,
  eventLog,
  simulated,
  configure,
}: DeploymentOptions): Promise<Deployment> {
  const dataDir = mkdtempSync(join(tmpdir(), "apportion-e2e-"));
  let current = new Date(now);
  const simulator = await startSimulator({ seed: 5, asOf: current, ...simulated });
  const mailbox = await openMailbox(join(dataDir, "mail"));
  const file = writeDemoConfig(
    dataDir,
    simulator,
    mailbox,
    previousBillingPeriod(billingPeriodOf(dayOf(current))),
  );
  const loaded = loadConfig(file, {});
  const config = { ...loaded, ...(eventLog && { eventLog }) };
  const system = await openSystem(configure?.(config) ?? config, {
    dataDir,
    clock: () => current,
    logger: silentLogger,
  });
  const clickhouse = await system.platform.clickhouse();
  const context = quietContext(() => current);
  const read = async (from: string, to: string): Promise<string[]> => {
    const { failures } = await collectStage(context, system, { from: parseDay(from), to: parseDay(to) });
    await allocateStage(context, system);
    return failures.map(({ error }) => error.message);
  };
  return {
    simulator,
    system,
    clickhouse,
    mailbox,
    setNow(text) {
      current = new Date(text);
      simulator.setAsOf(current);
    },
    read,
    async run(from, to) {
      const failed = await read(from, to);
      await notifyStage(context, system);
      return failed;
    },
    async rows(sql) {
      const answer = await clickhouse.query({ query: sql, format: "JSONEachRow" });
      return answer.json<Record<string, string>>();
    },
    async close() {
      await system.platform.close();
      await mailbox.stop();
      await simulator.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function quietContext(now: () => Date): CommandContext {
  const sink = { write: () => true } as unknown as NodeJS.WritableStream;
  return { env: {}, stdout: sink, stderr: sink, now };
}
