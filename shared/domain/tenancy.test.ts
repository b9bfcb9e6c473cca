import { describe, expect, it } from "vitest";
import { type Day, parseBillingPeriod, parseDay } from "./period.js";
import { budgetFor } from "./budget.js";
import {
  accountOf,
  decidingDimension,
  matchingRules,
  nodePoolOf,
  ownerResolver,
  tenantOf,
  type OwnershipRule,
  type Registry,
  type Subject,
  type Team,
} from "./tenancy.js";

const team = (id: string, budgets: Team["budgets"] = []): Team => ({
  id,
  name: id,
  costCenter: id,
  complianceLevel: "standard",
  contacts: [],
  budgets,
});
const rule = (
  id: string,
  match: OwnershipRule["match"],
  dates: { from?: Day; to?: Day } = {},
): OwnershipRule => ({
  owner: { kind: "team", id },
  match,
  ...dates,
});
const registry = (...rules: readonly OwnershipRule[]): Registry => ({
  teams: [team("a"), team("b")],
  sharedServices: [],
  dedicatedClusters: [],
  nodePools: [],
  rules,
});
const subject = (parts: Partial<Subject>): Subject => ({
  cluster: "",
  namespace: "",
  controller: "",
  teamLabel: "",
  service: "",
  ...parts,
});
const ownerOn = (day: string, rules: readonly OwnershipRule[], parts: Partial<Subject>): string | undefined =>
  ownerResolver(registry(...rules), parseDay(day))(subject(parts))?.id;

describe("who owns a dollar", () => {
  it("is decided by the namespace before the label: a label is what somebody typed", () => {
    const rules = [rule("a", { teamLabel: "a" }), rule("b", { namespace: "team-b" })];
    expect(ownerOn("2026-11-01", rules, { namespace: "team-b", teamLabel: "a" })).toBe("b");
    expect(ownerOn("2026-11-01", rules, { namespace: "elsewhere", teamLabel: "a" })).toBe("a");
  });

  it("is decided by a controller before both, and by an exact name before a pattern", () => {
    const rules = [
      rule("a", { namespace: "shared" }),
      rule("b", { namespace: "shared", controller: "mlflow*" }),
      rule("c", { namespace: "shared", controller: "mlflow-db" }),
    ];
    expect(ownerOn("2026-11-01", rules, { namespace: "shared", controller: "mlflow-api" })).toBe("b");
    expect(ownerOn("2026-11-01", rules, { namespace: "shared", controller: "mlflow-db" })).toBe("c");
    expect(ownerOn("2026-11-01", rules, { namespace: "shared", controller: "feast" })).toBe("a");
  });

  it("is decided by the first dimension in which rules differ: what follows it counts only between equals", () => {
    const onDay = (rules: readonly OwnershipRule[], parts: Partial<Subject>): string | undefined =>
      ownerOn("2026-11-01", rules, parts);
    const place = { cluster: "one", namespace: "ml-train", controller: "api", teamLabel: "x" };
    // A pattern with a cluster does not outrank an exact name.
    const exact = [rule("a", { cluster: "one", namespace: "ml-*" }), rule("b", { namespace: "ml-train" })];
    expect(onDay(exact, place)).toBe("b");
    const longer = [rule("a", { namespace: "ml-*" }), rule("b", { namespace: "ml-tr*" })];
    expect(onDay(longer, place)).toBe("b");
    const narrower = [rule("a", { namespace: "ml-*" }), rule("b", { cluster: "one", namespace: "ml-*" })];
    expect(onDay(narrower, place)).toBe("b");
    const controller = [
      rule("a", { namespace: "ml-train", controller: "ap*" }),
      rule("b", { controller: "api" }),
    ];
    expect(onDay(controller, place)).toBe("b");
    expect(onDay([rule("a", { cluster: "one" }), rule("b", { teamLabel: "x" })], place)).toBe("b");
    expect(onDay([rule("a", { namespace: "ml-train" }), rule("b", { namespace: "ml-train" })], place)).toBe(
      "a",
    );
  });

  it("changes on the day on which a namespace changes hands, from midnight UTC", () => {
    const change = parseDay("2026-11-15");
    const rules = [
      rule("a", { namespace: "x" }, { to: change }),
      rule("b", { namespace: "x" }, { from: change }),
    ];
    expect(ownerOn("2026-11-14", rules, { namespace: "x" })).toBe("a");
    expect(ownerOn("2026-11-15", rules, { namespace: "x" })).toBe("b");
  });

  it("is nobody's before the first day of the rule that claims it, and from the day on which it ends", () => {
    const only = [
      rule("a", { namespace: "x" }, { from: parseDay("2026-11-15"), to: parseDay("2026-11-17") }),
    ];
    const days = ["2026-11-14", "2026-11-15", "2026-11-16", "2026-11-17"];
    expect(days.map((on) => ownerOn(on, only, { namespace: "x" }))).toEqual([undefined, "a", "a", undefined]);
  });

  it("is nobody where nobody claims it", () => {
    expect(ownerOn("2026-11-01", [rule("a", { namespace: "x" })], { namespace: "y" })).toBeUndefined();
  });
});

describe("a budget", () => {
  it("holds until a later one starts", () => {
    const one = team("a", [
      { from: parseBillingPeriod("2026-10"), amount: "100.00" },
      { from: parseBillingPeriod("2027-01"), amount: "200.00" },
    ]);
    const amountIn = (month: string): string | undefined => budgetFor(one, parseBillingPeriod(month))?.amount;
    expect(["2026-09", "2026-10", "2026-12", "2027-01", "2030-01"].map(amountIn)).toEqual([
      undefined,
      "100.00",
      "100.00",
      "200.00",
      "200.00",
    ]);
  });

  it("is the latest that has started, in whatever order they are written", () => {
    const months = ["2026-03", "2026-01", "2026-04", "2026-02"].map(parseBillingPeriod);
    const one = team(
      "a",
      months.map((from) => ({ from, amount: from })),
    );
    expect(budgetFor(one, parseBillingPeriod("2026-03"))?.amount).toBe("2026-03");
    expect(budgetFor(one, parseBillingPeriod("2026-12"))?.amount).toBe("2026-04");
  });
});

describe("the rules of a cost", () => {
  const rules = [
    rule("a", { cluster: "one" }),
    rule("gone", { namespace: "ml" }, { to: parseDay("2026-11-01") }),
    rule("b", { namespace: "m*" }),
    rule("c", { service: "Amazon RDS" }),
    rule("d", { namespace: "ml" }),
  ];
  const place = subject({ cluster: "one", namespace: "ml" });

  it("are all that match on the day, the one that wins first", () => {
    const found = matchingRules(registry(...rules), parseDay("2026-11-01"), place);
    expect(found.map(({ owner }) => owner.id)).toEqual(["d", "b", "a"]);
    expect(matchingRules(registry(...rules), parseDay("2026-10-31"), place)[0]?.owner.id).toBe("gone");
  });

  it("name the owner of a service of the bill before that of a cluster", () => {
    const both = [rule("a", { cluster: "one" }), rule("b", { service: "Amazon RDS" })];
    expect(ownerOn("2026-11-01", both, { cluster: "one", service: "Amazon RDS" })).toBe("b");
    const three = [rule("b", { service: "Amazon RDS" }), rule("c", { teamLabel: "c" })];
    expect(ownerOn("2026-11-01", three, { teamLabel: "c", service: "Amazon RDS" })).toBe("c");
  });

  it("differ first in the dimension that decides between them, or in none", () => {
    expect(decidingDimension({ namespace: "ml", cluster: "one" }, { namespace: "ml", cluster: "two" })).toBe(
      undefined,
    );
    expect(decidingDimension({ namespace: "ml", cluster: "one" }, { namespace: "ml" })).toBe("cluster");
    expect(decidingDimension({ namespace: "ml-*" }, { namespace: "ml-train*" })).toBe("namespace");
    expect(decidingDimension({ controller: "x" }, { namespace: "y" })).toBe("controller");
    expect(decidingDimension({ teamLabel: "x" }, { service: "y" })).toBe("teamLabel");
    expect(decidingDimension({ service: "x" }, { cluster: "y" })).toBe("service");
  });

  it("match a pattern from the start and to any end, and an exact name as a whole", () => {
    const owners = (pattern: string, names: readonly string[]): unknown[] =>
      names.map((namespace) => ownerOn("2026-11-01", [rule("a", { namespace: pattern })], { namespace }));
    expect(owners("ml*", ["ml", "ml-train", "my-ml"])).toEqual(["a", "a", undefined]);
    expect(owners("ml", ["ml", "ml-train", "my-ml"])).toEqual(["a", undefined, undefined]);
    expect(owners("*", ["", "x"])).toEqual(["a", "a"]);
  });

  it("are asked anew for each cost that differs in anything a rule can name", () => {
    const owner = ownerResolver(
      registry(rule("a", { cluster: "one", controller: "x" })),
      parseDay("2026-11-01"),
    );
    expect(owner(subject({ cluster: "one", controller: "x" }))?.id).toBe("a");
    expect(owner(subject({ cluster: "two", controller: "x" }))).toBeUndefined();
    expect(owner(subject({ cluster: "one", controller: "y" }))).toBeUndefined();
    expect(owner(subject({ cluster: "one", controller: "x", namespace: "n" }))?.id).toBe("a");
  });

  it("are looked through once for costs that look the same", () => {
    let asked = 0;
    const counted = {
      owner: { kind: "team", id: "a" },
      get match() {
        asked += 1;
        return { namespace: "ml" };
      },
    } as const;
    const owner = ownerResolver(registry(counted), parseDay("2026-11-01"));
    asked = 0;
    expect([1, 2, 3].map(() => owner(place)?.id)).toEqual(["a", "a", "a"]);
    expect(asked).toBe(1);
  });
});

describe("idle capacity of a node", () => {
  const day = parseDay("2026-11-15");
  const nodes: Registry = {
    ...registry(),
    dedicatedClusters: [
      { cluster: "pci", team: "before", to: day },
      { cluster: "pci", team: "a", from: day },
    ],
    nodePools: [
      { cluster: "pci", id: "old", nodes: ["gpu-*"], team: "before", to: day },
      { cluster: "one", id: "gpu", nodes: ["gpu-*", "big"] },
      { cluster: "pci", id: "gpu", nodes: ["gpu-*"], team: "b" },
      { cluster: "pci", id: "free", nodes: ["free-1"] },
    ],
  };
  const poolOf = (cluster: string, node: string): string | undefined =>
    nodePoolOf(nodes, { cluster, node }, day)?.id;
  const tenantOn = (cluster: string, node: string, on = day): string | undefined =>
    tenantOf(nodes, { cluster, node }, on);

  it("is in the pool of its cluster that names the node on the day, by one of its names", () => {
    expect(["gpu-1", "big", "big-1", ""].map((node) => poolOf("one", node))).toEqual([
      "gpu",
      "gpu",
      undefined,
      undefined,
    ]);
    expect(nodePoolOf(nodes, { cluster: "pci", node: "gpu-1" }, day)).toMatchObject({ id: "gpu", team: "b" });
    expect(nodePoolOf(nodes, { cluster: "pci", node: "gpu-1" }, parseDay("2026-11-14"))?.id).toBe("old");
  });

  it("is that of the team of its pool, else of its cluster's", () => {
    expect(tenantOn("pci", "gpu-1")).toBe("b");
    expect(tenantOn("pci", "free-1")).toBe("a");
    expect(tenantOn("pci", "")).toBe("a");
    expect(tenantOn("pci", "", parseDay("2026-11-14"))).toBe("before");
    expect(tenantOn("one", "gpu-1")).toBeUndefined();
  });
});

describe("the account on whose bill a cluster is", () => {
  it("is the one that it names, else the default; none where it is on no bill or no bill is read", () => {
    const accounts = {
      byDefault: "main",
      named: [
        { cluster: "own", account: "none" },
        { cluster: "ml", account: "444455556666" },
      ],
    };
    expect(["ml", "other", "own"].map((cluster) => accountOf({ accounts }, cluster))).toEqual([
      "444455556666",
      "main",
      undefined,
    ]);
    expect(accountOf({}, "ml")).toBeUndefined();
    expect(accountOf({ accounts: { ...accounts, byDefault: "none" } }, "other")).toBeUndefined();
  });
});
