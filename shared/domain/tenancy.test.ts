import { describe, expect, it } from "vitest";
import { type Day, parseBillingPeriod, parseDay } from "./period.js";
import {
  budgetFor,
  ownerResolver,
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
});
