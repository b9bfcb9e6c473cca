import { describe, expect, it } from "vitest";
import { parseDay } from "@apportion/domain/period";
import { allocationConfig, policiesOf } from "./allocation.js";
import { checkPolicies, type KnownNames } from "./check-policies.js";

const KNOWN: KnownNames = {
  teams: [{ id: "a" }, { id: "b" }, { id: "late", from: parseDay("2026-06-01") }],
  sharedServices: ["mlflow", "argocd", "prometheus"],
  meters: ["mlflow.runs"],
};

function problems(allocation: object): string[] {
  const config = allocationConfig.parse(allocation);
  return checkPolicies(policiesOf(config), KNOWN, ["allocation"]).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );
}
const even = [{ kind: "even" }];

describe("policies that cannot hold", () => {
  it("are refused all at once, each with its place", () => {
    expect(
      problems({
        policies: [
          { pool: "jupyter", methods: even },
          { pool: "mlflow", methods: [{ kind: "usage", meter: "mlflow.rnus" }], exempt: ["ghost"] },
          { pool: "idle", methods: [{ kind: "keep" }, { kind: "even" }] },
          { pool: "prometheus", methods: [{ kind: "keep" }] },
        ],
        betweenServices: [{ method: "step-down", order: ["jenkins"] }],
      }),
    ).toEqual([
      'allocation.policies.0.pool: there is no shared service "jupyter"; there are system, idle, unallocated, unused-commitment, corporate, mlflow, argocd, prometheus',
      'allocation.policies.1.exempt.0: there is no team "ghost"',
      'allocation.policies.1.methods.0: no collector measures "mlflow.rnus"; there are mlflow.runs',
      "allocation.policies.2.methods.0: what follows `keep` is never tried",
      'allocation.policies.3.methods.0: "prometheus" has to be split: only idle, unallocated, unused-commitment, corporate are kept',
      'allocation.betweenServices.0.order.0: there is no shared service "jenkins"; there are mlflow, argocd, prometheus',
    ]);
  });

  it("percentages that do not add up to 100, of teams that are not there all the time, of oneself", () => {
    const fixed = (teams: object, services: object = {}): object => ({ kind: "fixed", teams, services });
    expect(
      problems({
        policies: [
          { pool: "mlflow", methods: [fixed({ a: 40, b: "59.999999" })] },
          { pool: "argocd", methods: [fixed({ late: 100 })] },
          { pool: "prometheus", methods: [fixed({ a: 50 }, { prometheus: 50 })] },
        ],
      }),
    ).toEqual([
      "allocation.policies.0.methods.0: the percentages add up to 99.999999, not to 100",
      'allocation.policies.1.methods.0.teams.late: team "late" is there from 2026-06-01 to the end only, the policy longer',
      'allocation.policies.2.methods.0.services.prometheus: "prometheus" cannot charge itself',
    ]);
  });

  it("limits of teams that are exempt, of no team, or that contradict each other", () => {
    expect(
      problems({
        policies: [
          {
            pool: "mlflow",
            methods: even,
            exempt: ["b"],
            caps: { a: "10.00", b: "5.00" },
            minimums: { a: "11.00" },
          },
          { pool: "system", methods: even, caps: { ghost: "1.00" } },
        ],
      }),
    ).toEqual([
      'allocation.policies.0.caps.b: "b" is exempt and has a limit',
      "allocation.policies.0.minimums.a: 11.00 is more than the cap of 10.00",
      'allocation.policies.1: "system" is a pool for each cluster, which has no caps or minimums',
      'allocation.policies.1.caps.ghost: there is no team "ghost"',
    ]);
  });

  it("limits that begin or end in mid-month", () => {
    const capped = { pool: "mlflow", methods: even, caps: { a: "10.00" } };
    expect(
      problems({
        policies: [
          { ...capped, to: "2026-10-15" },
          { ...capped, from: "2026-10-15", to: "2026-12-01" },
          { pool: "mlflow", methods: even, from: "2026-12-01" },
        ],
      }),
    ).toEqual([
      "allocation.policies.0.to: caps and minimums are of whole months: let the policy hold to the first of a month, not 2026-10-15",
      "allocation.policies.1.from: caps and minimums are of whole months: let the policy hold from the first of a month, not 2026-10-15",
    ]);
  });

  it("versions that overlap, leave a gap or end with nothing behind them", () => {
    const version = (pool: string, from?: string, to?: string): object => ({ pool, from, to, methods: even });
    expect(
      problems({
        policies: [
          version("mlflow"),
          version("mlflow", "2026-10-15"),
          version("argocd", "2026-01-01", "2026-05-01"),
          version("argocd", "2026-06-01"),
          version("prometheus", "2026-01-01", "2026-05-01"),
        ],
      }),
    ).toEqual([
      'allocation.policies.1: "mlflow" has a policy already on 2026-10-15: end the other with `to`',
      'allocation.policies.3.from: nothing of "argocd" holds from 2026-05-01 to 2026-06-01: leave no gap',
      'allocation.policies.4.to: nothing of "prometheus" holds from 2026-05-01 on; leave `to` out or add what follows',
    ]);
  });

  it("services that would serve each other for ever", () => {
    const only = (pool: string, other: string): object => ({
      pool,
      methods: [{ kind: "fixed", services: { [other]: 100 } }],
    });
    expect(problems({ policies: [only("argocd", "prometheus"), only("prometheus", "argocd")] })).toEqual([
      "allocation.policies.0.methods.0: argocd, prometheus serve only each other: nobody outside would ever pay",
      "allocation.policies.1.methods.0: argocd, prometheus serve only each other: nobody outside would ever pay",
    ]);
    expect(problems({ policies: [only("argocd", "prometheus"), only("prometheus", "mlflow")] })).toEqual([]);
  });
});
