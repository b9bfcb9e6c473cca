import { describe, expect, it } from "vitest";
import type { CostCell, UsageCell } from "./cells.js";
import type { FlatLine } from "./line.js";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { type Day, parseDay } from "@apportion/domain/period";
import { ownerResolver, type Registry } from "@apportion/domain/tenancy";
import { driverOf, type Driver, type DriverContext, type DriverQuestion } from "./drivers.js";
import type { Proportion } from "@apportion/domain/proportion";
import { printReasons } from "@apportion/domain/reason";
import type { Method } from "./policy.js";
import { type OwnerOf, rulesOn } from "./rules-of-day.js";
import type { Allocation, SplittingMethod } from "./line.js";
import {
  ALL_READ,
  allocateWith,
  cell,
  idle,
  mlflowByRuns,
  mlflowPool,
  registry,
  runs,
  shares,
  team,
  withPolicies,
  allocationOf,
  policy,
} from "./testing.js";
import { teamCosts } from "./team-costs.js";

describe("a pool that is split by usage", () => {
  it("splits MLflow by runs, and leaves the share of runs without an owner unallocated", () => {
    const lines = allocateWith({
      cells: [mlflowPool],
      usage: [runs("a", "6"), runs("b", "3"), runs("", "1")],
    });
    expect(shares(lines, "mlflow")).toEqual({
      a: "60 by usage",
      b: "30 by usage",
      unallocated: "10 by usage (usage-without-owner)",
    });
    expect(lines.find((line) => line.owner.kind === "team" && line.owner.teamId === "b")).toMatchObject({
      meter: "mlflow.runs",
      driverQuantity: parsePicos("3"),
      driverTotal: parsePicos("10"),
    });
  });

  it("splits by the use of the month, or of the day alone where the policy says so", () => {
    const today = { ...runs("b", "4"), day: parseDay("2026-11-22") };
    const usage = [runs("a", "6"), today];
    const daily: Method = {
      kind: "usage",
      meters: [{ meter: "mlflow.runs", percent: "100" }],
      window: "day",
    };
    const policies = {
      pools: [{ ...mlflowByRuns, methods: [daily, { kind: "even" } as const] }],
      betweenServices: [],
    };
    expect(shares(allocateWith({ cells: [mlflowPool], usage }), "mlflow")).toEqual({
      a: "60 by usage",
      b: "40 by usage",
    });
    const byDay = allocateWith({ cells: [mlflowPool], usage, policies });
    expect(shares(byDay, "mlflow")).toEqual({ b: "100 by usage" });
    expect(byDay).toMatchObject([{ usageWindow: "day", driverTotal: parsePicos("4") }]);
    const unreadToday = { ...ALL_READ, day: new Set(["mlflow.runs"]) };
    expect(
      shares(
        allocateWith({ cells: [mlflowPool], usage, policies, metersWithoutReading: unreadToday }),
        "mlflow",
      ),
    ).toMatchObject({ a: "25 by even (no-reading-of-mlflow.runs)" });
  });

  it("charges and weighs a team only on days on which it is there, whatever it used on the month's other days", () => {
    const third = parseDay("2026-11-03");
    const changing: Registry = {
      ...registry,
      teams: [team("a"), { ...team("b"), to: third }, { ...team("c"), from: third }],
    };
    const usage = [
      { ...runs("b", "30"), day: parseDay("2026-11-02") },
      { ...runs("a", "60"), day: parseDay("2026-11-02") },
      { ...runs("c", "20"), day: third },
    ];
    const on = (day: string): Record<string, string> =>
      shares(allocateWith({ day: parseDay(day), registry: changing, cells: [mlflowPool], usage }), "mlflow");
    expect(on("2026-11-02")).toEqual({ a: "66 by usage", b: "33 by usage" });
    expect(on("2026-11-03")).toEqual({ a: "75 by usage", c: "25 by usage" });
    const onlyGone = { ...changing, teams: [{ ...team("b"), to: third }, team("a")] };
    const lines = allocateWith({
      day: third,
      registry: onlyGone,
      cells: [mlflowPool],
      usage: usage.slice(0, 1),
    });
    expect(shares(lines, "mlflow")).toEqual({
      a: "100 by even (no-usage-of-mlflow.runs, no-direct-cost)",
    });
  });

  it("finds the owner of usage as it finds that of costs, where a rule names the cluster too", () => {
    const byCluster: Registry = {
      ...registry,
      rules: [
        ...registry.rules,
        { owner: { kind: "team", id: "c" }, match: { cluster: "two", namespace: "ml" } },
      ],
    };
    const places = [
      { cluster: "two", namespace: "ml" }, // a rule with a cluster
      { cluster: "pci-1", namespace: "anything" }, // a dedicated cluster
      { cluster: "one", namespace: "ml" }, // nobody's
    ];
    const lines = allocateWith({
      registry: byCluster,
      cells: [mlflowPool, ...places.map((place) => cell({ ...place, amount: "7" }))],
      usage: places.map((place) => ({ ...runs("", "1"), ...place })),
    });
    const direct = lines.filter(({ basis }) => basis === "direct");
    const ownerOf = ({ owner }: FlatLine): string => (owner.kind === "team" ? owner.teamId : owner.kind);
    expect(direct.map(ownerOf).toSorted()).toEqual(["c", "pci", "unallocated"]);
    expect(shares(lines, "mlflow")).toEqual({
      c: "33 by usage",
      pci: "33 by usage",
      unallocated: "33 by usage (usage-without-owner)",
    });
  });

  it("falls back by name when nobody used the service, and when its usage was not read", () => {
    const cells = [
      mlflowPool,
      cell({ namespace: "team-a", amount: "30" }),
      cell({ namespace: "team-c", amount: "10" }),
    ];
    expect(shares(allocateWith({ cells }), "mlflow")).toEqual({
      a: "75 by proportional (no-usage-of-mlflow.runs)",
      c: "25 by proportional (no-usage-of-mlflow.runs)",
    });
    const metersWithoutReading = { ...ALL_READ, "billing-month": new Set(["mlflow.runs"]) };
    expect(shares(allocateWith({ cells, metersWithoutReading }), "mlflow")).toEqual({
      a: "75 by proportional (no-reading-of-mlflow.runs)",
      c: "25 by proportional (no-reading-of-mlflow.runs)",
    });
    expect(shares(allocateWith({ cells: [mlflowPool] }), "mlflow")).toMatchObject({
      a: "25 by even (no-usage-of-mlflow.runs, no-direct-cost)",
    });
  });
});

describe("who takes a share of a pool", () => {
  const DAY = parseDay("2026-11-22");
  /** What is asked of, beside the question: whose the registry is, and how owners are found. */
  interface Given extends Partial<Omit<DriverContext, "rules">> {
    readonly day?: Day;
    readonly registry?: Registry;
    readonly ownersOn?: (day: Day) => OwnerOf;
  }
  const ask = (method: SplittingMethod, rest: Partial<DriverQuestion> = {}, given: Given = {}): Driver => {
    const { day = DAY, registry: of = registry, ownersOn, ...facts } = given;
    const rules = rulesOn({ registry: of, policies: { pools: [], betweenServices: [] } }, day);
    const context = {
      rules: ownersOn ? { ...rules, ownersOn } : rules,
      usage: [],
      metersWithoutReading: ALL_READ,
      ...facts,
    };
    return driverOf(context, {
      method,
      cluster: "",
      exempt: new Set(),
      costs: teamCosts([]),
      serves: () => true,
      ...rest,
    });
  };
  const byUse: SplittingMethod = { kind: "usage", meters: [{ meter: "mlflow.runs", percent: "100" }] };
  const told = (driver: Driver): unknown =>
    driver.kind === "takers"
      ? driver.takers.map(({ kind, id, weight }) => `${kind} ${id} ${formatPicos(weight)}`)
      : printReasons([driver.reason]);

  it("is every team that is there, alike, or nobody where there is none", () => {
    expect(told(ask({ kind: "even" }))).toEqual(["team a 1", "team b 1", "team c 1", "team pci 1"]);
    expect(told(ask({ kind: "even" }, {}, { registry: { ...registry, teams: [] } }))).toBe("no-teams");
  });

  it("is who has a fixed share: teams by id, then the services that may take one", () => {
    const fixed: SplittingMethod = {
      kind: "fixed",
      teams: { b: "50", a: "20", c: "0" },
      services: { feast: "25", mlflow: "5" },
    };
    expect(told(ask(fixed))).toEqual(["team a 20", "team b 50", "service feast 25", "service mlflow 5"]);
    expect(told(ask(fixed, { serves: (id) => id === "mlflow", exempt: new Set(["b"]) }))).toEqual([
      "team a 20",
      "service mlflow 5",
    ]);
    expect(told(ask({ kind: "fixed", teams: { a: "0" }, services: {} }))).toBe("no-fixed-taker");
  });

  it("is who used it: teams, other services, and nobody for what has no owner; not system namespaces", () => {
    const used = (namespace: string, count: string): UsageCell => ({ ...runs("", count), namespace });
    const usage = [
      used("", "1"),
      { ...runs("b", "2"), cluster: "one" },
      runs("a", "3"),
      runs("b", "4"),
      used("kube-system", "100"),
      { ...runs("c", "50"), meter: "feast.requests" },
      { ...runs("", "6"), namespace: "feast" },
    ];
    const withFeast = {
      ...registry,
      rules: [
        ...registry.rules,
        { owner: { kind: "shared-service" as const, id: "feast" }, match: { namespace: "feast" } },
      ],
    };
    const driver = ask(byUse, {}, { usage, registry: withFeast });
    expect(told(driver)).toEqual(["team a 3", "team b 6", "service feast 6", "nobody  1"]);
    const noService = ask(
      byUse,
      { serves: () => false, exempt: new Set(["a"]) },
      { usage, registry: withFeast },
    );
    expect(told(noService)).toEqual(["team b 6", "nobody  1"]);
  });

  it("is unknown where the meter was not read in the window that counts", () => {
    const usage = [{ ...runs("a", "1"), day: DAY }];
    const unread = { "billing-month": new Set(["mlflow.runs"]), day: new Set<string>() };
    expect(told(ask(byUse, {}, { usage, metersWithoutReading: unread }))).toBe("no-reading-of-mlflow.runs");
    const daily: SplittingMethod = { ...byUse, window: "day" };
    expect(told(ask(daily, {}, { usage, metersWithoutReading: unread }))).toEqual(["team a 1"]);
  });

  it("of a day is not who used it on another, nor another meter", () => {
    const daily: SplittingMethod = { ...byUse, window: "day" };
    const usage = [
      runs("a", "1"),
      { ...runs("b", "2"), day: DAY },
      { ...runs("c", "3"), day: DAY, meter: "feast.requests" },
    ];
    expect(told(ask(daily, {}, { usage }))).toEqual(["team b 2"]);
    expect(told(ask(daily, {}, { usage: [runs("a", "1")] }))).toBe("no-usage-of-mlflow.runs");
  });

  it("of several meters takes the percentage of each by its own use", () => {
    const blended: SplittingMethod = {
      kind: "usage",
      meters: [
        { meter: "mlflow.runs", percent: "70" },
        { meter: "mlflow.run-hours", percent: "30" },
      ],
    };
    const hours = (teamLabel: string, count: string): UsageCell => ({
      ...runs(teamLabel, count),
      meter: "mlflow.run-hours",
    });
    const usage = [runs("a", "1"), runs("b", "3"), hours("a", "1"), hours("", "2")];
    expect(told(ask(blended, {}, { usage }))).toEqual(["team a 0.275", "team b 0.525", "nobody  0.2"]);
    expect(told(ask(blended, {}, { usage: [hours("a", "1")] }))).toBe("no-usage-of-mlflow.runs");
  });

  it("is asked of each registry and each month's usage anew", () => {
    const usage = [runs("a", "1")];
    const renamed: Registry = {
      ...registry,
      rules: [{ owner: { kind: "team", id: "b" }, match: { teamLabel: "a" } }],
    };
    expect(told(ask(byUse, {}, { usage }))).toEqual(["team a 1"]);
    expect(told(ask(byUse, {}, { usage, registry: renamed }))).toEqual(["team b 1"]);
    expect(told(ask(byUse, {}, { usage: [runs("a", "2")] }))).toEqual(["team a 2"]);
  });

  it("resolves a month's usage once for all its days", () => {
    const usage = [runs("a", "1")];
    let resolved = 0;
    const counting: (day: Day) => OwnerOf = (day) => {
      resolved += 1;
      return ownerResolver(registry, day);
    };
    for (const day of ["2026-11-21", "2026-11-22"])
      expect(told(ask(byUse, {}, { usage, day: parseDay(day), ownersOn: counting }))).toEqual(["team a 1"]);
    expect(resolved).toBe(1);
  });
});

describe("a share that follows cost", () => {
  const gpu = (namespace: string, amount: string, rest: Partial<CostCell> = {}): CostCell =>
    cell({ namespace, amount: "0", parts: [{ category: "gpu", amount: parsePicos(amount) }], ...rest });
  const lines = (): Allocation =>
    allocationOf({
      cells: [
        cell({ namespace: "team-b", amount: "3" }),
        gpu("team-a", "5"),
        cell({ namespace: "team-a", amount: "1", cluster: "two" }),
        gpu("team-c", "-2"),
        cell({ namespace: "sandbox", amount: "50" }),
        idle("hipaa-1", ["7"]),
      ],
      ...withPolicies(),
    });
  const follow = (to: Proportion, cluster = "", of = lines()): unknown => {
    const rules = rulesOn({ registry, policies: { pools: [], betweenServices: [] } }, parseDay("2026-11-22"));
    const context = { rules, usage: [], metersWithoutReading: ALL_READ };
    const method = { kind: "proportional", to } as const;
    const driver = driverOf(context, {
      method,
      cluster,
      exempt: new Set(),
      costs: teamCosts(of),
      serves: () => false,
    });
    return driver.kind === "takers"
      ? driver.takers.map(({ id, weight }) => `${id} ${formatPicos(weight)}`)
      : printReasons([driver.reason]);
  };

  it("weighs direct cost, all that teams pay, or one category; a team with credits only weighs nothing", () => {
    expect(follow("direct")).toEqual(["a 6", "b 3"]);
    expect(follow("total")).toEqual(["a 6", "b 10"]);
    expect(follow("gpu")).toEqual(["a 5"]);
  });

  it("weighs that of the pool's cluster where it has one", () => {
    expect(follow("direct", "two")).toEqual(["a 1"]);
    expect(follow("total", "one")).toEqual(["a 5", "b 10"]);
  });

  it("says what there is none of, and where", () => {
    expect(follow("memory")).toBe("no-memory-cost");
    expect(follow("gpu", "two")).toBe("no-gpu-cost-on-two");
  });

  it("does not weigh by category what a policy has split, only in all", () => {
    const split = allocationOf({
      cells: [idle("gpu-1", ["0", "8"])],
      ...withPolicies(policy("idle", [{ kind: "fixed", teams: { a: "75", b: "25" }, services: {} }])),
    });
    expect(follow("total", "", split)).toEqual(["a 6", "b 2"]);
    expect(follow("total", "one", split)).toEqual(["a 6", "b 2"]);
    expect(follow("direct", "", split)).toBe("no-direct-cost");
    expect(follow("gpu", "", split)).toBe("no-gpu-cost");
  });
});
