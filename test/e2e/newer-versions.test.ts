import { readDeadLetters, readOriginal, type DeadLetterEntry } from "apportion/dead-letters/dead-letters";
import { republish } from "apportion/dead-letters/decide";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isPending, quarantinedReadings } from "@apportion/books/readings/quarantined";
import type { LogMessage, ReceivedMessage } from "@apportion/event-log/log";
import { TOPICS } from "@apportion/events/catalogue";
import { createIntakeHandler } from "@apportion/intake/intake";
import { decide } from "@apportion/intake/quarantine/decide";
import {
  caughtUp,
  costReading,
  cpu,
  messagesOf,
  openTestPlatform,
  type TestPlatform,
} from "@apportion/pipeline/platform";
import { INTAKE_GROUP } from "@apportion/recovery/groups";
import { allocationConfig } from "@apportion/registry/allocation";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const day = (amount: string): ReturnType<typeof costReading> =>
  costReading("2026-11-22", [cpu(amount, { namespace: "team-a" })]);
const deadLetters = async (): Promise<readonly DeadLetterEntry[]> =>
  (await readDeadLetters(test.log)).entries;
const open = async (): Promise<DeadLetterEntry[]> =>
  (await deadLetters()).filter(({ state }) => state === "open");
const bringBack = (entries: readonly DeadLetterEntry[]): ReturnType<typeof republish> =>
  republish(test.log, entries, { by: "alice", reason: "upgraded", at: new Date("2026-11-27T00:00:00Z") });
const visible = (): Promise<Record<string, unknown>[]> =>
  test.rows("SELECT snapshot_id, toString(amount) AS amount FROM current_snapshots");
const rowsStored = (): Promise<Record<string, unknown>[]> => test.rows("SELECT count() AS n FROM cost_facts");

/** Of types that this program knows, the next version. */
const NEXT = new Map([
  ["apportion.snapshot.chunk.v2", "apportion.snapshot.chunk.v3"],
  ["apportion.snapshot.sealed.v1", "apportion.snapshot.sealed.v2"],
]);

function retyped(message: LogMessage, types: ReadonlyMap<string, string>): LogMessage {
  const type = message.headers["ce_type"] ?? "";
  return { ...message, headers: { ...message.headers, ce_type: types.get(type) ?? type } };
}

/** As a newer program says it: the next version of the types that are named. */
function newer(message: LogMessage, ...kinds: ("chunk" | "sealed")[]): LogMessage {
  return retyped(message, new Map([...NEXT].filter(([type]) => kinds.some((kind) => type.includes(kind)))));
}

/** Intake of the newer program: it knows the next versions of chunk and seal too, until nothing is left to do. */
async function settleUpgraded(): Promise<void> {
  const { clickhouse, log, platform } = test;
  const { sanity } = allocationConfig.parse({});
  const handle = createIntakeHandler({ ...platform, clickhouse, sanity });
  const known = new Map([...NEXT].map(([type, next]) => [next, type]));
  const understood = (message: ReceivedMessage): ReceivedMessage => ({
    ...retyped(message, known),
    position: message.position,
  });
  const running = await log.subscribe({
    group: INTAKE_GROUP,
    topics: [TOPICS.readings.name],
    deadLetterTopic: TOPICS.deadLetters.name,
    batchMessagesMax: 10,
    batchBytesMax: 1_000_000,
    handle: (batch, signal) => handle(batch.map(understood), signal),
  });
  await caughtUp(log, INTAKE_GROUP, TOPICS.readings.name);
  await running.stop();
}

describe("an upgrade, service by service", () => {
  it("loses no reading of a newer collector: chunk and seal come back and become visible exactly once", async () => {
    const messages = (await messagesOf(day("10"))).map((each) => newer(each, "chunk", "sealed"));
    await test.log.publish(messages);
    await test.settle();
    expect(await visible()).toEqual([]);
    expect((await open()).map(({ reason }) => reason)).toEqual([
      expect.stringContaining(
        "a newer program wrote this: intake knows no event of type apportion.snapshot.chunk.v3",
      ),
      expect.stringContaining(
        "apportion.snapshot.sealed.v2; upgrade this service, then `apportion dead-letters republish`",
      ),
    ]);

    const entries = await open();
    await bringBack(entries.toReversed());
    await settleUpgraded();
    expect(await visible()).toEqual([expect.objectContaining({ amount: "10" })]);
    expect(await rowsStored()).toEqual([{ n: "1" }]);
    expect(await open()).toEqual([]);

    await bringBack(entries); // as after a crash between the message and the decision
    await settleUpgraded();
    expect(await rowsStored()).toEqual([{ n: "1" }]);
    expect(await test.rows("SELECT count() AS n FROM snapshots")).toEqual([{ n: "1" }]);
    expect(await test.rows("SELECT count() AS n FROM quarantined_readings")).toEqual([{ n: "0" }]);
  });

  it("loses none of which only the chunks are newer: the seal waits for them among the dead letters too", async () => {
    await test.log.publish((await messagesOf(day("10"))).map((each) => newer(each, "chunk")));
    await test.settle();
    expect(await visible()).toEqual([]);
    expect((await open()).map(({ type }) => type)).toEqual([
      "apportion.snapshot.chunk.v3",
      "apportion.snapshot.sealed.v1",
    ]);
    await bringBack(await open());
    await settleUpgraded();
    expect(await visible()).toEqual([expect.objectContaining({ amount: "10" })]);
    expect(await open()).toEqual([]);
    expect((await quarantinedReadings(test.clickhouse)).filter(isPending)).toEqual([]);
  });

  it("does not put back what was read since", async () => {
    await test.log.publish((await messagesOf(day("10"))).map((each) => newer(each, "chunk", "sealed")));
    await test.settle();
    await test.log.publish(await messagesOf(day("12"), "2026-11-24T06:00:00Z"));
    await bringBack(await open());
    await settleUpgraded();
    expect(await visible()).toEqual([expect.objectContaining({ amount: "12" })]);
  });

  it("names a seal with a word that only a newer program has", async () => {
    const [chunk, seal] = await messagesOf(day("10"));
    if (!chunk || !seal) throw new Error("a reading has a chunk and a seal");
    const text = Buffer.from(seal.value).toString().replace('"provisional"', '"estimated"');
    await test.log.publish([chunk, { ...seal, value: Buffer.from(text) }]);
    await test.settle();
    expect((await open()).map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/finality[\s\S]*if a newer program wrote it, upgrade this service/),
    ]);
  });
});

describe("the seal of a reading in quarantine", () => {
  const dear = async (): Promise<void> => {
    await test.log.publish(
      await messagesOf(costReading("2026-11-21", [cpu("200", { namespace: "team-a" })])),
    );
    await test.settle();
    await test.log.publish(await messagesOf(day("90000")));
    await test.settle();
  };
  const pending = async (): Promise<string[]> =>
    (await quarantinedReadings(test.clickhouse)).filter(isPending).map(({ id }) => id);
  const dayVisible = (): Promise<Record<string, unknown>[]> =>
    test.rows(
      "SELECT toString(amount) AS amount FROM current_snapshots WHERE toDate(charge_period_start) = '2026-11-22'",
    );

  /** As a collector or a redelivery says it once more: `apportion dead-letters republish` does not. */
  const sayAgain = async (entries: readonly DeadLetterEntry[]): Promise<void> => {
    for (const entry of entries) {
      const original = await readOriginal(test.log, entry);
      if (original.kind === "gone") throw new Error(original.why);
      await test.log.publish([original.message]);
    }
  };

  it("is not published again: `apportion quarantine` decides", async () => {
    await dear();
    const [seal] = await deadLetters();
    expect(await bringBack(await deadLetters())).toEqual([
      { id: seal?.id, failure: expect.stringContaining("`apportion quarantine` decides on it") },
    ]);
    expect((await deadLetters()).map(({ state, times }) => [state, times])).toEqual([["quarantine", 1]]);
  });

  it("is looked at again by the same rules when it comes again: it stays there, once", async () => {
    await dear();
    expect((await deadLetters()).map(({ state }) => state)).toEqual(["quarantine"]);
    const before = await pending();
    expect(before).toHaveLength(1);
    await sayAgain(await deadLetters());
    await test.settle();
    expect(await pending()).toEqual(before);
    expect(await dayVisible()).toEqual([]);
  });

  it("stays dropped when two people dropped it, and visible once when they released it", async () => {
    await dear();
    const [id = ""] = await pending();
    const by = { preparedBy: "alice", approvedBy: "bob", reason: "checked" };
    const deps = { ...test.platform, clickhouse: test.clickhouse };
    await decide(deps, { id, decision: "drop", ...by });
    await sayAgain(await deadLetters());
    await test.settle();
    expect(await dayVisible()).toEqual([]);
    expect(await pending()).toEqual([]);

    await test.log.publish(await messagesOf(day("91000"), "2026-11-24T06:00:00Z"));
    await test.settle();
    const [other = ""] = await pending();
    await decide(deps, { id: other, decision: "release", ...by });
    const entries = await deadLetters();
    await sayAgain(entries.slice(-1));
    await test.settle();
    expect(await dayVisible()).toEqual([{ amount: "91000" }]);
    expect(await pending()).toEqual([]);
    expect(await test.rows("SELECT count() AS n FROM snapshots WHERE amount = 91000")).toEqual([{ n: "1" }]);
  });
});
