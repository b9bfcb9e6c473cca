import { describe, expect, it } from "vitest";
import type { Category } from "@apportion/domain/category";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { parseBillingPeriod, parseDay, type Day } from "@apportion/domain/period";
import {
  countedLines,
  daysBeforeTheBill,
  isComplete,
  isKubernetes,
  linesOfKind,
  linesOfTeam,
  ownerOf,
  settledDays,
  sumBy,
  sumOf,
  unsettledLines,
  type CostLine,
  type DayRun,
  type MonthCosts,
} from "./month.js";

const day = (of: number): Day => parseDay(`2026-11-${String(of).padStart(2, "0")}`);
const line = (of: number, amount: string, rest: Partial<CostLine> = {}): CostLine =>
  ({
    day: day(of),
    ownerKind: "team",
    teamId: "a",
    category: "cpu",
    basis: "direct",
    cluster: "one",
    picos: parsePicos(amount),
    ...rest,
  }) as CostLine;
const run = (of: number, rest: Partial<DayRun> = {}): DayRun => ({
  day: day(of),
  runId: `run-${of}`,
  missing: [],
  elapsed: true,
  collected: 0n,
  allocated: 0n,
  ...rest,
});
const month = (
  days: readonly DayRun[],
  lines: readonly CostLine[],
  bills: Readonly<Record<string, readonly Day[]>> = {},
): MonthCosts => ({
  period: parseBillingPeriod("2026-11"),
  days,
  lines,
  bills: new Map(Object.entries(bills).map(([account, billed]) => [account, new Set(billed)])),
});
const REGISTRY = { accounts: { byDefault: "main", named: [{ cluster: "own", account: "none" }] } };
const amounts = (lines: readonly CostLine[]): string[] => lines.map(({ picos }) => formatPicos(picos));

describe("a day", () => {
  it("is complete when no reading is missing", () => {
    expect([run(1), run(1, { missing: ["cost/s3/main"] })].map(isComplete)).toEqual([true, false]);
  });

  it("is settled when it is over, complete, and at the bill's price where there is a bill", () => {
    const days = [
      run(1),
      run(2, { missing: ["usage/mlflow/runs"] }),
      run(3, { elapsed: false }),
      run(4),
      run(5),
    ];
    const lines = [line(1, "1"), line(4, "1"), line(5, "1", { category: "object-storage" })];
    const bills = { main: [day(1)] };
    expect(settledDays(month(days, lines, bills), REGISTRY)).toEqual([day(1), day(5)]);
    expect(settledDays(month(days, lines), REGISTRY)).toEqual([day(1), day(4), day(5)]);
  });
});

describe("a cost of Kubernetes", () => {
  it("is one of its resources or of what is idle of them; the difference to the bill and all else is none", () => {
    const categories: Category[] = [
      "cpu",
      "gpu",
      "memory",
      "persistent-volume",
      "load-balancer",
      "idle-cpu",
      "idle-gpu",
      "idle-memory",
      "idle",
      "idle-variance",
    ];
    const others: Category[] = [
      "rate-variance",
      "object-storage",
      "network",
      "services",
      "shared",
      "corporate",
    ];
    expect([...categories, ...others].filter((category) => isKubernetes({ category }))).toEqual(categories);
  });

  const before = (costs: MonthCosts, registry: Parameters<typeof daysBeforeTheBill>[1] = REGISTRY): Day[] => [
    ...daysBeforeTheBill(costs, registry),
  ];

  it("is before the bill on days on which its account's bill is not compared with it", () => {
    const lines = [line(1, "1"), line(2, "1"), line(2, "3"), line(3, "1")];
    expect(before(month([], lines, { main: [day(1)] }))).toEqual([day(2), day(3)]);
    expect(before(month([], lines, { main: [] }))).toEqual([day(1), day(2), day(3)]);
    expect(before(month([], lines, { another: [] }))).toEqual([]);
  });

  it("is before the bill of an account that a run names as missing", () => {
    const missing = (...names: string[]): MonthCosts =>
      month([run(1, { missing: names })], [line(1, "1"), line(2, "1")]);
    expect(before(missing("bill/aws/main"))).toEqual([day(1), day(2)]);
    expect(before(missing("usage/x", "bill/aws/main (not read)"))).toEqual([day(1), day(2)]);
    for (const other of ["bill/aws/another", "cost/aws/main", "bill/main", "bill/aws/"])
      expect(before(missing(other))).toEqual([]);
  });

  it("has list price for its price where no bill is read, or on a cluster that is on none", () => {
    const bills = { main: [] };
    expect(before(month([], [line(1, "1")], bills), {})).toEqual([]);
    expect(before(month([], [line(1, "1", { cluster: "own" })], bills))).toEqual([]);
    expect(before(month([], [line(1, "1", { category: "network" })], bills))).toEqual([]);
  });
});

describe("costs that count for budgets", () => {
  const costs = month(
    [run(1), run(2, { missing: ["usage/mlflow/runs"] }), run(3)],
    [
      line(1, "1"),
      line(1, "2", { basis: "shared", category: "shared" }),
      line(2, "4"),
      line(2, "8", { basis: "shared", category: "shared" }),
      line(3, "16"),
      line(3, "32", { basis: "shared", category: "shared" }),
      line(3, "64", { category: "object-storage" }),
      line(4, "128", { basis: "shared", category: "shared" }),
    ],
    { main: [day(1), day(2)] },
  );

  it("are direct ones at the bill's price, and shares of pools on days on which nothing is open", () => {
    expect(amounts(countedLines(costs, REGISTRY))).toEqual(["1", "2", "4", "64"]);
  });

  it("leave all others, which are told as not settled", () => {
    expect(amounts(unsettledLines(costs, REGISTRY))).toEqual(["8", "16", "32", "128"]);
  });
});

describe("lines of a month", () => {
  const lines = [
    line(1, "1"),
    line(1, "2", { teamId: "b" }),
    line(2, "4"),
    line(2, "8", { ownerKind: "idle", teamId: "a" }),
    line(2, "16", { ownerKind: "unallocated", teamId: "" }),
  ];

  it("are a team's, or of a kind of owner", () => {
    expect(amounts(linesOfTeam(lines, "a"))).toEqual(["1", "4"]);
    expect(amounts(linesOfKind(lines, "idle"))).toEqual(["8"]);
    expect(formatPicos(sumOf(lines))).toBe("31");
    expect(sumOf([])).toBe(0n);
  });

  it("are charged to whom a name says, that of a team among teams", () => {
    expect([ownerOf("team", "search"), ownerOf("idle", "")]).toEqual(["team/search", "idle/"]);
  });

  it("are summed by what is asked, the largest first, equal ones by name", () => {
    const of = [
      { key: "small", picos: 1n },
      { key: "c", picos: 3n },
      { key: "b", picos: 5n },
      { key: "a", picos: 5n },
      { key: "c", picos: 4n },
      { key: "credit", picos: -9n },
    ];
    const expected = [
      { key: "c", picos: 7n },
      { key: "a", picos: 5n },
      { key: "b", picos: 5n },
      { key: "small", picos: 1n },
      { key: "credit", picos: -9n },
    ];
    expect(sumBy(of, ({ key }) => key)).toEqual(expected);
    expect(sumBy(of.toReversed(), ({ key }) => key)).toEqual(expected);
  });
});
