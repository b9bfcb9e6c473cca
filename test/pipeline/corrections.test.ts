import { afterEach, describe, expect, it } from "vitest";
import { readBooksOf, readJournals } from "@apportion/books/ledger/journals";
import { verifyMonth } from "@apportion/books/ledger/verify";
import { TOPICS } from "@apportion/events/catalogue";
import { closeMonth, type CloseResult } from "@apportion/ledger/close";
import { ALLOCATION_GROUP, INTAKE_GROUP } from "@apportion/recovery/groups";
import {
  balances as balancesOf,
  closeOctober,
  CONFIG,
  costs,
  deps as depsOf,
  failedGates,
  OCTOBER,
  openOctober,
  openClosedOctober,
} from "./october.js";
import {
  askFor,
  beforeCall,
  billReading,
  caughtUp,
  correctClosed,
  cpu,
  publish,
  type TestPlatform,
} from "./platform.js";

let test: TestPlatform;
afterEach(() => test.close());

const deps = (now?: string): ReturnType<typeof depsOf> => depsOf(test, now);
const close = (overrides?: Parameters<typeof closeOctober>[1]): Promise<CloseResult> =>
  closeOctober(test, overrides);
const balances = (): Promise<unknown[]> => balancesOf(test);

describe("after the close", () => {
  it("posts what a restated day differs by into the open month, once, and leaves the rest alone", async () => {
    test = await openClosedOctober();
    const before = await test.rows("SELECT * FROM current_allocations ORDER BY charge_day, line");
    // Team c worked on the 20th after all: Kubecost and the bill say so three weeks later.
    const late = {
      ...costs("2026-10-20"),
      rows: [...costs("2026-10-20").rows, cpu("6", { namespace: "team-c" })],
    };
    await publish(test.log, late, "2026-11-20T06:00:00Z");
    await publish(test.log, billReading("2026-10-20", "17.4"), "2026-11-20T06:00:00Z");
    await test.settle({ now: "2026-11-20T07:00:00Z" });
    await test.settle({ now: "2026-11-21T07:00:00Z" });
    expect(await test.rows("SELECT * FROM current_allocations ORDER BY charge_day, line")).toEqual(before);
    const [, correction, ...more] = await readBooksOf(test.clickhouse, OCTOBER);
    expect(more).toEqual([]);
    expect(correction).toMatchObject({
      kind: "correction",
      billingPeriod: "2026-11",
      correctsPeriod: "2026-10",
    });
    expect(await balances()).toEqual([
      { seq: "1", balance: "0", charged: "372" },
      { seq: "2", balance: "0", charged: "5.4" },
    ]);
    const c = correction?.entries.filter(({ teamId }) => teamId === "c");
    expect(c?.map(({ category, cents }) => [category, cents])).toEqual([
      ["cpu", 600n],
      ["rate-variance", -60n],
    ]);
    expect(
      await test.rows(
        "SELECT source, billed, attributed, corrected, difference FROM reconciliation WHERE billing_period = '2026-10'",
      ),
    ).toEqual([
      { source: "kubecost", billed: "377.4", attributed: "372", corrected: "5.4", difference: "0" },
    ]);
    expect((await verifyMonth(deps(), OCTOBER)).findings).toEqual([]);
  });

  it("leaves nothing out that is read while it is being closed", async () => {
    test = await openOctober();
    const allocator = test.services({ now: "2026-11-11T00:00:00Z" });
    await allocator.start();
    let read = false;
    // The reading arrives, and is allocated, when the gates have passed and the statement is being made.
    const clickhouse = beforeCall(
      test.clickhouse,
      "query",
      ({ query }) => query.includes("SELECT owner_kind, team_id, category, basis, pool, method, reason,"),
      async () => {
        read = true;
        const rows = [...costs("2026-10-21").rows, cpu("50", { namespace: "team-c" })];
        await publish(test.log, { ...costs("2026-10-21"), rows }, "2026-11-11T00:00:00Z");
        await publish(test.log, billReading("2026-10-21", "62"), "2026-11-11T00:00:00Z");
        await caughtUp(test.log, INTAKE_GROUP, TOPICS.readings.name);
        await caughtUp(test.log, ALLOCATION_GROUP, TOPICS.allocationRequests.name);
      },
    );
    const request = { month: OCTOBER, preparedBy: "analyst", approvedBy: "controller", overrideReason: "" };
    const result = await closeMonth({ ...deps(), clickhouse }, request, CONFIG);
    await allocator.stop();
    expect(read).toBe(true);
    expect(failedGates(result)).toEqual(["allocated"]);
    expect(await readJournals(test.clickhouse)).toEqual([]);
    expect(await close()).toMatchObject({ closed: true, charged: "422" });
  });

  it("is corrected once two days are both allocated again, so that a cap holds at all times", async () => {
    test = await openOctober();
    const policies = [
      { pool: "mlflow", methods: [{ kind: "usage" as const, meter: "mlflow.runs" }], caps: { b: "15.00" } },
    ];
    await test.settle({ now: "2026-11-10T08:00:00Z", policies });
    expect((await close()).closed).toBe(true);
    const paid = async (): Promise<unknown> =>
      (
        await test.rows(
          "SELECT toString(sum(signed_amount)) AS b FROM posted_entries WHERE team_id = 'b' AND pool = 'mlflow'",
        )
      )[0];
    const intake = test.services({ now: "2026-11-12T00:00:00Z", policies }).intake;
    for (const day of ["2026-10-05", "2026-10-09"]) {
      const rows = [cpu("9", { namespace: "platform-shared", controller: "mlflow" })];
      await publish(test.log, { ...costs(day), rows }, "2026-11-12T06:00:00Z");
      await publish(test.log, billReading(day, "9"), "2026-11-12T06:00:00Z");
    }
    await intake.start();
    await caughtUp(test.log, INTAKE_GROUP, TOPICS.readings.name);
    await intake.stop();
    const rules = {
      registry: test.platform.registry,
      policies: { pools: [], betweenServices: [] },
      expectedReadings: [],
      activatedAt: "",
    };
    for (const day of ["2026-10-05", "2026-10-09"]) {
      await askFor(test, rules, [day]);
      await correctClosed(test);
      expect(await paid()).toEqual({ b: "15" });
    }
    expect(await readJournals(test.clickhouse)).toHaveLength(2);
    expect((await verifyMonth(deps(), OCTOBER)).findings).toEqual([]);
  });

  it("keeps the rules under which it was closed", async () => {
    test = await openClosedOctober();
    await test.settle({
      now: "2026-11-20T07:00:00Z",
      policies: [{ pool: "mlflow", methods: [{ kind: "even" }] }],
    });
    expect(await readJournals(test.clickhouse)).toHaveLength(1);
  });
});
