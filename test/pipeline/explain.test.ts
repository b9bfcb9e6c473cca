import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { explainLine } from "@apportion/books/explain/explain";
import { readMonthToExplain } from "@apportion/books/explain/month-to-explain";
import { ExplainError, explainStatement } from "@apportion/books/explain/statement";
import { EVERYBODY } from "@apportion/books/viewer";
import type { CostFactRow, Reading } from "@apportion/domain/facts";
import { formatPicos } from "@apportion/domain/money";
import { daysOf, parseBillingPeriod } from "@apportion/domain/period";
import { closeMonth } from "@apportion/ledger/close";
import {
  ACCOUNT,
  billReading,
  costReading,
  cpu,
  messagesOf,
  openTestPlatform,
  publish,
  runsReading,
  type TestPlatform,
} from "./platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const NOVEMBER = parseBillingPeriod("2026-11");

describe("a line of what nobody owns", () => {
  const ofBill = (
    source: string,
    amounts: readonly [string, Partial<CostFactRow>][],
    kind: CostFactRow["kind"],
  ): Reading<"cost"> => ({
    key: { ...costReading("2026-11-22", []).key, source, scope: ACCOUNT },
    rows: amounts.map(([amount, names]) => ({
      kind,
      account: ACCOUNT,
      service: source,
      record_type: "Usage",
      effective_cost: amount,
      billed_cost: amount,
      ...names,
    })),
    finality: "provisional",
  });

  it("has the facts of its own reason behind it, and nothing to explain away", async () => {
    const storage: [string, Partial<CostFactRow>][] = [
      ["3", { team_label: "gone" }],
      ["40", { team_label: "" }],
    ];
    const traffic: [string, Partial<CostFactRow>][] = [
      ["5", { cluster: "one", namespace: "sandbox" }],
      ["60", { cluster: "", namespace: "" }],
    ];
    await publish(test.log, costReading("2026-11-22", [cpu("1", { namespace: "sandbox" })]));
    await publish(test.log, ofBill("s3", storage, "object-storage"));
    await publish(test.log, ofBill("network", traffic, "network"));
    // Who owns a service of the bill owns no line of another collector that has its name.
    const { registry } = test.platform;
    const mlflow = { kind: "shared-service" as const, id: "mlflow" };
    const rules = [...registry.rules, { owner: mlflow, match: { service: "network" } }];
    await test.settle({ registry: { ...registry, rules } });
    const { lines } = await explainStatement(test.clickhouse, EVERYBODY, NOVEMBER, "unallocated");
    const read = await readMonthToExplain(test.clickhouse, NOVEMBER);
    const explained = await Promise.all(
      lines.map(({ line }) => explainLine(EVERYBODY, read, "unallocated", line)),
    );
    expect(
      explained.map(({ line, facts }) => [
        line.category,
        line.reason,
        ...facts.map(({ kind, amount }) => `${kind} ${amount}`),
      ]),
    ).toEqual([
      ["cpu", "no-owner", "workload 1"],
      ["object-storage", "no-owner", "object-storage 3"],
      ["object-storage", "untagged", "object-storage 40"],
      ["network", "no-bytes", "network 60"],
      ["network", "no-owner", "network 5"],
    ]);
  });
});

it("cells are read together for all who ask at once, and each is given what it asked for alone", async () => {
  // Two of three facts have the same names: three cells, since two would not be half as many.
  const rows = (amount: string) => [
    cpu(amount, { namespace: "sandbox" }),
    cpu("0.5", { namespace: "sandbox" }),
    cpu("4", { namespace: "lab" }),
  ];
  await publish(test.log, costReading("2026-11-22", rows("1")));
  await publish(test.log, costReading("2026-11-23", rows("2")));
  await test.settle();
  const { computed, cellsBehind } = await readMonthToExplain(test.clickhouse, NOVEMBER);
  const asked = Array.from(computed(), ({ run: { stored } }) => stored).flatMap((run) =>
    [["sandbox"], ["lab", "nowhere"]].map((namespaces) => ({ run, namespaces })),
  );
  const together = await Promise.all(asked.map(({ run, namespaces }) => cellsBehind(run, namespaces)));
  const dayOf = (snapshotId: string): string | undefined =>
    asked.find(({ run }) => run.costSnapshotIds.includes(snapshotId))?.run.day;
  const told = together.map((cells) =>
    cells.map(({ snapshotId, total }) => `${dayOf(snapshotId)} ${formatPicos(total)}`),
  );
  expect(told).toEqual([["2026-11-22 1.5"], ["2026-11-22 4"], ["2026-11-23 2.5"], ["2026-11-23 4"]]);
  for (const [at, { run, namespaces }] of asked.entries())
    expect(await cellsBehind(run, namespaces)).toEqual(together[at]);
});

describe("a correction", () => {
  const OCTOBER = parseBillingPeriod("2026-10");
  const READ = "2026-11-10T06:00:00Z";
  const LATER = "2026-11-20T06:00:00Z";

  async function closeOctober(): Promise<void> {
    const readings = daysOf(OCTOBER).flatMap((day): Reading[] => [
      { ...costReading(day, [cpu("10", { namespace: "team-a" })]), finality: "final" },
      { ...runsReading(day, { a: 1 }), finality: "final" },
      billReading(day, "10"),
    ]);
    const messages = await Promise.all(readings.map((reading) => messagesOf(reading, READ)));
    await test.log.publish(messages.flat());
    await test.settle({ now: READ });
    const deps = { clickhouse: test.clickhouse, log: test.log, clock: () => new Date(READ) };
    const people = { preparedBy: "analyst", approvedBy: "controller", overrideReason: "" };
    const gates = { settleDay: 7, agreedHours: 0, accuracyPercentMin: "95", rateVariancePercentMax: "50" };
    expect(await closeMonth(deps, { month: OCTOBER, ...people }, gates)).toMatchObject({ closed: true });
  }
  async function restate(day: string, own: string): Promise<void> {
    const rows = [cpu("10", { namespace: "team-a" }), cpu(own, { namespace: "team-c" })];
    await publish(test.log, { ...costReading(day, rows), finality: "final" }, LATER);
    await publish(test.log, billReading(day, String(10 + Number(own))), LATER);
    await test.settle({ now: LATER });
  }

  it("is explained day by day from run to run, also of a team that has nothing else in the month", async () => {
    await closeOctober();
    await restate("2026-10-20", "6");
    await restate("2026-10-21", "2.5");
    const runOf = async (view: string, day: string): Promise<unknown> =>
      (await test.rows(`SELECT run_id FROM ${view} WHERE charge_day = '${day}'`))[0]?.["run_id"];
    const correction = async (seq: string, day: string, amount: string): Promise<object> => ({
      seq,
      billingPeriod: NOVEMBER,
      correctsPeriod: OCTOBER,
      category: "cpu",
      pool: "",
      charged: amount,
      days: [
        {
          day,
          before: "0",
          now: amount,
          difference: amount,
          runBefore: await runOf("frozen_runs", day),
          runNow: await runOf("latest_runs", day),
        },
      ],
    });
    const alone = await explainStatement(test.clickhouse, EVERYBODY, NOVEMBER, "c");
    expect(alone).toMatchObject({
      charged: "0",
      lines: [],
      corrections: [await correction("2", "2026-10-20", "6"), await correction("3", "2026-10-21", "2.5")],
    });
    // Of the month that it is about it is the same, also where the team has no statement there.
    expect(await explainStatement(test.clickhouse, EVERYBODY, OCTOBER, "c")).toMatchObject({
      charged: "0",
      corrections: [],
      later: alone.corrections,
    });
    await publish(test.log, costReading("2026-11-02", [cpu("10", { namespace: "team-a" })]), LATER);
    await test.settle({ now: LATER });
    expect(await explainStatement(test.clickhouse, EVERYBODY, NOVEMBER, "c")).toEqual(alone);
    await expect(explainStatement(test.clickhouse, EVERYBODY, NOVEMBER, "b")).rejects.toThrow(ExplainError);
  });
});
