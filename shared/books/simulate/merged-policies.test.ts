import { describe, expect, it } from "vitest";
import { type Policies, policiesOn, type PoolPolicy } from "@apportion/allocation/policy";
import { type Day, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { mergedPolicies, replacedPolicies } from "./merged-policies.js";

const first = parseDay("2026-10-01");
const middle = parseDay("2026-10-15");
const later = parseDay("2026-10-20");

const policyOf = (pool: string, kind: "even" | "keep", dates: Partial<PoolPolicy> = {}): PoolPolicy => ({
  pool,
  methods: [{ kind }],
  exempt: [],
  caps: {},
  minimums: {},
  ...dates,
});
const policiesOf = (...pools: PoolPolicy[]): Policies => ({ pools, betweenServices: [] });
/** `mlflow even`, for each pool with a policy on a day. */
const onDay = (policies: Policies, day: string): string[] =>
  policiesOn(policies, parseDay(day))
    .pools.map(({ pool, methods }) => `${pool} ${methods[0]?.kind}`)
    .toSorted();

describe("policies of a simulation", () => {
  const inForce: Policies = {
    pools: [policyOf("mlflow", "keep"), policyOf("feast", "keep")],
    betweenServices: [{ method: "reciprocal", order: [] }],
  };

  it("replace those of the pools that they name, and leave all others", () => {
    const merged = mergedPolicies(inForce, { policies: policiesOf(policyOf("mlflow", "even")) });
    expect(onDay(merged, "2026-10-01")).toEqual(["feast keep", "mlflow even"]);
    expect(policiesOn(merged, parseDay("2026-10-01")).betweenServices.method).toBe("reciprocal");
    expect(mergedPolicies(inForce, { policies: policiesOf() })).toEqual(inForce);
  });

  it("hold from a day on, until which those in force do", () => {
    const merged = mergedPolicies(inForce, {
      policies: policiesOf(policyOf("mlflow", "even")),
      from: middle,
    });
    expect(onDay(merged, "2026-10-14")).toEqual(["feast keep", "mlflow keep"]);
    expect(onDay(merged, "2026-10-15")).toEqual(["feast keep", "mlflow even"]);
  });

  it("hold from dates of their own, which can only be later", () => {
    const dated = policiesOf(policyOf("mlflow", "even", { from: later }));
    for (const from of [undefined, first, middle]) {
      const merged = mergedPolicies(inForce, { policies: dated, from });
      expect([onDay(merged, "2026-10-19"), onDay(merged, "2026-10-20")]).toEqual([
        ["feast keep", "mlflow keep"],
        ["feast keep", "mlflow even"],
      ]);
    }
    const early = mergedPolicies(inForce, {
      policies: policiesOf(policyOf("mlflow", "even", { from: first })),
      from: later,
    });
    expect(onDay(early, "2026-10-19")).toEqual(["feast keep", "mlflow keep"]);
  });

  it("never have two versions of a pool on a day, nor none, whichever versions were in force", () => {
    const versions = [
      policyOf("mlflow", "keep", { to: middle }),
      policyOf("mlflow", "even", { from: middle, to: later }),
      policyOf("mlflow", "keep", { from: later }),
    ];
    for (const from of [undefined, first, middle, later])
      for (const day of ["2026-10-01", "2026-10-14", "2026-10-15", "2026-10-20", "2026-10-31"]) {
        const given = { policies: policiesOf(policyOf("mlflow", "even")), from };
        expect(onDay(mergedPolicies(policiesOf(...versions), given), day)).toHaveLength(1);
      }
  });

  it("are said to replace what makes way in the month, and since when they hold where that is later", () => {
    const replaced = (dates: Partial<PoolPolicy>, from?: Day): unknown => {
      const given = { policies: policiesOf(policyOf("mlflow", "even", dates)), from };
      const merged = [mergedPolicies(inForce, given)];
      return replacedPolicies([inForce], merged, given, parseBillingPeriod("2026-10"));
    };
    const [keep, even] = [[{ kind: "keep" }], [{ kind: "even" }]];
    expect(replaced({})).toEqual([{ of: "mlflow", before: [keep], after: [even] }]);
    expect(replaced({}, middle)).toEqual([{ of: "mlflow", before: [keep], after: [keep, even] }]);
    const next = parseDay("2026-11-01");
    const none = [{ of: "mlflow", before: [keep], after: [keep], from: next }];
    expect([replaced({ from: next }), replaced({ from: next }, first), replaced({}, next)]).toEqual([
      none,
      none,
      none,
    ]);
    // What was over before the month began made way for the default.
    expect(replaced({ to: first })).toEqual([{ of: "mlflow", before: [keep], after: [] }]);
  });

  it("say how services charge each other only where they name it", () => {
    const direct: Policies = { pools: [], betweenServices: [{ method: "direct", order: [] }] };
    const merged = mergedPolicies(inForce, { policies: direct, from: middle });
    expect(
      ["2026-10-14", "2026-10-15"].map((day) => policiesOn(merged, parseDay(day)).betweenServices.method),
    ).toEqual(["reciprocal", "direct"]);
  });
});
