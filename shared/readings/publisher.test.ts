import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Reading } from "@apportion/domain/facts";
import { chargePeriodOf, type Day, parseDay } from "@apportion/domain/period";
import type { EventLog, LogMessage } from "@apportion/event-log/log";
import { openEventLog } from "@apportion/event-log/open";
import { decodeEvent, EVENTS, TOPICS } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import { createHealth } from "@apportion/runtime/health";
import { silentLogger } from "@apportion/runtime/logger";
import { createCollector } from "./collector.js";
import { createReadingPublisher, type ReadingPublisher } from "./publisher.js";
import { failedReading, type FailedReading, ReadingError, type Source } from "./source.js";

let folder: string;
let log: EventLog;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "apportion-readings-"));
  log = await openEventLog({ kind: "embedded" }, { dataDir: folder, logger: silentLogger });
  await log.ensureTopics(Object.values(TOPICS));
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

const publisher = (now = "2026-11-23T06:00:00Z"): Promise<ReadingPublisher> =>
  createReadingPublisher({
    log,
    clock: () => new Date(now),
    currency: "USD",
    producer: "/test",
  });
const reading = (day: string, quantity: string, scope = "one"): Reading<"usage"> => ({
  key: { dataset: "usage", source: "mlflow", scope, chargePeriod: chargePeriodOf(parseDay(day)) },
  rows: [{ meter: "m", unit: "runs", team_label: "a", namespace: "", quantity }],
  finality: "provisional",
});
async function eventTypes(): Promise<(string | undefined)[]> {
  const types = [];
  for await (const { headers } of log.replay(TOPICS.readings.name)) types.push(eventTypeOf(headers));
  return types;
}

describe("publishing a reading", () => {
  it("writes its chunks and then its seal, and nothing when it has not changed", async () => {
    const one = await publisher();
    expect((await one.publish(reading("2026-11-22", "1"))).kind).toBe("published");
    expect((await one.publish(reading("2026-11-22", "1"))).kind).toBe("unchanged");
    expect(await eventTypes()).toEqual(["apportion.snapshot.chunk.v2", EVENTS.snapshotSealed.type]);
    expect((await one.publish(reading("2026-11-22", "2"))).kind).toBe("published");
  });

  it("is not hidden behind readings of a future that a clock, set back since, had claimed", async () => {
    const future = await (await publisher("2026-11-24T06:00:00Z")).publish(reading("2026-11-22", "1"));
    const back = await publisher("2026-11-23T06:00:00Z");
    const one = await back.publish(reading("2026-11-22", "2"));
    const two = await back.publish(reading("2026-11-22", "3"));
    const readAt = [future, one, two].map(({ seal }) => seal.readAt);
    expect(readAt).toEqual([...new Set(readAt)].toSorted());
  });

  it("confirms what a later reading says once more: one small event, under the same id each time", async () => {
    const one = await publisher();
    await one.publish(reading("2026-11-22", "1"));
    const later = { readAt: new Date("2026-11-25T06:00:00Z") };
    const final = { ...reading("2026-11-22", "1"), finality: "final" as const };
    expect((await one.publish(final, later)).kind).toBe("unchanged");
    expect((await one.publish(final, later)).kind).toBe("unchanged");
    const confirmed = [];
    for await (const { headers, value } of log.replay(TOPICS.readings.name))
      if (eventTypeOf(headers) === EVENTS.readingConfirmed.type)
        confirmed.push({ id: headers["ce_id"], ...decodeEvent("readingConfirmed", value) });
    expect(confirmed).toHaveLength(2);
    expect(confirmed[0]).toEqual(confirmed[1]);
    const { seal } = await one.publish(reading("2026-11-22", "1"));
    const { snapshotId, contentHash } = seal;
    const said = { snapshotId, contentHash, readAt: "2026-11-25T06:00:00.000Z", finality: "final" };
    expect(confirmed[0]).toMatchObject({ ok: true, data: said });
    expect((await eventTypes()).filter((type) => type === EVENTS.snapshotSealed.type)).toHaveLength(1);
  });

  it("is not taken for unchanged when a newer program sealed something else since", async () => {
    const one = await publisher();
    await one.publish(reading("2026-11-22", "1"));
    await one.publish(reading("2026-11-21", "7"));
    const { seal } = await one.publish(reading("2026-11-22", "1"));
    const written = {
      ce_specversion: "1.0",
      ce_id: "x",
      ce_source: "/test",
      ce_subject: "",
      ce_time: seal.readAt,
    };
    const event = (key: string, type: string, data: object): LogMessage => ({
      topic: TOPICS.seals.name,
      key,
      headers: { ...written, ce_type: type, "content-type": "application/json" },
      value: Buffer.from(JSON.stringify(data)),
    });
    const key = "usage/mlflow/one/2026-11-22T00:00:00Z";
    await log.publish([
      event(key, "apportion.snapshot.sealed.v2", seal), // it looks like one of ours, and need not mean the same
      event("anything", "apportion.something.new.v1", {}),
      event("usage/mlflow/one/2026-11-21T00:00:00Z/finality", "apportion.reading.confirmed.v2", {}),
    ]);
    const other = await publisher("2026-11-23T07:00:00Z");
    expect((await other.publish(reading("2026-11-22", "1"))).kind).toBe("published");
    expect((await other.publish(reading("2026-11-21", "7"))).kind).toBe("unchanged");
  });

  it("remembers from the log that a day became final without a change, and forgets it when the day changes", async () => {
    const { key } = reading("2026-11-22", "1");
    const later = { readAt: new Date("2026-11-25T06:00:00Z") };
    const one = await publisher();
    await one.publish(reading("2026-11-22", "1"));
    await one.publish({ ...reading("2026-11-22", "1"), finality: "final" }, later);
    expect((await publisher()).lastSeal(key)?.finality).toBe("final");
    await one.publish(reading("2026-11-22", "2"), later);
    expect((await publisher()).lastSeal(key)?.finality).toBe("provisional");
  });

  it("publishes an empty day once more when it becomes final: intake must look at it", async () => {
    const one = await publisher();
    const empty: Reading<"usage"> = { ...reading("2026-11-22", "1"), rows: [] };
    await one.publish(empty);
    const final = await one.publish(
      { ...empty, finality: "final" },
      { readAt: new Date("2026-11-25T06:00:00Z") },
    );
    expect(final.kind).toBe("published");
  });

  it("says once more of a day that was read while it ran that it is whole, and repeats what is asked for again", async () => {
    const one = await publisher();
    expect((await one.publish(reading("2026-11-23", "1"))).kind).toBe("published");
    expect((await one.publish(reading("2026-11-23", "1"))).kind).toBe("unchanged");
    const nextDay = await publisher("2026-11-24T06:00:00Z");
    expect((await nextDay.publish(reading("2026-11-23", "1"))).kind).toBe("published");
    expect((await nextDay.publish(reading("2026-11-23", "1"))).kind).toBe("unchanged");
    expect((await nextDay.publish(reading("2026-11-23", "1"), { again: true })).kind).toBe("published");
  });

  it("follows what another process published meanwhile, so that going back to the earlier content is a change", async () => {
    const [one, other] = [await publisher(), await publisher("2026-11-23T07:00:00Z")];
    await one.publish(reading("2026-11-22", "1"));
    await other.publish(reading("2026-11-22", "2"));
    await one.refresh();
    expect((await one.publish(reading("2026-11-22", "1"))).kind).toBe("published");
  });

  it("remembers what was published from the log alone", async () => {
    await (await publisher()).publish(reading("2026-11-22", "1"));
    expect((await (await publisher()).publish(reading("2026-11-22", "1"))).kind).toBe("unchanged");
    expect((await (await publisher()).publish(reading("2026-11-21", "1"))).kind).toBe("published");
  });
});

describe("a collector", () => {
  const days = (from: string, to: string): { from: Day; to: Day } => ({
    from: parseDay(from),
    to: parseDay(to),
  });
  const source = (
    scopes: readonly string[],
    fails: (scope: string, day: Day) => ReadingError | undefined,
  ): Source => ({
    name: "mlflow",
    dataset: "usage",
    scopes,
    async *read(scope, asked): AsyncGenerator<Reading | FailedReading> {
      for (const day of asked) {
        const error = fails(scope, day);
        const one = reading(day, "1", scope);
        yield error ? failedReading(one.key, error) : one;
      }
    },
  });
  const collector = async (sources: readonly Source[]): Promise<ReturnType<typeof createCollector>> =>
    createCollector(
      {
        name: "test",
        sources,
        publisher: await publisher(),
        clock: () => new Date("2026-11-23T06:00:00Z"),
        logger: silentLogger,
        health: createHealth(),
      },
      {
        schedule: "0 0 1 1 *",
        lookbackDays: 3,
        readsBill: true,
        closedMonths: { schedule: "0 0 1 1 *", days: 90 },
      },
    );

  it("goes on with other days and scopes when one fails, and names what failed", async () => {
    const sources = [
      source(["down", "up"], (scope, day) =>
        scope === "down" && day === "2026-11-21" ? new ReadingError("unavailable", "no answer") : undefined,
      ),
    ];
    const { published, failures } = await (
      await collector(sources)
    ).collect(days("2026-11-20", "2026-11-23"));
    expect(published).toBe(5);
    expect(failures.map(({ error }) => error.message)).toEqual([
      "usage/mlflow/down/2026-11-21T00:00:00Z: no answer",
    ]);
  });

  it("reads the others while one scope does not answer", async () => {
    let resolve = (): void => undefined;
    const answer = new Promise<void>((done) => {
      resolve = done;
    });
    const order: string[] = [];
    const slow: Source = {
      name: "mlflow",
      dataset: "usage",
      scopes: ["slow", "quick"],
      async *read(scope, asked): AsyncGenerator<Reading> {
        if (scope === "slow") await answer;
        else resolve();
        for (const day of asked) {
          order.push(scope);
          yield reading(day, "1", scope);
        }
      },
    };
    expect(await (await collector([slow])).collect(days("2026-11-22", "2026-11-23"))).toMatchObject({
      published: 2,
    });
    expect(order).toEqual(["quick", "slow"]);
  });

  it("publishes nothing of a reading with a row that no table can hold, says so in the log, and goes on", async () => {
    const misfits: Source = {
      name: "mlflow",
      dataset: "usage",
      scopes: ["one"],
      async *read(scope, asked): AsyncGenerator<Reading> {
        for (const day of asked) {
          const good = reading(day, "1", scope);
          const rows = [...good.rows, { ...good.rows[0], namespace: "n", quantity: "0.0000000000001" }];
          yield day === "2026-11-21" ? ({ ...good, rows } as Reading) : good;
        }
      },
    };
    const summary = await (await collector([misfits])).collect(days("2026-11-20", "2026-11-23"));
    const why =
      'usage/mlflow/one/2026-11-21T00:00:00Z: row 1 of usage does not fit: quantity is "0.0000000000001", and 0.0000000000001 has more than 12 decimal places';
    expect(summary).toMatchObject({
      published: 2,
      failures: [{ error: { code: "malformed", message: why } }],
    });
    const told = [];
    for await (const { headers, value } of log.replay(TOPICS.readings.name))
      if (headers["ce_subject"] === "usage/mlflow/one/2026-11-21T00:00:00Z")
        told.push(decodeEvent("readingRefused", value));
    expect(told).toMatchObject([{ ok: true, data: { reason: why } }]);
  });

  it("says in the log that an answer must not be charged, and keeps the last good reading", async () => {
    const sources = [source(["one"], () => new ReadingError("absurd", "a negative cost"))];
    await (await collector(sources)).collect(days("2026-11-22", "2026-11-23"));
    const refused = [];
    for await (const { headers, value } of log.replay(TOPICS.readings.name))
      if (eventTypeOf(headers) === EVENTS.readingRefused.type)
        refused.push(decodeEvent("readingRefused", value));
    expect(refused).toMatchObject([
      { ok: true, data: { reason: expect.stringContaining("a negative cost") } },
    ]);
  });

  it("goes on where a backfill was interrupted: final days are not asked for again", async () => {
    const asked: Day[] = [];
    const finals: Source = {
      name: "mlflow",
      dataset: "usage",
      scopes: ["one"],
      async *read(_scope, wanted): AsyncGenerator<Reading> {
        for (const day of wanted) {
          asked.push(day);
          yield { ...reading(day, "1"), finality: day < "2026-11-22" ? "final" : "provisional" };
        }
      },
    };
    await (await collector([finals])).collect(days("2026-11-20", "2026-11-23"));
    asked.splice(0);
    const again = await (
      await collector([finals])
    ).collect({ ...days("2026-11-19", "2026-11-23"), skipFinal: true });
    expect(asked).toEqual(["2026-11-19", "2026-11-22"]);
    expect(again).toMatchObject({ published: 1, unchanged: 1, skipped: 2 });
  });

  it("reads of the bill what is not final, when it is scheduled, and closed months whether they are final or not", async () => {
    const asked: Day[] = [];
    const bill: Source = {
      name: "mlflow",
      dataset: "usage",
      scopes: ["one"],
      async *read(_scope, wanted): AsyncGenerator<Reading> {
        asked.splice(0);
        for (const day of wanted) {
          asked.push(day);
          yield { ...reading(day, "1"), finality: day === "2026-09-29" ? "provisional" : "final" };
        }
      },
    };
    const one = await collector([bill]);
    await one.collect(days("2026-09-28", "2026-09-30"));
    await one.collectRecent();
    expect(asked.slice(0, 4)).toEqual(["2026-09-29", "2026-09-30", "2026-10-01", "2026-10-02"]);
    expect(asked.at(-1)).toBe("2026-11-23");
    await one.collectRecent();
    expect(asked.slice(0, 2)).toEqual(["2026-09-29", "2026-10-01"]);
    await one.collectClosedMonths();
    expect([asked[0], asked.at(-1)]).toEqual(["2026-08-01", "2026-09-30"]);
  });

  it("reads everything again without publishing anything when nothing has changed", async () => {
    const one = await collector([source(["one"], () => undefined)]);
    await one.collect(days("2026-11-20", "2026-11-23"));
    expect(await one.collect(days("2026-11-20", "2026-11-23"))).toMatchObject({ published: 0, unchanged: 3 });
  });
});
