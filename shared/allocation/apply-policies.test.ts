import { describe, expect, it } from "vitest";
import type { CostCell, UsageCell } from "./cells.js";
import type { AllocationInput } from "./allocate.js";
import type { FlatLine } from "./line.js";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { parseDay } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { policiesOn, type BetweenServices, type Method, type Policies, type PoolPolicy } from "./policy.js";
import {
  allocateWith,
  cell,
  mlflowByRuns,
  mlflowPool,
  policy,
  registry,
  runs,
  shares,
  withPolicies,
} from "./testing.js";

describe("services that serve each other", () => {
  const serving: Registry = {
    ...registry,
    sharedServices: ["hr", "dp", "rm"].map((id) => ({ id, name: id })),
    rules: [
      ...registry.rules,
      ...["hr", "dp", "rm"].map((id) => ({
        owner: { kind: "shared-service" as const, id },
        match: { namespace: id },
      })),
    ],
  };
  const cells = [
    cell({ namespace: "hr", amount: "80000" }),
    cell({ namespace: "dp", amount: "120000" }),
    cell({ namespace: "rm", amount: "40000" }),
  ];
  const pools = [
    policy("hr", [{ kind: "fixed", teams: { a: "30", b: "40" }, services: { dp: "20", rm: "10" } }]),
    policy("dp", [{ kind: "fixed", teams: { a: "55", b: "30" }, services: { hr: "8", rm: "7" } }]),
    policy("rm", [{ kind: "fixed", teams: { a: "60", b: "40" }, services: {} }]),
  ];
  const owed = (method: BetweenServices["method"], order: string[] = []): Record<string, string> => {
    const lines = allocateWith({
      cells,
      registry: serving,
      policies: { pools, betweenServices: [{ method, order }] },
    });
    const of = (id: string): string => {
      const own = lines.filter(({ owner }) => owner.kind === "team" && owner.teamId === id);
      return Number(formatPicos(own.reduce((sum, line) => sum + line.amount, 0n))).toFixed(2);
    };
    return { a: of("a"), b: of("b") };
  };

  it("charge the teams by the method that is declared, and never more or less than they cost", () => {
    expect(owed("reciprocal")).toEqual({ a: "138601.63", b: "101398.37" });
    // Closed in the order hr, dp, rm: hr charges dp 16,000 and rm 8,000; dp charges rm 7/92 of 136,000.
    expect(owed("step-down", ["hr", "dp", "rm"])).toEqual({ a: "140313.04", b: "99686.96" });
    expect(owed("direct")).toEqual({ a: "135932.77", b: "104067.23" });
  });

  it("close in an order that the day's costs do not decide: it must not flip within a month", () => {
    const sharesOf = (hr: string, dp: string): unknown[] =>
      allocateWith({
        cells: [cell({ namespace: "hr", amount: hr }), cell({ namespace: "dp", amount: dp })],
        registry: serving,
        policies: { pools, betweenServices: [{ method: "step-down", order: [] }] },
      }).map(({ pool, owner, driverQuantity, driverTotal }) => [pool, owner, driverQuantity, driverTotal]);
    expect(sharesOf("80000", "120000")).toEqual(sharesOf("120000", "80000"));
  });

  it("take the next rung of their ladders when they were used by each other only", () => {
    const byUse = (pool: string, meter: string): PoolPolicy =>
      policy(pool, [{ kind: "usage", meters: [{ meter, percent: "100" }] }, { kind: "even" }]);
    const used = (meter: string, namespace: string): UsageCell => ({
      ...runs("", "1"),
      meter,
      namespace,
    });
    const lines = allocateWith({
      cells: cells.slice(0, 2),
      registry: serving,
      usage: [used("hr.use", "dp"), used("dp.use", "hr")],
      policies: {
        pools: [byUse("hr", "hr.use"), byUse("dp", "dp.use")],
        betweenServices: [{ method: "reciprocal", order: [] }],
      },
    });
    expect(new Set(lines.map(({ reason }) => reason))).toEqual(new Set(["closed-loop-of-dp+hr"]));
    expect(shares(lines, "hr")).toMatchObject({ a: "20000 by even (closed-loop-of-dp+hr)" });
  });
});

const sharedOnes = (...ids: string[]): Registry => ({
  ...registry,
  sharedServices: ids.map((id) => ({ id, name: id })),
  rules: [
    ...registry.rules,
    ...ids.map((id) => ({ owner: { kind: "shared-service" as const, id }, match: { namespace: id } })),
  ],
});

describe("lines of a pool", () => {
  const told = (lines: readonly FlatLine[]): string[] =>
    lines.map(({ owner, pool, reason, method, amount }) =>
      [pool, owner.kind === "team" ? owner.teamId : owner.kind, method, reason, formatPicos(amount)].join(
        "|",
      ),
    );

  it("say by which policy and method, what was measured, and what share of what each takes", () => {
    const [first, second] = allocateWith({
      cells: [mlflowPool],
      usage: [runs("a", "3"), runs("b", "1")],
    });
    expect(first).toEqual({
      source: "kubecost",
      scope: "one",
      cluster: "",
      namespace: "",
      nodePool: "",
      service: "",
      recordType: "",
      label: "",
      category: "shared",
      owner: { kind: "team", teamId: "a" },
      basis: "shared",
      pool: "mlflow",
      policy: policiesOn({ pools: [mlflowByRuns], betweenServices: [] }, parseDay("2026-11-22")).pools[0]
        ?.version,
      method: "usage",
      reason: "",
      meter: "mlflow.runs",
      meters: ["mlflow.runs"],
      meterPercents: ["100"],
      usageWindow: "billing-month",
      betweenServices: "",
      driverQuantity: parsePicos("3"),
      driverTotal: parsePicos("4"),
      amount: parsePicos("75"),
    });
    expect(second).toMatchObject({ owner: { teamId: "b" }, driverQuantity: parsePicos("1") });
  });

  it("name the cost that a share follows, and several meters with their percentages", () => {
    const meterOf = (method: Method): unknown => {
      const lines = allocateWith({
        cells: [mlflowPool, cell({ namespace: "team-a", amount: "1" })],
        usage: [runs("a", "1"), { ...runs("a", "1"), meter: "mlflow.run-hours" }],
        ...withPolicies(policy("mlflow", [method])),
      });
      const line = lines.find(({ pool }) => pool === "mlflow");
      return [line?.method, line?.meter, line?.usageWindow];
    };
    expect(meterOf({ kind: "proportional", to: "direct" })).toEqual(["proportional", "", ""]);
    expect(meterOf({ kind: "proportional", to: "total" })).toEqual(["proportional", "total-cost", ""]);
    expect(meterOf({ kind: "proportional", to: "cpu" })).toEqual(["proportional", "cpu-cost", ""]);
    expect(meterOf({ kind: "even" })).toEqual(["even", "", ""]);
    const meters = [
      { meter: "mlflow.runs", percent: "70" },
      { meter: "mlflow.run-hours", percent: "30" },
    ];
    expect(meterOf({ kind: "usage", meters })).toEqual([
      "usage",
      "mlflow.runs 70 % + mlflow.run-hours 30 %",
      "billing-month",
    ]);
  });

  it("are nobody's where a method keeps the pool, or none has anything to go by, with all reasons", () => {
    const of = (...methods: Method[]): string[] =>
      told(allocateWith({ cells: [mlflowPool], ...withPolicies(policy("mlflow", methods)) }));
    expect(of({ kind: "keep" })).toEqual(["mlflow|unallocated|||100"]);
    expect(of(...mlflowByRuns.methods.slice(0, 2))).toEqual([
      "mlflow|unallocated||no-usage-of-mlflow.runs, no-direct-cost|100",
    ]);
    expect(of(...mlflowByRuns.methods.slice(0, 1), { kind: "keep" }, { kind: "even" })).toEqual([
      "mlflow|unallocated||no-usage-of-mlflow.runs|100",
    ]);
    const kept = allocateWith({ cells: [mlflowPool], ...withPolicies(policy("mlflow", [{ kind: "keep" }])) });
    expect(kept[0]).toMatchObject({
      basis: "shared",
      policy: "",
      meter: "",
      driverTotal: 0n,
      source: "kubecost",
    });
  });

  it("are left out where they come to nothing: a share of no units, costs that cancel out", () => {
    const tiny = cell({ namespace: "platform-shared", controller: "mlflow", amount: "0.000000000001" });
    const even = withPolicies(policy("mlflow", [{ kind: "even" }]));
    expect(told(allocateWith({ cells: [tiny], ...even }))).toEqual(["mlflow|a|even||0.000000000001"]);
    const back = cell({ namespace: "platform-shared", controller: "mlflow", amount: "-100" });
    const kept = withPolicies(policy("mlflow", [{ kind: "keep" }]));
    expect(told(allocateWith({ cells: [mlflowPool, back], ...kept }))).toEqual([]);
    expect(told(allocateWith({ cells: [mlflowPool, back], ...even }))).toEqual([]);
  });

  it("keep sources, scopes and record types of the pool's cost apart, and its cluster and nodes", () => {
    const cost = (source: string, scope: string, amount: string): CostCell =>
      cell({ source, scope, namespace: "kube-system", amount });
    const bill = (recordType: string, amount: string): CostCell =>
      cell({ source: "aws-bill", kind: "bill", service: "x", recordType, namespace: "kube-system", amount });
    const lines = allocateWith({
      cells: [
        cost("kubecost", "one", "1"),
        cost("kubecost", "two", "2"),
        cost("rate-variance", "one", "4"),
        cost("kubecost", "one", "8"),
        bill("Usage", "16"),
      ],
      ...withPolicies(policy("system", [{ kind: "fixed", teams: { a: "100" }, services: {} }])),
    });
    expect(
      lines.map(({ source, scope, cluster, recordType, amount }) =>
        [source, scope, cluster, recordType, formatPicos(amount)].join(" "),
      ),
    ).toEqual([
      "kubecost one one  9",
      "kubecost two one  2",
      "rate-variance one one  4",
      "aws-bill one one  16",
    ]);
  });
});

describe("a service that serves others", () => {
  const fixed = (
    pool: string,
    teams: Record<string, string>,
    services: Record<string, string> = {},
  ): PoolPolicy => policy(pool, [{ kind: "fixed", teams, services }]);
  const amounts = (lines: readonly FlatLine[]): string[] =>
    lines.map(({ pool, owner, betweenServices, amount }) =>
      [pool, owner.kind === "team" ? owner.teamId : owner.kind, betweenServices, formatPicos(amount)].join(
        " ",
      ),
    );
  const run = (
    betweenServices: Policies["betweenServices"],
    pools: readonly PoolPolicy[],
    overrides: Partial<AllocationInput> = {},
  ): FlatLine[] =>
    allocateWith({
      registry: sharedOnes("x", "y", "z"),
      cells: [cell({ namespace: "x", amount: "100" }), cell({ namespace: "y", amount: "10" })],
      policies: { pools, betweenServices },
      ...overrides,
    });
  const pools = [fixed("x", { a: "50" }, { y: "50" }), fixed("y", { b: "100" })];

  it("is charged through them, in ratios of what it costs itself", () => {
    const lines = run([{ method: "reciprocal", order: [] }], pools);
    expect(amounts(lines)).toEqual(["x a reciprocal 50", "x b reciprocal 50", "y b  10"]);
    expect(lines[0]).toMatchObject({
      driverQuantity: parsePicos("0.5"),
      driverTotal: parsePicos("1"),
      method: "fixed",
    });
  });

  it("charges the teams alone under the direct method", () => {
    expect(amounts(run([{ method: "direct", order: [] }], pools))).toEqual(["x a  100", "y b  10"]);
    expect(amounts(run([], pools))).toEqual(["x a  100", "y b  10"]);
  });

  it("charges in a step-down those that are closed after it: the named ones first, the others by id", () => {
    const both = [fixed("x", { a: "50" }, { y: "50" }), fixed("y", { b: "50" }, { x: "50" })];
    const inOrder = (...order: string[]): string[] => amounts(run([{ method: "step-down", order }], both));
    const firstX = ["x a step-down 50", "x b step-down 50", "y b  10"];
    const firstY = ["x a  100", "y a step-down 5", "y b step-down 5"];
    expect(inOrder()).toEqual(firstX);
    expect(inOrder("x", "y")).toEqual(firstX);
    expect(inOrder("x")).toEqual(firstX);
    expect(inOrder("y", "x")).toEqual(firstY);
    expect(inOrder("y")).toEqual(firstY);
  });

  it("takes no share of itself", () => {
    const own = [fixed("x", { a: "50" }, { x: "50" }), fixed("y", { b: "100" })];
    expect(amounts(run([{ method: "reciprocal", order: [] }], own))).toEqual(["x a  100", "y b  10"]);
  });

  it("serves no service that is none", () => {
    const stranger = [fixed("x", { a: "50" }, { gone: "50" }), fixed("y", { b: "100" })];
    for (const method of ["reciprocal", "step-down"] as const)
      expect(amounts(run([{ method, order: [] }], stranger))).toEqual(["x a  100", "y b  10"]);
  });

  it("leaves to nobody what a service takes whose own cost nothing drives", () => {
    const kept = [
      fixed("x", { a: "50" }, { y: "25", z: "25" }),
      policy("y", [{ kind: "keep" }]),
      policy("z", [{ kind: "keep" }]),
    ];
    expect(amounts(run([{ method: "reciprocal", order: [] }], kept))).toEqual([
      "x unallocated reciprocal 50",
      "x a reciprocal 50",
      "y unallocated  10",
    ]);
  });

  it("goes down its ladder where it served in a loop only, and keeps the reasons of the rungs before", () => {
    const loop = (pool: string, other: string): PoolPolicy =>
      policy(pool, [
        { kind: "usage", meters: [{ meter: "none", percent: "100" }] },
        { kind: "fixed", teams: {}, services: { [other]: "100" } },
        { kind: "even" },
      ]);
    const lines = run(
      [{ method: "reciprocal", order: [] }],
      [loop("x", "y"), loop("y", "x"), fixed("z", { a: "1" })],
    );
    expect(new Set(lines.map(({ reason }) => reason))).toEqual(
      new Set(["no-usage-of-none, closed-loop-of-x+y"]),
    );
    expect(amounts(lines).slice(0, 4)).toEqual(["x a  25", "x b  25", "x c  25", "x pci  25"]);
  });

  it("leaves the others on their rungs, and its own cost to nobody where it has no rung left", () => {
    const only = (pool: string, other: string): PoolPolicy => fixed(pool, {}, { [other]: "100" });
    const lines = run(
      [{ method: "reciprocal", order: [] }],
      [only("x", "y"), only("y", "x"), fixed("z", { a: "1" })],
      {
        cells: ["x", "y", "z"].map((namespace) => cell({ namespace, amount: "8" })),
      },
    );
    expect(lines.map(({ pool, owner, reason }) => [pool, owner.kind, reason])).toEqual([
      ["x", "unallocated", "closed-loop-of-x+y"],
      ["y", "unallocated", "closed-loop-of-x+y"],
      ["z", "team", ""],
    ]);
  });

  it("that nobody's use is a share of leaves that share to nobody", () => {
    const byUse = policy("x", [{ kind: "usage", meters: [{ meter: "mlflow.runs", percent: "100" }] }]);
    const usage = [runs("a", "1"), runs("", "2"), { ...runs("", "1"), namespace: "y" }];
    const lines = run([{ method: "reciprocal", order: [] }], [byUse, fixed("y", { b: "100" })], { usage });
    expect(amounts(lines)).toEqual([
      "x unallocated reciprocal 50",
      "x a reciprocal 25",
      "x b reciprocal 25",
      "y b  10",
    ]);
    expect(lines[0]?.reason).toBe("usage-without-owner");
  });
});
