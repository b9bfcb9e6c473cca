import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countedLines, linesOfTeam, sumOf, unsettledLines } from "@apportion/books/months/month";
import { readMonth } from "@apportion/books/months/read-month";
import type { Reading } from "@apportion/domain/facts";
import { formatPicos } from "@apportion/domain/money";
import { chargePeriodOf, daysOf, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { closeMonth } from "@apportion/ledger/close";
import { CONFIG, deps, failedGates, OCTOBER, READ, runs } from "./october.js";
import {
  ACCOUNT,
  billReading,
  costReading,
  cpu,
  openTestPlatform,
  publish,
  publishAll,
  registryWith,
  type TestPlatform,
} from "./platform.js";

let test: TestPlatform;
beforeAll(async () => {
  test = await openTestPlatform();
});
afterAll(() => test.close());

const registry = registryWith({ clusters: [{ id: "two", account: "none" }] });
const BILL_EXPECTED = [{ dataset: "bill" as const, source: "aws-bill", scope: ACCOUNT }];

const used = (day: string): Reading => runs(day, { a: 2, b: 1 });
/** Where 10 lie on a cluster that is on the bill, 3 of them of MLflow, 5 on one that is on none, and 3 in a bucket. */
const costsOf = (day: string): Reading[] => {
  const key = { dataset: "cost" as const, chargePeriod: chargePeriodOf(parseDay(day)) };
  const stored = { service: "Amazon Simple Storage Service", record_type: "Usage", team_label: "a" };
  return [
    costReading(day, [
      cpu("7", { namespace: "team-a" }),
      cpu("3", { namespace: "platform-shared", controller: "mlflow" }),
    ]),
    costReading(day, [cpu("5", { cluster: "two", namespace: "team-b" })], "two"),
    {
      key: { ...key, source: "s3", scope: ACCOUNT },
      rows: [
        {
          ...cpu("0", {}),
          ...stored,
          kind: "object-storage",
          cluster: "",
          account: ACCOUNT,
          effective_cost: "3",
          billed_cost: "3",
        },
      ],
      finality: "provisional",
    },
  ];
};

const told = async (): Promise<unknown> =>
  (
    await test.rows(
      "SELECT billing_period, team_id, toString(spent) AS spent, toString(not_settled) AS not_settled FROM budget_status ORDER BY 1, 2",
    )
  ).map((row) => Object.values(row));

/** What alerts and reports go by. */
async function rule(period: string): Promise<string[][]> {
  const month = await readMonth(test.clickhouse, parseBillingPeriod(period));
  return ["a", "b"].map((team) => {
    const [counted, unsettled] = [countedLines, unsettledLines].map((of) =>
      formatPicos(sumOf(linesOfTeam(of(month, registry), team))),
    );
    return [period, team, counted ?? "", unsettled ?? ""];
  });
}

describe("the view budget_status", () => {
  it("has the figure of alerts and reports: by the bill, by readings, by account, and all of a closed month", async () => {
    // October has no bill when it is closed; of one of its days one is read later.
    const october = daysOf(OCTOBER).flatMap((day) => [
      {
        ...costReading(day, [
          cpu("10", { namespace: "team-a" }),
          cpu("3", { namespace: "platform-shared", controller: "mlflow" }),
        ]),
        finality: "final" as const,
      },
      used(day),
    ]);
    await publishAll(test.log, october, READ);
    await test.settle({ now: READ, registry });
    const request = { month: OCTOBER, preparedBy: "analyst", approvedBy: "controller", overrideReason: "" };
    const closed = await closeMonth(deps(test), request, { ...CONFIG, isWithoutBill: true });
    expect(failedGates(closed)).toEqual([]);

    await publishAll(
      test.log,
      [
        billReading("2026-10-05", "12"),
        ...costsOf("2026-09-30"), // the bill is missing, and MLflow's runs
        ...costsOf("2026-11-20"),
        used("2026-11-20"),
        billReading("2026-11-20", "9"),
        ...costsOf("2026-11-21"),
        used("2026-11-21"),
        ...costsOf("2026-11-22"), // the bill is missing
        used("2026-11-22"),
        ...costsOf("2026-11-23"), // MLflow's runs are missing
        billReading("2026-11-23", "9"),
      ],
      "2026-11-24T06:00:00Z",
    );
    // Read before AWS has billed all of the day.
    const early = { ...billReading("2026-11-21", "9"), finality: "provisional" as const };
    await publish(test.log, early, "2026-11-22T06:00:00Z");
    await test.settle({ now: "2026-11-24T07:00:00Z", registry, expectedReadings: BILL_EXPECTED });

    const [september, november] = [await rule("2026-09"), await rule("2026-11")];
    expect(november).toEqual([
      ["2026-11", "a", "26.4", "19.8"],
      ["2026-11", "b", "20.9", "2.9"],
    ]);
    expect(september[1]).toEqual(["2026-09", "b", "5", "1"]);
    expect(await told()).toEqual([
      ...september,
      ["2026-10", "a", "372", "0"],
      ["2026-10", "b", "31", "0"],
      ...november,
    ]);
  });
});
