import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseDay } from "@apportion/domain/period";
import { ownerResolver } from "@apportion/domain/tenancy";
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
