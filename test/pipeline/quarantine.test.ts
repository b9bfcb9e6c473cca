import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { QuarantinedReading } from "@apportion/books/readings/quarantined";
import type { Reading } from "@apportion/domain/facts";
import { encodeEvent } from "@apportion/events/catalogue";
import type { Effect } from "@apportion/intake/quarantine/decide";
import { day, decideOn as decideOnOf, owed as owedOf, pending as pendingOf } from "./november.js";
import {
  billReading,
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
const decideOn = (
  id: string,
  decision: "release" | "drop",
  approvedBy?: string,
  reason?: string,
): Promise<Effect> => decideOnOf(test, id, decision, approvedBy, reason);

describe("quarantine", () => {
  it("holds back a final day without costs where the days before had some", async () => {
    await publish(test.log, costReading("2026-11-21", [cpu("200", { namespace: "team-a" })]));
    await test.settle();
    await publish(test.log, { ...costReading("2026-11-22", []), finality: "final" });
    await test.settle();
    expect((await pending()).map(({ reason }) => reason)).toEqual([
      "the reading is empty, though the days before it had costs; release it if nothing ran",
    ]);
  });

  it("finishes a release that died after it was recorded", async () => {
    await publish(test.log, costReading("2026-11-20", [cpu("200", { namespace: "team-a" })]));
    await publish(test.log, costReading("2026-11-21", [cpu("5000", { namespace: "team-a" })]));
    await test.settle();
    const [reading] = await pending();
    await test.clickhouse.insert({
      table: "quarantine_decisions",
      values: [
        {
          id: reading?.id,
          decision: "release",
          prepared_by: "alice",
          approved_by: "bob",
          reason: "",
          effect: "5000",
          decided_at: "2026-11-24 00:00:00",
        },
      ],
      format: "JSONEachRow",
    });
    expect(await decideOn(reading?.id ?? "", "release")).toEqual({
      dataset: "cost",
      change: "5000",
      unit: "USD",
    });
    await test.settle();
    expect(await owed()).toEqual({ a: "5200" });
    await expect(decideOn(reading?.id ?? "", "release")).rejects.toThrow("decided on already");
  });

  it("keeps a second claimant of a dollar out, and names both claims", async () => {
    await publish(test.log, day("10"));
    await publish(test.log, costReading("2026-11-22", [cpu("99", { namespace: "team-a" })], "other"));
    await test.settle();
    expect((await owed())["a"]).toMatch(/^10\./);
    const [reading, ...more] = await pending();
    expect(more).toEqual([]);
    expect(reading?.reason).toContain(
      "kubernetes/one is claimed by kubecost/one for this day already, and now by kubecost/other",
    );
    await expect(decideOn(reading?.id ?? "", "release")).rejects.toThrow(
      "cannot be released: kubernetes/one",
    );
    await decideOn(reading?.id ?? "", "drop");
    expect(await pending()).toEqual([]);
    await expect(decideOn(reading?.id ?? "", "drop")).rejects.toThrow(
      "decided on already: drop, approved by bob",
    );
  });

  it("holds a day back that suddenly costs more than ten times as much, until somebody else approves it", async () => {
    await publish(test.log, costReading("2026-11-20", [cpu("200", { namespace: "team-a" })]));
    await test.settle();
    await publish(test.log, costReading("2026-11-21", [cpu("5000", { namespace: "team-a" })]));
    await test.settle();
    expect(await owed()).toEqual({ a: "200" });
    const [reading] = await pending();
    expect(reading?.reason).toContain(
      "the day costs 5,000.00 USD, more than 10 times the most of the 7 days before it, 200.00 USD;",
    );
    await expect(decideOn(reading?.id ?? "", "release", "alice")).rejects.toThrow("must be two people");
    await expect(decideOn(reading?.id ?? "", "release", "bob", " ")).rejects.toThrow("must say why");
    await expect(decideOn(reading?.id ?? "", "release", "b\u202eob")).rejects.toThrow("take out U+202E");
    expect(await decideOn(reading?.id ?? "", "release")).toMatchObject({ change: "5000", unit: "USD" });
    await test.settle();
    expect(await owed()).toEqual({ a: "5200" });
    expect(
      await test.rows("SELECT decision, prepared_by, approved_by, effect FROM quarantine_decisions"),
    ).toEqual([{ decision: "release", prepared_by: "alice", approved_by: "bob", effect: "5000" }]);
  });

  it("is decided on once: of a release and a drop at the same time one counts, and what was dropped never comes back", async () => {
    await publish(test.log, costReading("2026-11-20", [cpu("200", { namespace: "team-a" })]));
    await test.settle();
    const jump = await messagesOf(costReading("2026-11-21", [cpu("5000", { namespace: "team-a" })]));
    await test.log.publish(jump);
    await test.settle();
    const id = (await pending())[0]?.id ?? "";
    const both = await Promise.allSettled([decideOn(id, "release"), decideOn(id, "drop")]);
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const [decided] = await test.rows("SELECT decision FROM quarantine_decisions");
    await test.settle();
    expect(await owed()).toEqual({ a: decided?.["decision"] === "release" ? "5200" : "200" });
  });

  it("tells one of two who release it at once that they did, and the other who was first", async () => {
    await publish(test.log, costReading("2026-11-20", [cpu("200", { namespace: "team-a" })]));
    await test.settle();
    await publish(test.log, costReading("2026-11-21", [cpu("5000", { namespace: "team-a" })]));
    await test.settle();
    const id = (await pending())[0]?.id ?? "";
    const both = await Promise.allSettled(["bob", "carol"].map((each) => decideOn(id, "release", each)));
    const [decided] = await test.rows("SELECT approved_by FROM quarantine_decisions");
    const refused = both.filter((each) => each.status === "rejected");
    expect(refused.map(({ reason }) => String(reason))).toEqual([
      expect.stringContaining(`decided on already: release, approved by ${String(decided?.["approved_by"])}`),
    ]);
    await test.settle();
    expect(await owed()).toEqual({ a: "5200" });
  });

  /** A jump is held back, somebody may decide on it, and the log delivers it again when nothing speaks against it any more. */
  async function deliverJumpAgain(decide: () => Promise<unknown> = async () => undefined): Promise<void> {
    await publish(test.log, costReading("2026-11-20", [cpu("200", { namespace: "team-a" })]));
    await test.settle();
    const jump = await messagesOf(costReading("2026-11-21", [cpu("5000", { namespace: "team-a" })]));
    await test.log.publish(jump);
    await test.settle();
    await decide();
    await publish(
      test.log,
      costReading("2026-11-20", [cpu("900", { namespace: "team-a" })]),
      "2026-11-23T18:00:00Z",
    );
    await test.log.publish(jump);
    await test.settle();
    expect(await owed()).toEqual({ a: "900" });
  }

  it("never shows a reading that was dropped, though the log delivers it again", async () => {
    await deliverJumpAgain(async () => decideOn((await pending())[0]?.id ?? "", "drop"));
    expect(await pending()).toEqual([]);
  });

  it("waits for two people, though the log delivers it again", async () => {
    let held: QuarantinedReading[] = [];
    await deliverJumpAgain(async () => (held = await pending()));
    expect(held).toHaveLength(1);
    expect(await pending()).toEqual(held);
    await decideOn(held[0]?.id ?? "", "release");
    await test.settle();
    expect(await owed()).toEqual({ a: "5900" });
  });

  it("needs no decision once a later good reading of the period is there", async () => {
    await publish(test.log, costReading("2026-11-20", [cpu("200", { namespace: "team-a" })]));
    await publish(
      test.log,
      costReading("2026-11-21", [cpu("5000", { namespace: "team-a" })]),
      "2026-11-23T06:00:00Z",
    );
    await test.settle();
    expect(await pending()).toHaveLength(1);
    await publish(
      test.log,
      costReading("2026-11-21", [cpu("210", { namespace: "team-a" })]),
      "2026-11-23T07:00:00Z",
    );
    await test.settle();
    expect(await pending()).toEqual([]);
    expect(await owed()).toEqual({ a: "410" });
  });

  it("holds a reading back whose rows all cost nothing, where the one before it cost something", async () => {
    await publish(test.log, costReading("2026-11-22", [cpu("5000", { namespace: "team-a" })]));
    await test.settle();
    const zero = costReading("2026-11-22", [cpu("0", { namespace: "team-a" })]);
    await publish(test.log, zero, "2026-11-23T18:00:00Z");
    await test.settle();
    expect(await owed()).toEqual({ a: "5000" });
    expect((await pending()).map(({ reason }) => reason)).toEqual([
      "the reading comes to nothing, the one before it came to 5000; release it if that is right",
    ]);
  });

  it("holds a bill back beyond its ceiling, and usage that is a thousand times the usual", async () => {
    const own = (on: string, amount: string): Reading<"cost"> => ({
      key: { ...costReading(on, []).key, source: "aws-bill", scope: "111122223333" },
      rows: [
        {
          kind: "bill",
          account: "111122223333",
          service: "Tax",
          record_type: "Tax",
          effective_cost: amount,
          billed_cost: amount,
        },
      ],
      finality: "provisional",
    });
    for (const reading of [
      own("2026-11-20", "10"),
      runsReading("2026-11-20", { a: 1 }),
      own("2026-11-21", "90000000"),
      billReading("2026-11-21", "90000000"),
      runsReading("2026-11-21", { a: 1_000_000 }),
      own("2026-11-22", "900000"), // a yearly fee
      runsReading("2026-11-22", { a: 900 }),
    ])
      await publish(test.log, reading);
    await test.settle();
    expect((await pending()).map(({ reason }) => reason.replace(/;.*/, "")).toSorted()).toEqual([
      "the day costs 90,000,000.00 USD, beyond allocation.sanity.costPerDayMax, 10,000,000.00 USD",
      "the day costs 90,000,000.00 USD, beyond allocation.sanity.costPerDayMax, 10,000,000.00 USD",
      "the day measures 1000000, more than 1000 times the most of the 7 days before it, 1",
    ]);
    expect(
      await test.rows(
        "SELECT toString(sum(amount)) AS visible FROM current_snapshots WHERE dataset = 'cost'",
      ),
    ).toEqual([{ visible: "900010" }]);
    // Released: the bill changes what is compared with, the meter what it counts; only the bill's dollars are on record.
    const idOf = async (kind: string): Promise<string> =>
      (await pending()).find(({ dataset }) => dataset === kind)?.id ?? "";
    const effects = [
      await decideOn(await idOf("bill"), "release"),
      await decideOn(await idOf("usage"), "release"),
      await decideOn(await idOf("cost"), "drop"),
    ];
    expect(effects).toEqual([
      { dataset: "bill", change: "90000000", unit: "USD" },
      { dataset: "usage", change: "1000000", unit: "runs" },
      { dataset: "cost", change: "0", unit: "USD" },
    ]);
    expect(await test.rows("SELECT effect FROM quarantine_decisions ORDER BY effect")).toEqual([
      { effect: "0" },
      { effect: "0" },
      { effect: "90000000" },
    ]);
  });

  it("holds a network reading back in which the bytes of a cluster are gone", async () => {
    const network = (shares: Record<string, string>): Reading<"cost"> => ({
      key: { ...costReading("2026-11-22", []).key, source: "network", scope: "111122223333" },
      rows: Object.entries(shares).map(([namespace, amount]) => ({
        kind: "network",
        account: "111122223333",
        service: "EC2 - Other",
        usage_type: "EU-NatGateway-Bytes",
        record_type: "Usage",
        network_class: "nat",
        cluster: namespace === "" ? "" : "one",
        namespace,
        effective_cost: amount,
        billed_cost: amount,
      })),
      finality: "provisional",
    });
    await publish(test.log, network({ "team-a": "63", "": "7" }));
    await test.settle();
    await publish(test.log, network({ "": "70" }), "2026-12-20T06:00:00Z");
    await test.settle();
    expect(await owed()).toEqual({ a: "63", unallocated: "7" });
    const [reading] = await pending();
    expect(reading?.reason).toContain("no bytes of one explain anything of the day any more");
    expect(await decideOn(reading?.id ?? "", "release")).toMatchObject({ change: "0" });
    await test.settle();
    expect(await owed()).toEqual({ unallocated: "70" });
    // The other way round there is nothing to ask.
    await publish(test.log, network({ "team-a": "60", "": "10" }), "2026-12-21T06:00:00Z");
    await test.settle();
    expect(await owed()).toEqual({ a: "60", unallocated: "10" });
  });

  it("has nothing to release of a reading that its collector refused", async () => {
    await test.log.publish([
      encodeEvent(
        "readingRefused",
        {
          dataset: "cost",
          source: "kubecost",
          scope: "one",
          chargePeriod: { start: "2026-11-22T00:00:00Z", end: "2026-11-23T00:00:00Z" },
          readAt: READ_AT,
          reason: "a negative cost",
        },
        { id: "1", source: "/test", key: "kubecost/one", subject: "test", time: new Date(READ_AT) },
      ),
    ]);
    await test.settle();
    const [reading] = await pending();
    await expect(decideOn(reading?.id ?? "", "release")).rejects.toThrow("has no rows to release");
  });
});
