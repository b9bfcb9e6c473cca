import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startCli } from "./cli.js";

const EMPTY = JSON.stringify({ status: "success", data: { resultType: "vector", result: [] } });

let folder: string;
let prometheus: Server;
let port: number;
/** When Prometheus was asked, in Unix milliseconds. */
const askedAtMs: number[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "apportion-frozen-"));
  prometheus = createServer((request, response) => {
    askedAtMs.push(Date.now());
    request.resume().on("end", () => response.end(EMPTY));
  });
  await new Promise<void>((resolve) => prometheus.listen(0, "127.0.0.1", resolve));
  const address = prometheus.address();
  port = typeof address === "object" && address ? address.port : 0;
});
afterAll(() => {
  prometheus.closeAllConnections();
  prometheus.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A cron expression, with seconds and in UTC, that means this second of each day. */
function cronOf(instant: Date): string {
  return `${instant.getUTCSeconds()} ${instant.getUTCMinutes()} ${instant.getUTCHours()} * * *`;
}
async function until(condition: () => boolean, what: string, deadlineMs = 60_000): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await pause(50);
  }
}

it("reads what became due while the process stood still, once it is let go on", async () => {
  const due = new Date(Date.now() + 45_000);
  const meter = { name: "requests", meter: "requests", unit: "requests", url: `http://127.0.0.1:${port}` };
  const config = {
    teams: [{ id: "search", costCenter: "cc" }],
    usage: { schedule: cronOf(due), prometheus: [{ ...meter, query: "increase(requests[$window])" }] },
  };
  writeFileSync(join(folder, "apportion.yaml"), JSON.stringify(config));
  const running = startCli([
    "up",
    "--config",
    join(folder, "apportion.yaml"),
    "--data",
    join(folder, "data"),
  ]);
  await running.said("readings collected"); // those of its start
  const atStart = askedAtMs.length;
  expect(atStart).toBeGreaterThan(0);
  expect(Date.now()).toBeLessThan(due.getTime());

  running.process.kill("SIGSTOP");
  await until(() => Date.now() > due.getTime() + 5_000, "the due time passes");
  const frozen = askedAtMs.length;
  running.process.kill("SIGCONT");
  await until(() => askedAtMs.length >= 2 * atStart, "the days are read again", 40_000);

  running.process.kill("SIGTERM");
  const { code, stdout, stderr } = await running.result;
  expect(code).toBe(0);
  expect(frozen).toBe(atStart);
  expect(askedAtMs).toHaveLength(2 * atStart);
  // Nothing but our own lines: node-cron would warn of a missed execution.
  expect(`${stdout}${stderr}`).not.toMatch(/node-cron|missed/i);
});
