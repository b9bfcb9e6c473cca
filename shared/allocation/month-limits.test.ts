import { describe, expect, it } from "vitest";
import { flatLine, type FlatLine, linesOf as everyLine } from "./line.js";
import { rulesOn } from "./rules-of-day.js";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { type Day, parseDay } from "@apportion/domain/period";
import { addToTotals, limitLines, LIMITS_SOURCE, type PoolTotals } from "./month-limits.js";
import { policiesOn, type Policies, type PolicyOfDay } from "./policy.js";
import { cell, allocationOf as allocated, mlflowPool, policy, registry, withPolicies } from "./testing.js";

const capped = policy("mlflow", [{ kind: "even" }], { caps: { a: "10" } });
const policiesOf = (...pools: Policies["pools"]): Policies => withPolicies(...pools).policies;
const totals = (of: Readonly<Record<string, Readonly<Record<string, string>>>>): PoolTotals =>
  new Map(
    Object.entries(of).map(([pool, shares]) => [
      pool,
      new Map(Object.entries(shares).map(([team, amount]) => [team, parsePicos(amount)])),
    ]),
  );
const textOf = (of: PoolTotals): unknown =>
  Object.fromEntries(
    [...of].map(([pool, shares]) => [
      pool,
      Object.fromEntries([...shares].map(([team, amount]) => [team, formatPicos(amount)])),
    ]),
  );
const told = (lines: readonly FlatLine[]): string[] =>
  lines.map(({ owner, pool, category, meter, amount }) =>
    [pool, category, owner.kind === "team" ? owner.teamId : owner.kind, meter, formatPicos(amount)].join(" "),
  );
const DAY = parseDay("2026-11-30");
const limitsOn = (policies: Policies, day: Day): readonly PolicyOfDay[] =>
  rulesOn({ registry, policies }, day).limited;
const linesOf = (pools: Policies["pools"], of: PoolTotals, teams = ["a", "b", "c"]): FlatLine[] =>
  limitLines(policiesOn(policiesOf(...pools), DAY).pools, of, new Set(teams)).map(flatLine);

describe("limits of a month", () => {
  it("hold on its last day, for the pools that have some", () => {
    const policies = policiesOf(
      policy("feast", [{ kind: "even" }]),
      capped,
      policy("system", [{ kind: "even" }], { minimums: { b: "1" } }),
    );
    const poolsOn = (day: string): string[] => limitsOn(policies, parseDay(day)).map(({ pool }) => pool);
    expect(poolsOn("2026-11-30")).toEqual(["mlflow", "system"]);
    expect(["2026-11-29", "2026-12-30", "2026-12-01"].map(poolsOn)).toEqual([[], [], []]);
    expect(poolsOn("2028-02-29")).toEqual(["mlflow", "system"]);
  });

  it("are those of the policies of that day", () => {
    const ended = { ...capped, to: parseDay("2026-11-30") };
    expect(limitsOn(policiesOf(ended), parseDay("2026-10-31"))).toHaveLength(1);
    expect(limitsOn(policiesOf(ended), DAY)).toEqual([]);
  });

  it("move cost between teams in lines that say why and add up to zero", () => {
    const lines = linesOf([capped], totals({ mlflow: { a: "30", b: "20", c: "10" } }));
    expect(told(lines)).toEqual([
      "mlflow shared a cap -20",
      "mlflow shared b limits-of-others 13.333333333333",
      "mlflow shared c limits-of-others 6.666666666667",
    ]);
    const [policyOfDay] = limitsOn(policiesOf(capped), DAY);
    expect(lines[0]).toEqual({
      source: LIMITS_SOURCE,
      scope: "mlflow",
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
      policy: policyOfDay?.version,
      method: "limit",
      reason: "",
      meter: "cap",
      meters: [],
      meterPercents: [],
      usageWindow: "",
      betweenServices: "",
      driverQuantity: 0n,
      driverTotal: 0n,
      amount: parsePicos("-20"),
    });
    expect(LIMITS_SOURCE).toBe("limits");
  });

  it("leave what no team may pay to nobody, and take off there what minimums bring beyond the cost", () => {
    const both = policy("mlflow", [{ kind: "even" }], { caps: { a: "10", b: "10" } });
    expect(told(linesOf([both], totals({ mlflow: { a: "30", b: "20" } })))).toEqual([
      "mlflow shared a cap -20",
      "mlflow shared b cap -10",
      "mlflow shared unallocated limits-of-all 30",
    ]);
    const least = policy("mlflow", [{ kind: "even" }], { minimums: { a: "10.50" } });
    expect(told(linesOf([least], totals({})))).toEqual([
      "mlflow shared a minimum 10.5",
      "mlflow shared unallocated limits-of-all -10.5",
    ]);
  });

  it("leave teams alone that are not there on the last day", () => {
    const lines = linesOf([capped], totals({ mlflow: { a: "30", b: "20", c: "10" } }), ["a", "b"]);
    expect(told(lines)).toEqual(["mlflow shared a cap -20", "mlflow shared b limits-of-others 20"]);
  });

  it("keep the category of pools that have one of their own", () => {
    const pools = ["corporate", "unused-commitment", "unallocated", "system/one", "idle/one"];
    const lines = linesOf(
      pools.map((pool) => policy(pool, [{ kind: "even" }], { caps: { a: "1" } })),
      totals(Object.fromEntries(pools.map((pool) => [pool, { a: "2", b: "0" }]))),
    );
    expect(told(lines.filter(({ meter }) => meter === "cap"))).toEqual([
      "corporate corporate a cap -1",
      "unused-commitment unused-commitment a cap -1",
      "unallocated unallocated a cap -1",
      "system/one shared a cap -1",
      "idle/one shared a cap -1",
    ]);
  });
});

describe("what teams pay of pools", () => {
  const POOLS = new Set(["mlflow", "system/one"]);

  it("is added up over days by pool and team, without what is direct or nobody's", () => {
    const day = allocated({
      cells: [
        mlflowPool,
        cell({ namespace: "kube-system", amount: "8" }),
        cell({ namespace: "team-a", amount: "30" }),
        cell({ namespace: "sandbox", amount: "4" }),
      ],
      ...withPolicies(policy("mlflow", [{ kind: "fixed", teams: { a: "75", b: "25" }, services: {} }])),
    });
    const first = addToTotals(new Map(), day, POOLS);
    expect(textOf(first)).toEqual({ mlflow: { a: "75", b: "25" }, "system/one": { a: "8" } });
    expect(textOf(addToTotals(first, day, POOLS))).toEqual({
      mlflow: { a: "150", b: "50" },
      "system/one": { a: "16" },
    });
    expect(textOf(first)).toEqual({ mlflow: { a: "75", b: "25" }, "system/one": { a: "8" } });
    expect(textOf(addToTotals(first, [], POOLS))).toEqual(textOf(first));
    expect(textOf(addToTotals(new Map(), day, new Set(["mlflow"])))).toEqual({
      mlflow: { a: "75", b: "25" },
    });
  });

  it("leaves out what of a pool nobody takes", () => {
    const kept = allocated({ cells: [mlflowPool], ...withPolicies(policy("mlflow", [{ kind: "keep" }])) });
    expect([...everyLine(kept)].map(flatLine)).toMatchObject([
      { pool: "mlflow", owner: { kind: "unallocated" } },
    ]);
    expect(textOf(addToTotals(new Map(), kept, POOLS))).toEqual({});
  });
});
