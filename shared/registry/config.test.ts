import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseDay } from "@apportion/domain/period";
import { nodePoolOf, ownerResolver, tenantOf } from "@apportion/domain/tenancy";
import { checkRegistry, checkTenants, registryConfig, toRegistry, type RegistryConfig } from "./config.js";

const schema = z.object(registryConfig);
const config = (overrides: Record<string, unknown> = {}): RegistryConfig =>
  schema.parse({
    teams: [
      { id: "a", costCenter: "1" },
      { id: "b", costCenter: "2" },
    ],
    ...overrides,
  });
const owner = (one: RegistryConfig, subject: Record<string, string>): string | undefined =>
  ownerResolver(
    toRegistry(one),
    parseDay("2026-11-22"),
  )({ cluster: "", namespace: "", controller: "", teamLabel: "", service: "", ...subject })?.id;

describe("the registry", () => {
  it("knows somebody in any spelling of the address, once", () => {
    const contacts = ["Lead@Example.com", "other@example.com", "lead@example.COM"];
    const [team] = config({ teams: [{ id: "a", costCenter: "1", contacts }] }).teams;
    expect(team?.contacts).toEqual(["lead@example.com", "other@example.com"]);
  });

  it("refuses names that would seem to be something else, together with other mistakes", () => {
    const teams = [
      { id: "a", costCenter: "1\u202e2", name: "A\nB" },
      { id: "B", costCenter: "2", name: "Überschuß 東京" },
    ];
    const { error } = schema.safeParse({
      teams,
      sharedServices: [{ id: "s", name: "S\u001b[2J", owns: [{ namespace: "n\u2066" }] }],
      clusters: [{ id: "c\u0085" }],
    });
    expect(error?.issues.map(({ path }) => path.join("."))).toEqual([
      "teams.0.name",
      "teams.0.costCenter",
      "teams.1.id",
      "sharedServices.0.name",
      "sharedServices.0.owns.0.namespace",
      "clusters.0.id",
    ]);
    expect(error?.issues[0]?.message).toContain("no line break");
  });

  it("gives a team its namespace and its label unless it says otherwise", () => {
    expect(owner(config(), { namespace: "team-a" })).toBe("a");
    expect(owner(config(), { namespace: "x", teamLabel: "b" })).toBe("b");
    const own = config({ teams: [{ id: "a", costCenter: "1", owns: [{ namespace: "mine" }] }] });
    expect(owner(own, { namespace: "team-a" })).toBeUndefined();
  });

  it("gives a dedicated cluster's rest to its tenant, and system namespaces to a pool of each cluster", () => {
    const one = config({ clusters: [{ id: "pci", dedicatedTo: "a" }, { id: "shared" }] });
    expect(owner(one, { cluster: "pci", namespace: "whatever" })).toBe("a");
    expect(owner(one, { cluster: "pci", namespace: "team-b" })).toBe("b");
    expect(owner(one, { cluster: "shared", namespace: "kube-system" })).toBe("system");
  });

  it("gives a cluster to its tenant only while the team is there", () => {
    const one = toRegistry(
      config({
        teams: [{ id: "a", costCenter: "1", from: "2026-11-10", to: "2026-11-20" }],
        clusters: [{ id: "pci", dedicatedTo: "a", dedicatedUntil: "2026-12-01" }],
      }),
    );
    const subject = { cluster: "pci", namespace: "x", controller: "", teamLabel: "", service: "" };
    const owners = ["2026-11-09", "2026-11-10", "2026-11-19", "2026-11-20"].map((day) => [
      ownerResolver(one, parseDay(day))(subject)?.id,
      tenantOf(one, { cluster: "pci", node: "" }, parseDay(day)),
    ]);
    expect(owners).toEqual([
      [undefined, undefined],
      ["a", "a"],
      ["a", "a"],
      [undefined, undefined],
    ]);
  });

  it("takes a currency that exists", () => {
    expect(config({ currency: "CHF" }).currency).toBe("CHF");
    for (const currency of ["ZZZ", "usd", "XXX"])
      expect(() => config({ currency })).toThrow("a currency code of ISO 4217");
  });

  it("refuses what is named twice, does not exist, or has two owners at one time", () => {
    const messages = (overrides: Record<string, unknown>): string[] =>
      [...checkRegistry(config(overrides)), ...checkTenants(config(overrides))].map(({ message }) => message);
    expect(
      messages({
        teams: [
          { id: "a", costCenter: "1" },
          { id: "a", costCenter: "2" },
        ],
      }),
    ).toContain('"a" is named twice');
    expect(messages({ clusters: [{ id: "c", dedicatedTo: "nobody" }] })).toEqual([
      'there is no team "nobody"',
    ]);
    const contested = (to: string | undefined): string[] =>
      messages({
        teams: [
          { id: "a", costCenter: "1", owns: [{ namespace: "x", ...(to && { to }) }] },
          { id: "b", costCenter: "2", owns: [{ namespace: "x", from: "2026-11-15" }] },
        ],
      });
    expect(contested(undefined)).toEqual(['"a" owns the same at the same time']);
    expect(contested("2026-11-15")).toEqual([]);
    const budgets = [
      { from: "2026-11", amount: "1" },
      { from: "2026-11", amount: "2" },
    ];
    expect(messages({ teams: [{ id: "a", costCenter: "1", budgets }] })).toEqual([
      'team "a" has two budgets from this month',
    ]);
  });

  it("refuses node pools that share a node, have no tenant or end before they begin, all at once", () => {
    const problems = (...nodePools: Record<string, unknown>[]): string[] =>
      checkTenants(config({ clusters: [{ id: "c", nodePools }] })).map(
        ({ path, message }) => `${path.slice(2).join(".")}: ${message}`,
      );
    expect(
      problems(
        { id: "gpu", nodes: ["gpu-*", "big-1"], team: "nobody" },
        { id: "mine", nodes: ["gpu-a100-*", "big-*", "other"] },
        { id: "past", nodes: ["old-*"], from: "2026-11-15", to: "2026-11-15" },
      ),
    ).toEqual([
      'nodePools.0.team: there is no team "nobody"',
      'nodePools.1.nodes.0: "gpu" has the nodes gpu-* at the same time',
      'nodePools.1.nodes.1: "gpu" has the nodes big-1 at the same time',
      "nodePools.2.to: it must lie after 2026-11-15",
    ]);
    const changing = (until: string): string[] =>
      problems(
        { id: "gpu", nodes: ["gpu-*"], team: "a", to: until },
        { id: "gpu", nodes: ["gpu-*"], team: "b", from: "2026-11-15" },
      );
    expect(changing("2026-11-15")).toEqual([]);
    expect(changing("2026-11-16")).toHaveLength(2);
    const leaving = { id: "a", costCenter: "1", to: "2026-11-15" };
    const clusters = [{ id: "c", nodePools: [{ id: "gpu", nodes: ["gpu-*"], team: "a" }] }];
    expect(checkTenants(config({ teams: [leaving], clusters })).map(({ message }) => message)).toEqual([
      'team "a" is there from the start to 2026-11-15 only, the pool longer',
    ]);
    expect(() => config({ clusters: [{ id: "c", nodePools: [{ id: "gpu", nodes: ["*-gpu"] }] }] })).toThrow(
      /with \* at the end only/,
    );
  });

  it("gives a node to the tenant of its pool on its days, else to its cluster's", () => {
    const one = toRegistry(
      config({
        clusters: [
          {
            id: "c",
            dedicatedTo: "a",
            nodePools: [
              { id: "gpu", nodes: ["gpu-*"], team: "b", from: "2026-11-15" },
              { id: "cpu", nodes: ["cpu-1"] },
            ],
          },
        ],
      }),
    );
    const tenant = (node: string, day: string, cluster = "c"): string | undefined =>
      tenantOf(one, { cluster, node }, parseDay(day));
    expect(tenant("gpu-7", "2026-11-22")).toBe("b");
    expect(tenant("gpu-7", "2026-11-14")).toBe("a");
    expect(tenant("cpu-1", "2026-11-22")).toBe("a");
    expect(tenant("gpu-7", "2026-11-22", "other")).toBeUndefined();
    expect(nodePoolOf(one, { cluster: "c", node: "cpu-1" }, parseDay("2026-11-22"))?.id).toBe("cpu");
    expect(nodePoolOf(one, { cluster: "c", node: "" }, parseDay("2026-11-22"))).toBeUndefined();
  });

  it("takes amounts in quotes with at most two places", () => {
    const budget = (amount: unknown): boolean =>
      schema.safeParse({ teams: [{ id: "a", costCenter: "1", budgets: [{ from: "2026-11", amount }] }] })
        .success;
    expect(["1200", "1200.5", "1200.50", 1200, "1200.505", "-1", "1e3"].map(budget)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
