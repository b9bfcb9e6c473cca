import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Reading } from "@apportion/domain/facts";
import type { Registry } from "@apportion/domain/tenancy";
import {
  billReading,
  costReading,
  cpu,
  messagesOf,
  openTestPlatform,
  type TestPlatform,
} from "./platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const DAY = "2026-11-22";
const LINKED = "444455556666";

/** A cluster where one team's work costs 100 by Kubecost's prices. */
const cluster = (id: string, team: string): Reading<"cost"> =>
  costReading(DAY, [cpu("100", { cluster: id, namespace: `team-${team}` })], id);

const provisional = (amount: string): Reading<"bill"> => ({
  ...billReading(DAY, amount),
  finality: "provisional",
});

async function read(readings: readonly Reading[], readAt: string, registry?: Registry): Promise<void> {
  await test.log.publish((await Promise.all(readings.map((reading) => messagesOf(reading, readAt)))).flat());
  await test.settle({ policies: [], ...(registry && { registry }) });
}

const accountsOf = (named: Readonly<Record<string, string>>): Registry => ({
  ...test.platform.registry,
  accounts: {
    byDefault: "111122223333",
    named: Object.entries(named).map(([id, account]) => ({ cluster: id, account })),
  },
});

/** What each team owes, and what the bill makes of it by account. */
async function owed(): Promise<Record<string, unknown>[]> {
  return test.rows(
    `SELECT team_id AS team, sum(toDecimal256(current_allocations.amount, 12)) AS owes,
       groupUniqArrayIf(scope, source = 'rate-variance') AS bills
     FROM current_allocations GROUP BY team ORDER BY team`,
  );
}
const missing = async (): Promise<unknown> =>
  (await test.rows("SELECT missing FROM current_runs"))[0]?.["missing"];

describe("the price of Kubernetes", () => {
  it("is the list price, and the day incomplete, where a final bill has no line of its machines", async () => {
    const empty = {
      ...billReading(DAY, "12"),
      rows: billReading(DAY, "12").rows.map((row) => ({ ...row, owner: "aws-bill" as const })),
    };
    await read([cluster("one", "a"), empty], "2026-11-26T06:00:00Z");
    expect(await owed()).toEqual([{ team: "a", owes: "100", bills: [] }]);
    expect(await missing()).toEqual([
      "usage/mlflow/mlflow",
      "bill/aws-bill/111122223333 (has nothing of the clusters that are on it)",
    ]);
  });

  it("is the bill's only once that is final or was read 48 hours after the day", async () => {
    await read([cluster("one", "a"), provisional("12")], "2026-11-23T06:00:00Z");
    expect(await owed()).toEqual([{ team: "a", owes: "100", bills: [] }]);
    await read([provisional("80")], "2026-11-25T06:00:00Z");
    expect(await owed()).toEqual([{ team: "a", owes: "80", bills: ["111122223333"] }]);
  });

  it("is the list price for a cluster on no bill, whatever the bill of the others says", async () => {
    const registry = accountsOf({ cellar: "none" });
    await read(
      [cluster("one", "a"), cluster("cellar", "b"), billReading(DAY, "80")],
      "2026-11-23T06:00:00Z",
      registry,
    );
    expect(await owed()).toEqual([
      { team: "a", owes: "80", bills: ["111122223333"] },
      { team: "b", owes: "100", bills: [] },
    ]);
    expect(await missing()).toEqual(["usage/mlflow/mlflow"]);
  });

  it("is that of each account's own bill for its own clusters", async () => {
    const registry = accountsOf({ other: LINKED });
    const readings = [
      cluster("one", "a"),
      cluster("other", "b"),
      billReading(DAY, "80"),
      billReading(DAY, "130", LINKED),
    ];
    await read(readings, "2026-11-23T06:00:00Z", registry);
    expect(await owed()).toEqual([
      { team: "a", owes: "80", bills: ["111122223333"] },
      { team: "b", owes: "130", bills: [LINKED] },
    ]);
  });
});
