import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { openMailbox, type Mailbox } from "@apportion/simulator/mailbox";
import { startSimulator, type Simulator } from "@apportion/simulator/simulator";
import { writeDemoConfig } from "../demo/demo-config.js";
import { collect } from "./collect.js";
import type { CommandContext } from "./context.js";

const NOW = new Date("2026-11-04T00:00:00Z");

let data: string;
let simulator: Simulator;
let mailbox: Mailbox;
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "apportion-collect-"));
  simulator = await startSimulator({ seed: 5, asOf: NOW });
  mailbox = await openMailbox(join(data, "mail"));
});
afterEach(async () => {
  await mailbox.stop();
  await simulator.stop();
  rmSync(data, { recursive: true, force: true });
});

it("says how many of the days it read wait in quarantine, and fails while they do", async () => {
  const config = writeDemoConfig(data, simulator, mailbox, parseBillingPeriod("2026-10"));
  const strict = "allocation:\n  sanity: { costPerDayMax: '1.00' }";
  writeFileSync(
    config,
    readFileSync(config, "utf8").replace("allocation:", strict).replace("warn", "silent"),
  );
  const said: string[] = [];
  const stdout = { write: (text: string) => said.push(text) } as unknown as NodeJS.WritableStream;
  const stderr = { write: () => true } as unknown as NodeJS.WritableStream;
  const context: CommandContext = { env: {}, stdout, stderr, now: () => NOW };
  const days = { from: "2026-11-01", to: "2026-11-02" };
  expect(await collect(context, { ...days, config, data })).toBe(false);
  expect(said.join("")).toMatch(
    /^11 readings published, 0 unchanged, 0 failed\n7 in quarantine: see `apportion quarantine list`\n$/,
  );
  said.length = 0;
  expect(await collect(context, { ...days, source: "mlflow", config, data })).toBe(true);
  expect(said.join("")).toBe("0 readings published, 1 unchanged, 0 failed\n");
});
