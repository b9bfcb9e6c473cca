import { describe, expect, it } from "vitest";
import type { UsageCell } from "./cells.js";
import {
  dailyMeters,
  isLimited,
  policiesOn,
  policyOf,
  type Method,
  type Policies,
  type PoolPolicy,
} from "./policy.js";
import { parsePicos } from "@apportion/domain/money";
import { parseDay } from "@apportion/domain/period";
import { cell, runs, allocateWith, mlflowPool, shares, policy, withPolicies } from "./testing.js";
import type { UsageWindow } from "./usage-window.js";

describe("policies", () => {
  const direct = [
    cell({ namespace: "team-a", amount: "30" }),
    cell({ namespace: "team-c", amount: "10", parts: [{ category: "gpu", amount: parsePicos("10") }] }),
  ];

  it("split by fixed percentages, and by one category of direct cost", () => {
    const fixed = policy("mlflow", [{ kind: "fixed", teams: { a: "12.5", b: "87.5" }, services: {} }]);
    expect(shares(allocateWith({ cells: [mlflowPool], ...withPolicies(fixed) }), "mlflow")).toEqual({
      a: "12 by fixed",
      b: "87 by fixed",
    });
    const byGpu = policy("mlflow", [{ kind: "proportional", to: "gpu" }]);
    expect(
      shares(allocateWith({ cells: [mlflowPool, ...direct], ...withPolicies(byGpu) }), "mlflow"),
    ).toEqual({ c: "100 by proportional" });
  });

  it("blend meters by their percentages", () => {
    const hours = (teamLabel: string, count: string): UsageCell => ({
      ...runs(teamLabel, count),
      meter: "mlflow.run-hours",
    });
    const blended = policy("mlflow", [
      {
        kind: "usage",
        meters: [
          { meter: "mlflow.runs", percent: "75" },
          { meter: "mlflow.run-hours", percent: "25" },
        ],
      },
      { kind: "even" },
    ]);
    const usage = [runs("a", "1"), runs("b", "1"), hours("c", "5")];
    expect(shares(allocateWith({ cells: [mlflowPool], usage, ...withPolicies(blended) }), "mlflow")).toEqual({
      a: "37 by usage",
      b: "37 by usage",
      c: "25 by usage",
    });
    const lines = allocateWith({ cells: [mlflowPool], usage: [runs("a", "1")], ...withPolicies(blended) });
    expect(lines[0]).toMatchObject({ method: "even", reason: "no-usage-of-mlflow.run-hours" });
  });

  it("exempt teams, whose part the others pay", () => {
    const evenly = policy("mlflow", [{ kind: "even" }], { exempt: ["a", "pci"] });
    expect(shares(allocateWith({ cells: [mlflowPool], ...withPolicies(evenly) }), "mlflow")).toEqual({
      b: "50 by even",
      c: "50 by even",
    });
  });

  it("hold on their days only: one that starts on the 15th leaves the 14th alone", () => {
    const fromThe15th = policy("mlflow", [{ kind: "fixed", teams: { a: "100" }, services: {} }], {
      from: parseDay("2026-11-15"),
    });
    const on = (day: string): Record<string, string> =>
      shares(
        allocateWith({ day: parseDay(day), cells: [mlflowPool, ...direct], ...withPolicies(fromThe15th) }),
        "mlflow",
      );
    expect(on("2026-11-14")).toEqual({ a: "75 by proportional", c: "25 by proportional" });
    expect(on("2026-11-15")).toEqual({ a: "100 by fixed" });
  });

  it("spread idle over its cluster, what nobody owns evenly, and the company's cost over all that teams pay", () => {
    const cells = [
      ...direct,
      cell({ kind: "idle", amount: "8" }),
      cell({ kind: "idle", cluster: "two", scope: "two", amount: "5" }),
      cell({ namespace: "sandbox", amount: "4" }),
      cell({
        source: "aws-bill",
        kind: "bill",
        recordType: "Credit",
        amount: "0",
        parts: [{ category: "services", amount: parsePicos("-26") }],
      }),
    ];
    const lines = allocateWith({
      cells,
      ...withPolicies(
        policy("idle", [{ kind: "proportional", to: "direct" }, { kind: "keep" }]),
        policy("unallocated", [{ kind: "even" }]),
        policy("corporate", [{ kind: "proportional", to: "total" }]),
      ),
    });
    expect(shares(lines, "idle/one")).toEqual({ a: "6 by proportional", c: "2 by proportional" });
    expect(lines.filter(({ owner }) => owner.kind === "idle").map(({ cluster }) => cluster)).toEqual(["two"]);
    expect(shares(lines, "unallocated")).toEqual({
      a: "1 by even",
      b: "1 by even",
      c: "1 by even",
      pci: "1 by even",
    });
    // a pays 30 + 6 + 1 of 52, c 10 + 2 + 1, b and pci 1 each.
    expect(shares(lines, "corporate")).toEqual({
      a: "-18 by proportional",
      b: "0 by proportional",
      c: "-6 by proportional",
      pci: "0 by proportional",
    });
  });
});

describe("the policies of a day", () => {
  const usage = (meter: string, window?: UsageWindow): Method => ({
    kind: "usage",
    meters: [{ meter, percent: "100" }],
    ...(window && { window }),
  });
  const on = (day: string, policies: Policies) => policiesOn(policies, parseDay(day));

  it("are those that hold on it, without their dates, each under a version that names its content", () => {
    const [from, to] = [parseDay("2026-11-15"), parseDay("2026-12-01")];
    const dated = policy("mlflow", [{ kind: "even" }], { from, to, exempt: ["a"] });
    const { pools } = withPolicies(dated).policies;
    expect(on("2026-11-14", { pools, betweenServices: [] }).pools).toEqual([]);
    expect(on("2026-12-01", { pools, betweenServices: [] }).pools).toEqual([]);
    const [found] = on("2026-11-30", { pools, betweenServices: [] }).pools;
    expect(found).toEqual({
      pool: "mlflow",
      methods: [{ kind: "even" }],
      exempt: ["a"],
      caps: {},
      minimums: {},
      version: found?.version,
    });
    expect(found?.version).toMatch(/^[0-9a-f]{8}$/);
  });

  it("have one version for one content, whatever the pool and the dates, and another for another", () => {
    const versionOf = (rest: Partial<PoolPolicy>): string | undefined =>
      on("2026-11-22", withPolicies(policy("mlflow", [{ kind: "even" }], rest)).policies).pools[0]?.version;
    const same = versionOf({});
    expect(versionOf({ pool: "feast", from: parseDay("2026-01-01"), to: parseDay("2027-01-01") })).toBe(same);
    const others = [{ exempt: ["a"] }, { caps: { a: "1" } }, { minimums: { a: "1" } }, { methods: [] }];
    expect(new Set([same, ...others.map(versionOf)]).size).toBe(5);
  });

  it("leave services to be charged directly unless one says otherwise", () => {
    expect(on("2026-11-22", { pools: [], betweenServices: [] }).betweenServices).toEqual({
      method: "direct",
      order: [],
    });
    const from = parseDay("2026-11-15");
    const betweenServices = [
      { method: "reciprocal" as const, order: [], to: from },
      { method: "step-down" as const, order: ["b", "a"], from },
    ];
    expect(on("2026-11-14", { pools: [], betweenServices }).betweenServices.method).toBe("reciprocal");
    expect(on("2026-11-15", { pools: [], betweenServices }).betweenServices).toEqual({
      method: "step-down",
      order: ["b", "a"],
    });
  });

  it("split what no policy names by direct cost and then evenly, and keep what is no service apart", () => {
    const policies = on("2026-11-22", withPolicies(policy("mlflow", [{ kind: "even" }])).policies);
    expect(policyOf(policies, "mlflow")).toBe(policies.pools[0]);
    const unnamed = { exempt: [], caps: {}, minimums: {}, version: "default" };
    const methods = [{ kind: "proportional", to: "direct" }, { kind: "even" }];
    expect(policyOf(policies, "feast")).toEqual({ ...unnamed, pool: "feast", methods });
    expect(policyOf(policies, "system")).toEqual({ ...unnamed, pool: "system", methods });
    for (const pool of ["idle", "unallocated", "unused-commitment", "corporate"])
      expect(policyOf(policies, pool)).toEqual({ ...unnamed, pool, methods: [{ kind: "keep" }] });
  });

  it("count single days of the meters of which one says so, whenever it holds", () => {
    const two: Method = {
      kind: "usage",
      meters: [
        { meter: "runs", percent: "50" },
        { meter: "hours", percent: "50" },
      ],
      window: "day",
    };
    const { policies } = withPolicies(
      policy("a", [{ kind: "even" }, usage("runs", "day")], { to: parseDay("2020-01-01") }),
      policy("b", [two, usage("requests")]),
      policy("c", [usage("bytes", "billing-month")]),
    );
    expect(dailyMeters(policies)).toEqual(["runs", "hours"]);
  });

  it("hold a pool within limits where one of caps or minimums names a team", () => {
    const limited = [
      { caps: {}, minimums: {} },
      { caps: { a: "1" }, minimums: {} },
      { caps: {}, minimums: { a: "1" } },
      { caps: { a: "1" }, minimums: { a: "1" } },
    ];
    expect(limited.map(isLimited)).toEqual([false, true, true, true]);
  });
});
