import { describe, expect, it } from "vitest";
import { attributionOf } from "./attribution.js";
import type { Category } from "./category.js";

type Line = Parameters<typeof attributionOf>[0][number];

const line = (picos: bigint, of: Partial<Line> = {}): Line => ({
  ownerKind: "team",
  teamId: "a",
  category: "cpu",
  basis: "direct",
  pool: "",
  reason: "",
  picos,
  ...of,
});
const idle = (category: Category, picos: bigint): Line =>
  line(picos, { ownerKind: "idle", teamId: "", category, basis: "idle" });
const share = (picos: bigint, of: Partial<Line> = {}): Line =>
  line(picos, { category: "shared", basis: "shared", pool: "mlflow", ...of });

describe("how much of the cost has an owner", () => {
  it("is what rules and measurements gave to teams, and idle capacity", () => {
    expect(attributionOf([line(50n), share(30n), idle("idle-cpu", 20n)])).toEqual({
      attributed: 100n,
      byFallback: 0n,
      unallocated: 0n,
      total: 100n,
    });
    expect(attributionOf([])).toEqual({ attributed: 0n, byFallback: 0n, unallocated: 0n, total: 0n });
  });

  it("is not what a fallback split, and a reason on a direct line is no fallback", () => {
    const lines = [
      share(30n),
      share(7n, { reason: "no-usage-of-mlflow.runs" }),
      line(5n, { reason: "other" }),
    ];
    expect(attributionOf(lines)).toEqual({ attributed: 35n, byFallback: 7n, unallocated: 0n, total: 42n });
  });

  it("is not what nobody owns, also where a policy spreads it over the teams or a fallback left it", () => {
    const nobody = { ownerKind: "unallocated" as const, teamId: "" };
    const lines = [
      line(10n),
      line(4n, { ...nobody, reason: "no-owner" }),
      share(2n, { ...nobody, reason: "usage-without-owner" }),
      share(1n, { pool: "unallocated", category: "unallocated" }),
      share(3n, { pool: "unallocated", category: "unallocated", reason: "no-direct-cost" }),
    ];
    expect(attributionOf(lines)).toEqual({ attributed: 10n, byFallback: 0n, unallocated: 10n, total: 20n });
  });

  it("nets the way from list price to the bill, and not what was allocated beyond the cost of nodes", () => {
    expect(attributionOf([idle("idle-gpu", 10n), idle("idle-gpu", -4n)]).total).toBe(6n);
    expect(attributionOf([idle("idle-gpu", 10n), idle("idle-variance", -4n)]).total).toBe(14n);
    expect(attributionOf([line(10n), line(-4n, { category: "rate-variance" })]).total).toBe(6n);
  });

  it.each([
    ["team", { teamId: "b" }],
    ["pool", { basis: "shared", pool: "mlflow" }],
    ["basis", { basis: "shared" }],
    ["reason", { reason: "no-owner" }],
    ["kind of owner", { ownerKind: "corporate" as const }],
  ])("takes a credit of another %s for an amount of its own", (_, of) => {
    expect(attributionOf([line(10n), line(-4n, of)]).total).toBe(14n);
  });
});
