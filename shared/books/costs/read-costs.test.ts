import { expect, it } from "vitest";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { parseBillingPeriod, parseDay } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { CostLine, MonthCosts } from "../months/month.js";
import { statementsOf } from "../months/statements.js";
import { costLine } from "../months/testing.js";
import { type CostReaders, readCosts } from "./read-costs.js";
import type { Dimension } from "./question.js";

const OCTOBER = parseBillingPeriod("2026-10");
const DAY = parseDay("2026-10-05");
const CATEGORIES = ["cpu", "gpu", "memory", "network", "services"] as const;
/** Cents of so many statements are off from their exact sum by more than a handful of rows can be moved by a cent each. */
const TEAMS = Array.from({ length: 300 }, (_, index) => `t${index}`);

const lines = TEAMS.flatMap((teamId, index) =>
  CATEGORIES.map((category, at): CostLine => {
    // A third and more of a cent beside whole ones: each statement rounds it away.
    const picos = BigInt(1000 + index * 7 + at) * 10n ** 10n + 4_400_000_000n;
    return costLine(picos, { day: DAY, teamId, category, cluster: "eu-1", namespace: `of-${teamId}` });
  }),
);
/** Less than half a cent, on a cluster of its own. */
lines.push(costLine(4_000_000_000n, { day: DAY, teamId: "t0", cluster: "eu-2", namespace: "of-t0" }));
const run = { day: DAY, runId: "run", missing: [], elapsed: true, collected: 0n, allocated: 0n };
const month: MonthCosts = { period: OCTOBER, days: [run], lines, bills: new Map() };
const readers: CostReaders = {
  standingOf: async () => ({ runs: [run], posted: new Map() }),
  statementsOf: async () => statementsOf(lines),
  monthIfRead: async () => month,
};

it("the total of a whole month, and of a category of it, is that of the statements in every grouping, however few its rows are", async () => {
  const registry = { teams: [] } as unknown as Registry;
  const totalsBy = async (...groupBy: readonly Dimension[]) => {
    const question = {
      from: parseDay("2026-10-01"),
      to: parseDay("2026-11-01"),
      step: "total",
      groupBy,
      filters: {},
    } as const;
    const nothingToRead = {} as ClickHouse;
    const { rows, cents } = await readCosts(
      nothingToRead,
      registry,
      { teams: TEAMS, namesOf: [] },
      question,
      readers,
    );
    const byCategory = new Map<string, bigint>();
    for (const row of rows)
      byCategory.set(row.values[0] ?? "", (byCategory.get(row.values[0] ?? "") ?? 0n) + row.cents);
    return { cents, byCategory };
  };
  const stated = await totalsBy("category");
  expect(stated.cents).toBe(statementsOf(lines).teams.reduce((sum, { cents }) => sum + cents, 0n));
  expect(await totalsBy("category", "cluster")).toEqual(stated);
  expect((await totalsBy("cluster")).cents).toBe(stated.cents);
  expect((await totalsBy("namespace")).cents).toBe(stated.cents);
  const ofClusters = await totalsBy("cluster");
  expect(ofClusters.byCategory.get("eu-2")).toBe(0n);
});
