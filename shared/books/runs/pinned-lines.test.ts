import { describe, expect, it } from "vitest";
import type { CostCell, UsageCell } from "@apportion/allocation/cells";
import { addToTotals, type PoolTotals } from "@apportion/allocation/month-limits";
import {
  type BetweenServices,
  limitedPools,
  type Method,
  type Policies,
  type PoolPolicy,
} from "@apportion/allocation/policy";
import { rulesOn } from "@apportion/allocation/rules-of-day";
import type { Category } from "@apportion/domain/category";
import { sha256 } from "@apportion/domain/hash";
import { addDays, type Day, parseDay } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { computeLines } from "./compute-lines.js";
import { hashOfLines } from "./line-hash.js";

/** Numbers that look random and are the same for ever. */
function numbers(seed: number): (below: number) => number {
  let state = BigInt(seed) * 6364136223846793005n + 1442695040888963407n;
  return (below) => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number((state >> 33n) % BigInt(below));
  };
}

const LAST = parseDay("2026-11-30");
const DAYS: readonly Day[] = [parseDay("2026-11-02"), parseDay("2026-11-15"), LAST];
const CLUSTERS = ["eins", "zwei", "drei/vier"];
const SHARED_METERS = ["runs", "rows, read", "bytes"];

interface Size {
  readonly teams: number;
  readonly services: number;
  readonly cells: number;
}

/** A platform with one of everything that lines can say: what is pinned here must stay, as certificates of sealed runs name its hash. */
function platform(seed: number, { teams, services, cells }: Size) {
  const next = numbers(seed);
  const pick = <T>(from: readonly [T, ...T[]] | readonly T[]): T => from[next(from.length)] as T;
  const many = <T>(count: number, make: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, index) => make(index));
  const amount = (): bigint => {
    const magnitude = BigInt(next(2 ** 31)) ** BigInt(1 + next(2));
    return next(6) === 0 ? -magnitude : magnitude;
  };
  const teamIds = many(teams, (index) => (index % 5 === 0 ? `équipe ${index}` : `t${index}`));
  const serviceIds = many(services, (index) => `s${index}`);
  const registry: Registry = {
    teams: teamIds.map((id, index) => ({
      id,
      name: id,
      costCenter: "",
      complianceLevel: "standard",
      contacts: [],
      budgets: [],
      ...(index % 7 === 3 && { to: parseDay("2026-11-15") }),
    })),
    sharedServices: serviceIds.map((id) => ({ id, name: id })),
    dedicatedClusters: [{ cluster: "drei/vier", team: teamIds[1] ?? "" }],
    nodePools: [
      { cluster: "eins", id: "gpu/a", nodes: ["gpu-*"] },
      { cluster: "eins", id: "own", nodes: ["own-1"], team: teamIds[2] ?? "" },
    ],
    rules: [
      ...teamIds.flatMap((id) => [
        { owner: { kind: "team" as const, id }, match: { namespace: `of-${id}` } },
        { owner: { kind: "team" as const, id }, match: { teamLabel: id } },
      ]),
      ...serviceIds.map((id) => ({
        owner: { kind: "shared-service" as const, id },
        match: { namespace: `of-${id}` },
      })),
      { owner: { kind: "system", id: "system" }, match: { namespace: "kube-*" } },
    ],
  };
  const namespaces = [...teamIds, ...serviceIds].map((id) => `of-${id}`);
  const categories: readonly Category[] = ["cpu", "gpu", "memory"];
  const oneCell = (): CostCell => {
    const kind = pick(["workload", "workload", "workload", "idle", "bill", "bill", "network"] as const);
    const isIdle = kind === "idle";
    const cluster = kind === "bill" ? "" : pick(CLUSTERS);
    const ofKind: readonly Category[] =
      kind === "workload"
        ? categories
        : isIdle
          ? ["idle-cpu", "idle-memory", "idle-variance"]
          : kind === "bill"
            ? ["services"]
            : ["network"];
    return {
      source: kind === "bill" ? "aws-bill" : kind === "network" ? "network" : "kubecost",
      scope: kind === "bill" ? pick(["1", "2"]) : cluster,
      kind,
      cluster,
      namespace:
        isIdle || kind === "bill" ? "" : pick([...namespaces, "kube-system", "kube-dns", "stray", ""]),
      controller: "",
      node: isIdle ? pick(["gpu-1", "gpu-2", "own-1", "other", ""]) : "",
      teamLabel: kind === "bill" ? pick([...teamIds, "stray, too", ""]) : "",
      service: kind === "bill" ? pick(["Amazon S3", "AWS \u001e Support"]) : "",
      recordType:
        kind === "bill" ? pick(["Usage", "Usage", "Tax", "Credit", "RIFee", "SavingsPlanNegation"]) : "",
      parts: ofKind.map((category) => ({ category, amount: next(9) === 0 ? 0n : amount() })),
    };
  };
  const meters = [...SHARED_METERS, ...serviceIds.map((id) => `m-${id}`)];
  const usage = meters.flatMap((meter): UsageCell[] =>
    [...namespaces, "kube-system", "stray"].flatMap((namespace) =>
      next(4) === 0
        ? []
        : [
            {
              day: pick(DAYS),
              meter,
              teamLabel: next(5) === 0 ? pick(teamIds) : "",
              cluster: pick(["", ...CLUSTERS]),
              namespace,
              quantity: next(7) === 0 ? 0n : BigInt(1 + next(40)) * 10n ** BigInt(next(14)),
            },
          ],
    ),
  );
  const methods = (id: string): Method[] => {
    const own = { meter: `m-${id}`, percent: "100" };
    const all: Method[] = [
      { kind: "usage", meters: [own] },
      { kind: "usage", meters: [own], window: "day" },
      {
        kind: "usage",
        meters: [
          { ...own, percent: "33.3" },
          { meter: "runs", percent: "66.7" },
        ],
      },
      { kind: "usage", meters: [{ meter: "rows, read", percent: "100" }], window: "billing-month" },
      { kind: "proportional", to: "direct" },
      { kind: "proportional", to: "total" },
      { kind: "proportional", to: "gpu" },
      { kind: "even" },
      {
        kind: "fixed",
        teams: { [teamIds[0] ?? ""]: "60", [teamIds[3] ?? ""]: "15.5" },
        services: { [serviceIds[1] ?? ""]: "24.5" },
      },
    ];
    return many(1 + next(3), () => pick(all));
  };
  const policy = (pool: string, given: readonly Method[]): PoolPolicy => ({
    pool,
    methods: given,
    exempt: next(3) === 0 ? [pick(teamIds)] : [],
    caps: {},
    minimums: {},
  });
  const kept = ["system", "idle", "unallocated", "unused-commitment", "corporate"];
  const withoutServices = (pool: string): PoolPolicy => {
    const given = methods("s0").filter(({ kind }) => kind !== "fixed");
    return policy(pool, given.length === 0 ? [{ kind: "even" }] : given);
  };
  const limits: readonly Partial<PoolPolicy>[] = [
    { caps: { [teamIds[0] ?? ""]: "0.5" }, minimums: { [teamIds[1] ?? ""]: "2" } },
    {},
  ];
  const policies = (method: BetweenServices["method"]): Policies => ({
    pools: [
      ...serviceIds.slice(1).map((id) => ({ ...policy(id, methods(id)), ...pick(limits) })),
      ...kept.filter(() => next(3) > 0).map(withoutServices),
    ],
    betweenServices: [{ method, order: serviceIds.slice(2, 4).reverse() }],
  });
  return { registry, usage, policies, cells: () => many(cells, oneCell) };
}

/** One hash for some days of a month, of which the last carries its limits. */
function hashOf(seed: number, size: Size, method: BetweenServices["method"]): string {
  const { registry, usage, policies, cells } = platform(seed, size);
  const given = policies(method);
  let totals: PoolTotals = new Map();
  const hashes = [...DAYS.slice(0, 2), addDays(LAST, -1), LAST].map((day) => {
    const inputs = { metersWithoutReading: { "billing-month": new Set(["bytes"]), day: new Set(["m-s1"]) } };
    const facts = { cells: cells(), collected: [] };
    const lines = computeLines(inputs, facts, usage, rulesOn({ registry, policies: given }, day), totals);
    totals = addToTotals(totals, lines, limitedPools(given));
    return hashOfLines(lines);
  });
  return sha256(hashes.join()).slice(0, 20);
}

describe("the lines of a platform", () => {
  it.each([
    [1, "step-down", "2981fa91f3d90ce142cb"],
    [2, "reciprocal", "a88a3cb3219e4359a520"],
    [3, "direct", "c6116900fa23601fa41c"],
    [4, "reciprocal", "75c1acf74b7f4a21a5bf"],
    [5, "step-down", "c952d58d1c41b84be9a4"],
    [6, "reciprocal", "399f5e2202c1ab501d00"],
    [7, "direct", "f266bb6ef1dc11120e50"],
    [8, "reciprocal", "fce86dbe3a533e61b459"],
    [9, "step-down", "9bfcf3e83cbf3a1455b5"],
    [10, "reciprocal", "6fdbb2d9c0ee34907fcd"],
    [11, "direct", "261d72fd0ca3fc8581c3"],
    [12, "reciprocal", "0fac03258d3cffa262c7"],
    [13, "step-down", "d01d205c3285753353f0"],
    [14, "reciprocal", "55b3d5eead1f2324208b"],
    [15, "direct", "1d5fe8b2b90b8bbff78d"],
    [16, "reciprocal", "25ffec6d29afd910ceab"],
  ] as const)("hash to what they always did: number %i, %s", (seed, method, hash) => {
    expect(hashOf(seed, { teams: 12, services: 7, cells: 150 }, method)).toBe(hash);
  });

  it("hash to what they always did where there are many of them", { timeout: 60_000 }, () => {
    expect(hashOf(9, { teams: 250, services: 40, cells: 1500 }, "reciprocal")).toBe("f7131911b1829be68e4f");
  });
});
