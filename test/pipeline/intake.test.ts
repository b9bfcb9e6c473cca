import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { QuarantinedReading } from "@apportion/books/readings/quarantined";
import type { Reading } from "@apportion/domain/facts";
import { addDays, dayOf } from "@apportion/domain/period";
import type { LogMessage } from "@apportion/event-log/log";
import { TOPICS } from "@apportion/events/catalogue";
import { INTAKE_GROUP } from "@apportion/recovery/groups";
import { day, deadLetters as deadLettersOf, owed as owedOf, pending as pendingOf } from "./november.js";
import {
  caughtUp,
  confirmationOf,
  costReading,
  cpu,
  messagesOf,
  openTestPlatform,
  publish,
  READ_AT,
  runsReading,
  type TestPlatform,
} from "./platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const owed = (): Promise<Record<string, string>> => owedOf(test);
const pending = (): Promise<QuarantinedReading[]> => pendingOf(test);
const deadLetters = (): Promise<string[]> => deadLettersOf(test);

describe("utilisation of workloads", () => {
  const reading = (share: string): Reading<"workload-utilisation"> => ({
    key: { ...costReading("2026-11-22", []).key, dataset: "workload-utilisation", source: "prometheus" },
    rows: [
      {
        namespace: "team-a",
        controller_kind: "deployment",
        controller: "api",
        container: "app",
        pods: "2",
        cpu_p95_cores: "0.0",
        cpu_throttled_share: share,
      },
    ],
    finality: "final",
  });

  it("becomes visible, knows zero from unknown, and asks for no allocation", async () => {
    await publish(test.log, reading("0.25"));
    await test.settle();
    expect(await test.rows("SELECT cpu_p95_cores, memory_max_gib, pods FROM current_utilisation")).toEqual([
      { cpu_p95_cores: "0", memory_max_gib: null, pods: "2" },
    ]);
    for await (const request of test.log.replay(TOPICS.allocationRequests.name)) expect(request).toBe("none");
    expect(
      await test.rows("SELECT * FROM reading_completeness WHERE dataset = 'workload-utilisation'"),
    ).toEqual([]);
  });

  it("waits in quarantine where a share is more than the whole, and the last good reading stays", async () => {
    await publish(test.log, reading("0.25"), "2026-11-23T01:00:00Z");
    await publish(test.log, reading("1.5"), "2026-11-23T02:00:00Z");
    await test.settle();
    expect(await pending()).toMatchObject([
      {
        dataset: "workload-utilisation",
        reason: expect.stringContaining("1 rows contradict themselves") as string,
      },
    ]);
    expect(await test.rows("SELECT cpu_throttled_share FROM current_utilisation")).toEqual([
      { cpu_throttled_share: "0.25" },
    ]);
  });
});

describe("readings that are made again without a change", () => {
  const HOUR_MS = 3_600_000;
  const hoursAgo = (hours: number): string => new Date(Date.now() - hours * HOUR_MS).toISOString();
  const completeness = async (): Promise<unknown[]> =>
    test.rows("SELECT status, age_hours FROM reading_completeness ORDER BY day");

  it("make a day younger and final, and neither move a number nor allocate anything, however often they are delivered", async () => {
    const fourDaysAgo = addDays(dayOf(new Date()), -4);
    const reading = runsReading(fourDaysAgo, { a: 1 });
    const firstAt = hoursAgo(72.5);
    await publish(test.log, costReading(fourDaysAgo, [cpu("8", { namespace: "team-a" })]), firstAt);
    await publish(test.log, reading, firstAt);
    await test.settle();
    expect((await completeness())[0]).toEqual({ status: "stale", age_hours: "72" });
    const runs = await test.rows("SELECT * FROM allocation_runs ORDER BY run_id");
    const requests = async (): Promise<number> => {
      let count = 0;
      for await (const _ of test.log.replay(TOPICS.allocationRequests.name)) count += 1;
      return count;
    };
    const { intake } = test.services();
    const deliver = async (...messages: LogMessage[]): Promise<void> => {
      const before = await requests();
      await test.log.publish(messages);
      await intake.start();
      await caughtUp(test.log, INTAKE_GROUP, TOPICS.readings.name);
      await intake.stop();
      expect(await requests()).toBe(before);
    };

    await deliver(confirmationOf(runsReading(fourDaysAgo, { a: 2 }), firstAt, hoursAgo(1)));
    expect((await completeness())[0]).toEqual({ status: "stale", age_hours: "72" }); // that was another snapshot
    const young = confirmationOf(reading, firstAt, hoursAgo(30.5), "provisional");
    const final = confirmationOf(reading, firstAt, hoursAgo(6.5));
    await deliver(young);
    expect((await completeness())[0]).toEqual({ status: "provisional", age_hours: "30" });
    await deliver(final, young, final);
    await deliver(young, final);
    expect((await completeness())[0]).toEqual({ status: "final", age_hours: "6" });
    expect(await test.rows("SELECT count() AS n FROM reading_confirmations FINAL")).toEqual([{ n: "3" }]);
    expect(await test.rows("SELECT * FROM allocation_runs ORDER BY run_id")).toEqual(runs);
  });
});

describe("what must not become visible", () => {
  it("a snapshot whose chunk is missing waits for it, then goes into quarantine", async () => {
    const [, seal] = await messagesOf(day("10"));
    await test.log.publish(seal ? [seal] : []);
    await test.settle();
    expect(await owed()).toEqual({});
    expect(await test.rows("SELECT source, scope, reason FROM quarantined_readings")).toEqual([
      { source: "kubecost", scope: "one", reason: expect.stringContaining("rows 0 instead of 3") },
    ]);
    expect(await deadLetters()).toEqual([
      expect.stringContaining("cost/kubecost/one/2026-11-22T00:00:00Z is in quarantine"),
    ]);
  });

  it("a chunk that was stored twice is found by the seal, deleted and read again from the log", async () => {
    const [chunk, seal] = await messagesOf(day("10"));
    if (!chunk || !seal) throw new Error("A reading has a chunk and a seal");
    await test.log.publish([chunk]);
    const intake = test.services().intake;
    await intake.start();
    await caughtUp(test.log, INTAKE_GROUP, TOPICS.readings.name);
    await intake.stop();
    // As if the deduplication window had forgotten the chunk before it came again.
    await test.clickhouse.command({ query: "INSERT INTO cost_facts SELECT * FROM cost_facts" });
    await test.log.publish([seal]);
    await test.settle();
    expect(await test.rows("SELECT count() AS n FROM cost_facts")).toEqual([{ n: "3" }]);
    expect((await owed())["a"]).toMatch(/^10\./);
    expect(await test.rows("SELECT count() AS n FROM quarantined_readings")).toEqual([{ n: "0" }]);
  });

  it("an empty reading does not replace one that had costs", async () => {
    await publish(test.log, day("10"));
    await test.settle();
    const before = await owed();
    await publish(test.log, costReading("2026-11-22", []), "2026-11-23T18:00:00Z");
    await test.settle();
    expect(await owed()).toEqual(before);
    expect(await test.rows("SELECT reason FROM quarantined_readings")).toEqual([
      { reason: expect.stringContaining("an empty answer never replaces costs silently") },
    ]);
  });

  it("a reading in another currency is not charged", async () => {
    await test.log.publish(await messagesOf(day("10"), READ_AT, "EUR"));
    await test.settle();
    expect(await owed()).toEqual({});
    expect(await deadLetters()).toEqual([expect.stringContaining("in EUR, this deployment charges in USD")]);
  });

  it("rows whose parts do not add up to what is charged", async () => {
    const crooked = costReading("2026-11-22", [
      { ...cpu("1", { namespace: "team-a" }), effective_cost: "2" },
    ]);
    await publish(test.log, crooked);
    await test.settle();
    expect(await owed()).toEqual({});
    expect(await deadLetters()).toEqual([expect.stringContaining("1 rows contradict themselves")]);
  });

  it("pods that cost less than nothing, and a day that does", async () => {
    await publish(
      test.log,
      costReading("2026-11-21", [cpu("-500", { namespace: "team-a" }), cpu("700", { namespace: "team-b" })]),
    );
    await publish(
      test.log,
      costReading("2026-11-22", [{ ...cpu("-1000000", { namespace: "" }), kind: "idle" }]),
    );
    await test.settle();
    expect(await owed()).toEqual({});
    expect((await pending()).map(({ reason }) => reason).toSorted()).toEqual([
      expect.stringContaining("1 rows contradict themselves"),
      "the day costs -1,000,000.00 USD, less than nothing; release it if that is right",
    ]);
  });

  it("damaged, foreign and refused messages become dead letters, and the flow goes on", async () => {
    const [chunk] = await messagesOf(day("10"));
    if (!chunk) throw new Error("A reading has a chunk");
    const { gzipSync } = await import("node:zlib");
    await test.log.publish([
      { ...chunk, value: chunk.value.subarray(0, 40) },
      {
        ...chunk,
        headers: { ...chunk.headers, ce_type: "apportion.snapshot.chunk.v1" },
        value: gzipSync('{"snapshot_id":"x","no_such_column":1}\n'),
      },
      { ...chunk, headers: { hello: "world" } },
      { ...chunk, headers: { ...chunk.headers, ce_chunk: "-1" } },
    ]);
    await publish(test.log, day("7"), "2026-11-23T18:00:00Z");
    await test.settle();
    expect(await deadLetters()).toEqual([
      expect.stringContaining("cannot be inflated"),
      expect.stringContaining("ClickHouse refused chunk 0"),
      expect.stringContaining("not an event that intake knows"),
      expect.stringContaining("ce_chunk"),
    ]);
    expect((await owed())["a"]).toMatch(/^7\./);
  });
});
