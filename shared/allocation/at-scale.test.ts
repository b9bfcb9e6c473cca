import { describe, expect, it } from "vitest";
import type { Registry } from "@apportion/domain/tenancy";
import { certify, totals, totalsOfCells } from "./certificate.js";
import { team, cell, runs, allocateWith, policy } from "./testing.js";

describe("services that serve each other", () => {
  it("stay exact for 500 teams and 100 services that all use each other", { timeout: 30_000 }, () => {
    const teams = Array.from({ length: 500 }, (_, index) => `t${index}`);
    const services = Array.from({ length: 100 }, (_, index) => `s${index}`);
    const large: Registry = {
      teams: teams.map(team),
      sharedServices: services.map((id) => ({ id, name: id })),
      dedicatedClusters: [],
      nodePools: [],
      rules: [
        ...teams.map((id) => ({ owner: { kind: "team" as const, id }, match: { teamLabel: id } })),
        ...services.map((id) => ({
          owner: { kind: "shared-service" as const, id },
          match: { namespace: id },
        })),
      ],
    };
    const largeCells = services.map((namespace, index) =>
      cell({ namespace, amount: `${index + 1}.000000000001` }),
    );
    const usage = services.flatMap((_, meter) => [
      ...teams.map((id, at) => ({ ...runs(id, String(1 + ((at * 7 + meter) % 11))), meter: `m${meter}` })),
      ...services.map((namespace, at) => ({
        ...runs("", String(1 + ((at + meter) % 5))),
        namespace,
        meter: `m${meter}`,
      })),
    ]);
    const lines = allocateWith({
      cells: largeCells,
      usage,
      registry: large,
      policies: {
        pools: services.map((id, index) =>
          policy(id, [{ kind: "usage", meters: [{ meter: `m${index}`, percent: "100" }] }]),
        ),
        betweenServices: [{ method: "reciprocal", order: [] }],
      },
    });
    expect(lines).toHaveLength(500 * 100);
    certify(totalsOfCells(largeCells), totals(lines));
  });
});
