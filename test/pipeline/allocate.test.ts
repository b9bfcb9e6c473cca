import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { explainLine } from "@apportion/books/explain/explain";
import { readMonthToExplain } from "@apportion/books/explain/month-to-explain";
import { explainStatement } from "@apportion/books/explain/statement";
import { EVERYBODY } from "@apportion/books/viewer";
import type { CostFactRow } from "@apportion/domain/facts";
import { parseBillingPeriod } from "@apportion/domain/period";
import type { LogMessage } from "@apportion/event-log/log";
import { TOPICS } from "@apportion/events/catalogue";
import { day, owed as owedOf } from "./november.js";
import { costReading, cpu, openTestPlatform, publish, runsReading, type TestPlatform } from "./platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const owed = (): Promise<Record<string, string>> => owedOf(test);

describe("from readings to sealed runs", () => {
  it("charges what was read, and splits MLflow by the month's runs", async () => {
    await publish(test.log, day("10.123456789012"));
    await publish(test.log, runsReading("2026-11-21", { a: 3, "": 1 }));
    await test.settle();
    expect(await owed()).toEqual({ a: "10.873456789012", b: "2.5", unallocated: "0.25" });
    expect(await test.rows("SELECT collected, allocated, missing FROM current_runs")).toEqual([
      { collected: "13.623456789012", allocated: "13.623456789012", missing: ["usage/mlflow/mlflow"] },
    ]);
  });

  it("tells idle by pool of nodes and resource, and explains each line down to its nodes", async () => {
    const idle = (
      node: string,
      [cpuCost, gpuCost, ramCost]: [string, string, string],
      sum: string,
    ): CostFactRow => ({
      ...cpu(cpuCost, { kind: "idle", node, gpu_cost: gpuCost, ram_cost: ramCost }),
      effective_cost: sum,
      billed_cost: sum,
    });
    await publish(
      test.log,
      costReading("2026-11-22", [
        cpu("10", { namespace: "team-a", controller: "api" }),
        idle("cpu-1", ["4", "0", "1"], "5"),
        idle("gpu-1", ["0.5", "8", "0"], "8.5"),
        idle("gpu-2", ["0.5", "-3", "0"], "-2.5"),
        idle("b-1", ["0", "6", "0"], "6"),
        idle("b-2", ["0", "1", "0"], "1"),
      ]),
    );
    const registry = {
      ...test.platform.registry,
      nodePools: [
        { cluster: "one", id: "gpu", nodes: ["gpu-*"] },
        { cluster: "one", id: "hipaa", nodes: ["b-*"], team: "b" },
      ],
    };
    const policies = [{ pool: "idle", methods: [{ kind: "proportional" as const }] }];
    await test.settle({ registry, policies });
    expect(
      await test.rows(
        `SELECT team_id, node_pool, resource, toString(amount) AS amount FROM idle_daily_costs
         ORDER BY team_id, node_pool, resource`,
      ),
    ).toEqual(
      [
        ["a", "", "cpu", "4"],
        ["a", "", "memory", "1"],
        ["a", "gpu", "cpu", "1"],
        ["a", "gpu", "gpu", "8"],
        ["a", "gpu", "variance", "-3"],
        ["b", "hipaa", "gpu", "7"],
      ].map(([team_id, node_pool, resource, amount]) => ({ team_id, node_pool, resource, amount })),
    );
    const month = parseBillingPeriod("2026-11");
    const behind = async (team: string): Promise<string[]> => {
      const { lines } = await explainStatement(test.clickhouse, EVERYBODY, month, team);
      const read = await readMonthToExplain(test.clickhouse, month);
      const explained = await Promise.all(
        lines
          .filter(({ category }) => category.startsWith("idle"))
          .map(({ line }) => explainLine(EVERYBODY, read, team, line)),
      );
      return explained.map(({ line, days, facts }) =>
        [
          line.pool,
          line.category,
          days[0]?.poolCost,
          ...facts.map(({ node, amount }) => `${node}=${amount}`),
        ].join(" "),
      );
    };
    expect(await behind("a")).toEqual([
      "idle/one idle-cpu 4 cpu-1=4",
      "idle/one/gpu idle-cpu 1 gpu-1=0.5 gpu-2=0.5",
      "idle/one/gpu idle-gpu 8 gpu-1=8",
      "idle/one idle-memory 1 cpu-1=1",
      "idle/one/gpu idle-variance -3 gpu-2=-3",
    ]);
    expect(await behind("b")).toEqual([" idle-gpu 7 b-1=6 b-2=1"]);
  });

  it("replaces a restated day whole: what vanished is gone, what is new is there", async () => {
    await publish(test.log, day("10"));
    await test.settle();
    const restated = costReading("2026-11-22", [cpu("4", { namespace: "team-c", controller: "new" })]);
    await publish(test.log, restated, "2026-11-23T18:00:00Z");
    await test.settle();
    expect(await owed()).toEqual({ c: "4" });
  });

  it("lets the later reading win, whichever arrives last", async () => {
    await publish(test.log, day("10"), "2026-11-23T18:00:00Z");
    await publish(test.log, day("99"), "2026-11-23T06:00:00Z");
    await test.settle();
    expect((await owed())["a"]).toMatch(/^10\./);
  });

  it("counts an input that was read earlier and arrives later", async () => {
    await publish(test.log, day("10", "8"), "2026-11-23T18:00:00Z");
    await test.settle();
    await publish(test.log, runsReading("2026-11-22", { b: 1 }), "2026-11-23T06:00:00Z");
    await test.settle();
    expect(await owed()).toEqual({ a: "10", b: "10.5" });
  });

  it("ends in the same rows when the whole log is delivered again", async () => {
    await publish(test.log, day("10"));
    await publish(test.log, runsReading("2026-11-22", { a: 1, b: 1 }));
    await test.settle();
    const before = await test.rows("SELECT * FROM current_allocations ORDER BY line");
    const facts = await test.rows("SELECT count() AS n FROM cost_facts");
    const everything: LogMessage[] = [];
    for await (const message of test.log.replay(TOPICS.readings.name)) everything.push(message);
    await test.log.publish([...everything, ...everything.toReversed()]);
    await test.settle();
    expect(await test.rows("SELECT * FROM current_allocations ORDER BY line")).toEqual(before);
    expect(await test.rows("SELECT count() AS n FROM cost_facts")).toEqual(facts);
  });

  it("makes the earlier run current again when the policies go back", async () => {
    await publish(test.log, day("10", "8"));
    await publish(test.log, runsReading("2026-11-22", { a: 1 }));
    await test.settle();
    const byRuns = await owed();
    const [first] = await test.rows("SELECT run_id FROM current_runs");
    await test.settle({
      now: "2026-11-25T00:00:00Z",
      policies: [{ pool: "mlflow", methods: [{ kind: "even" }] }],
    });
    expect(await owed()).not.toEqual(byRuns);
    await test.settle({ now: "2026-11-26T00:00:00Z" });
    expect(await owed()).toEqual(byRuns);
    expect(await test.rows("SELECT run_id FROM current_runs")).toEqual([first]);
  });
});
