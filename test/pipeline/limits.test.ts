import { afterEach, describe, expect, it } from "vitest";
import { verifyMonth } from "@apportion/books/ledger/verify";
import type { CloseResult } from "@apportion/ledger/close";
import { closeOctober, costs, deps as depsOf, OCTOBER, openOctober } from "./october.js";
import { cpu, publish, type TestPlatform } from "./platform.js";

let test: TestPlatform;
afterEach(() => test.close());

const deps = (now?: string): ReturnType<typeof depsOf> => depsOf(test, now);
const close = (overrides?: Parameters<typeof closeOctober>[1]): Promise<CloseResult> =>
  closeOctober(test, overrides);

describe("caps and minimum charges of a month", () => {
  const policies = [
    {
      pool: "mlflow",
      methods: [{ kind: "usage" as const, meter: "mlflow.runs" }],
      caps: { b: "15.00" },
      minimums: { c: "2.00" },
    },
  ];
  const paid = async (): Promise<unknown[]> =>
    test.rows(`SELECT team_id, toString(sum(toDecimal256(current_allocations.amount, 12))) AS pays FROM current_allocations
      WHERE pool = 'mlflow' GROUP BY team_id ORDER BY team_id`);

  it("hold the month's shares on its last day, are verified, and follow a day that is restated", async () => {
    test = await openOctober();
    await test.settle({ now: "2026-11-10T08:00:00Z", policies });
    // MLflow costs 27.9 at the bill's price; by runs a would pay 9.3 and b 18.6.
    expect(await paid()).toEqual([
      { team_id: "a", pays: "10.9" },
      { team_id: "b", pays: "15" },
      { team_id: "c", pays: "2" },
    ]);
    expect(
      await test.rows(
        "SELECT DISTINCT charge_day, meter FROM current_allocations WHERE method = 'limit' ORDER BY meter",
      ),
    ).toEqual([
      { charge_day: "2026-10-31", meter: "cap" },
      { charge_day: "2026-10-31", meter: "limits-of-others" },
      { charge_day: "2026-10-31", meter: "minimum" },
    ]);
    expect((await verifyMonth(deps(), OCTOBER)).findings).toEqual([]);

    const dearer = {
      ...costs("2026-10-05"),
      rows: [cpu("6", { namespace: "platform-shared", controller: "mlflow" })],
    };
    await publish(test.log, dearer, "2026-11-10T09:00:00Z");
    await test.settle({ now: "2026-11-10T10:00:00Z", policies });
    expect(await paid()).toEqual([
      { team_id: "a", pays: "22" },
      { team_id: "b", pays: "15" },
      { team_id: "c", pays: "2" },
    ]);
    expect((await verifyMonth(deps(), OCTOBER)).findings).toEqual([]);
    expect((await close()).closed).toBe(true);
  });
});
