import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Reading } from "@apportion/domain/facts";
import { chargePeriodOf, type Day } from "@apportion/domain/period";
import type { EventLog } from "@apportion/event-log/log";
import { openEventLog } from "@apportion/event-log/open";
import { TOPICS } from "@apportion/events/catalogue";
import { createHealth, type Health } from "@apportion/runtime/health";
import { silentLogger } from "@apportion/runtime/logger";
import { type Collector, type CollectorConfig, createCollector } from "./collector.js";
import { createReadingPublisher } from "./publisher.js";
import { failedReading, type FailedReading, ReadingError, type Source } from "./source.js";

let folder: string;
let log: EventLog;
let now: Date;
/** Scopes in the order in which they were asked, with how many days each. */
let asked: string[];
let running: Collector[];
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "apportion-schedule-"));
  log = await openEventLog({ kind: "embedded" }, { dataDir: folder, logger: silentLogger });
  await log.ensureTopics(Object.values(TOPICS));
  now = new Date("2026-11-27T06:00:00Z");
  asked = [];
  running = [];
});
afterEach(async () => {
  await stopAll();
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

const PATIENCE = { timeout: 60_000 };

async function stopAll(): Promise<void> {
  for (const collector of running.splice(0)) await collector.stop();
}

/** What the scope answers for a day; a reading where it gives nothing. */
type Answer = (scope: string, day: Day) => ReadingError | Promise<never> | undefined;

function sourceOf(scopes: readonly string[], answer: Answer, more: Partial<Source> = {}): Source {
  return {
    name: "mlflow",
    dataset: "usage",
    scopes,
    async *read(scope, days): AsyncGenerator<Reading | FailedReading> {
      asked.push(`${scope} ${days.length}`);
      for (const day of days) {
        const key = { dataset: "usage" as const, source: "mlflow", scope, chargePeriod: chargePeriodOf(day) };
        const error = await answer(scope, day);
        const rows = [{ meter: "m", unit: "runs", team_label: "a", namespace: "", quantity: "1" }];
        yield error ? failedReading(key, error) : { key, rows, finality: "provisional" };
      }
    },
    ...more,
  };
}

const PAID: CollectorConfig = {
  schedule: "50 5 * * *",
  lookbackDays: 3,
  readsBill: true,
  closedMonths: { schedule: "30 2 * * 0", days: 0 },
};

/** A process with this collector, until `stopAll`. */
async function up(
  source: Source,
  config: Partial<CollectorConfig> = {},
): Promise<{ collector: Collector; health: Health }> {
  const health = createHealth();
  const clock = (): Date => now;
  const publisher = await createReadingPublisher({ log, clock, currency: "USD", producer: "/test" });
  const deps = { name: "test", sources: [source], publisher, clock, logger: silentLogger, health };
  const collector = createCollector(deps, { ...PAID, ...config });
  await collector.start();
  running.push(collector);
  return { collector, health };
}
/** What was asked, when the attempt under way is over and the next is known. */
async function askedThen(health: Health): Promise<string[]> {
  await vi.waitFor(async () => {
    const findings = await health.findings();
    expect(findings.every(({ detail }) => detail.includes("next at"))).toBe(true);
  }, PATIENCE);
  return asked.splice(0);
}
const unavailable = (): ReadingError => new ReadingError("unavailable", "no answer");
/** Three days and the whole month before. */
const ALL = 3 + 24 + 31;

it("pays at its first start, not for each start after that, and for what was missed while no process ran", async () => {
  const source = sourceOf(["one"], () => undefined);
  expect(await askedThen((await up(source)).health)).toEqual([`one ${ALL}`]);
  for (const later of ["2026-11-27T06:00:10Z", "2026-11-27T07:00:00Z", "2026-11-28T05:49:00Z"]) {
    await stopAll();
    now = new Date(later);
    expect(await askedThen((await up(source)).health)).toEqual([]);
  }
  await stopAll();
  now = new Date("2026-11-28T09:00:00Z");
  expect(await askedThen((await up(source)).health)).toHaveLength(1);
});

it("reads at each start what costs nothing", async () => {
  const source = sourceOf(["one"], () => undefined);
  for (let start = 0; start < 2; start++) {
    expect(await askedThen((await up(source, { readsBill: false })).health)).toEqual(["one 3"]);
    await stopAll();
  }
});

it("goes on after a restart with what failed, at its pause, and with what is new at once", async () => {
  const answer: Answer = (scope) => (scope === "two" ? unavailable() : undefined);
  const first = await up(sourceOf(["one", "two"], answer));
  expect(await askedThen(first.health)).toEqual([`one ${ALL}`, `two ${ALL}`]);
  expect(await first.health.findings()).toMatchObject([
    { what: "test: recent days, usage/mlflow/one", ok: true },
    { detail: expect.stringMatching(/^not read yet; next at 2026-11-27T06:0[01].*no answer$/) },
  ]);
  await stopAll();

  now = new Date("2026-11-27T06:00:30Z");
  const early = await up(sourceOf(["one", "two"], answer));
  expect(await askedThen(early.health)).toEqual([]);
  await stopAll();

  now = new Date("2026-11-27T06:05:00Z");
  expect(await askedThen((await up(sourceOf(["one", "two", "new"], answer))).health)).toEqual([
    `two ${ALL}`,
    `new ${ALL}`,
  ]);
});

it("does not ask for ever when the process dies of an answer: each time after a longer pause", async () => {
  let hangs = true;
  const answer: Answer = () => (hangs ? new Promise<never>((_, reject) => aborts.push(reject)) : undefined);
  const aborts: ((error: Error) => void)[] = [];
  const die = async (): Promise<void> => {
    await vi.waitFor(() => expect(aborts.length).toBe(1), PATIENCE);
    const stopped = stopAll(); // what it was about to record is never written
    aborts.splice(0).forEach((reject) => reject(new Error("killed")));
    await stopped;
  };
  await up(sourceOf(["one"], answer));
  await die();
  now = new Date("2026-11-27T06:01:00Z");
  await up(sourceOf(["one"], answer));
  await die();
  now = new Date("2026-11-27T06:02:30Z");
  asked = [];
  expect(await askedThen((await up(sourceOf(["one"], answer))).health)).toEqual([]);
  await stopAll();
  now = new Date("2026-11-27T06:03:00Z");
  hangs = false;
  expect(await askedThen((await up(sourceOf(["one"], answer))).health)).toEqual([`one ${ALL}`]);
});

it.each([
  ["malformed", true],
  ["absurd", true],
  ["rejected", true],
  ["unavailable", false],
] as const)(
  "does not ask again before the schedule for what no other attempt mends: %s",
  async (code, isFinal) => {
    const source = sourceOf(["one"], () => new ReadingError(code, "wrong"));
    const { health } = await up(source);
    await askedThen(health);
    const [finding] = await health.findings();
    expect(finding?.detail).toMatch(isFinal ? /next at 2026-11-28T05:50/ : /next at 2026-11-27T06:0[01]/);
  },
);

it("leaves the last pages of the bill to the schedule", async () => {
  const { health } = await up(sourceOf(["one"], unavailable, { mayReadAgain: () => false }));
  await askedThen(health);
  const [finding] = await health.findings();
  expect(finding?.detail).toContain("next at 2026-11-28T05:50");
});

it("reads the others when one part is a defect of ours, and only that one again", async () => {
  const broken: Answer = (scope) => {
    if (scope === "one") throw new Error("a defect");
    return undefined;
  };
  const { health } = await up(sourceOf(["one", "two"], broken));
  await askedThen(health);
  expect(await health.findings()).toMatchObject([
    { detail: expect.stringContaining("failed: a defect") },
    { detail: expect.stringContaining("last read 0 min ago") },
  ]);
  await stopAll();
  now = new Date("2026-11-27T06:05:00Z");
  expect(await askedThen((await up(sourceOf(["one", "two"], () => undefined))).health)).toEqual([
    `one ${ALL}`,
  ]);
});

it("reads closed months for which no process ran when there is one again, and none at the first start", async () => {
  const closedMonths = { schedule: "30 2 * * 0", days: 90 };
  const source = sourceOf(["one"], () => undefined);
  expect(await askedThen((await up(source, { closedMonths })).health)).toEqual([`one ${ALL}`]);
  await stopAll();
  now = new Date("2026-12-01T05:00:00Z"); // the Sunday between them is past
  const { health } = await up(source, { closedMonths });
  await vi.waitFor(() => expect(asked.length).toBe(2), PATIENCE);
  expect((await askedThen(health)).toSorted()).toEqual(["one 61", "one 62"]); // August and September; what is not final since
});

it("is bad health when two scheduled times have passed without a reading", async () => {
  const { health } = await up(sourceOf(["one"], () => undefined));
  await askedThen(health);
  const isOk = async (): Promise<boolean | undefined> => (await health.findings())[0]?.ok;
  now = new Date("2026-11-28T06:00:00Z");
  expect(await isOk()).toBe(true);
  now = new Date("2026-11-29T06:00:00Z");
  await expect.poll(isOk, PATIENCE).toBe(false); // an answer is kept for a moment
});
