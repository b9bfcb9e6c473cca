import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CostCell } from "./cells.js";
import type { FlatLine } from "./line.js";
import { parseDay } from "@apportion/domain/period";
import { certify, totals, totalsOfCells } from "./certificate.js";
import type { UnreadMeters } from "./drivers.js";
import { idlePartsOf } from "./idle.js";
import type { BetweenServices, Method, Policies, PoolPolicy } from "./policy.js";
import { rateVarianceCells } from "./rate-variance.js";
import { registry, leaving, cell, ALL_READ, allocateWith } from "./testing.js";

const amount = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 18n });
const anyNode = fc.constantFrom("", "cpu-1", "gpu-1", "gpu-2", "hipaa-1", "hipaa-2");
const anyIdle: fc.Arbitrary<CostCell> = fc
  .record({
    cluster: fc.constantFrom("one", "two", "pci-1"),
    node: anyNode,
    costs: fc.record({
      cpu: amount,
      gpu: amount,
      memory: amount,
      persistent_volume: amount,
      load_balancer: fc.constant(0n),
    }),
  })
  .map(({ cluster, node, costs }) =>
    cell({ kind: "idle", cluster, scope: cluster, node, amount: "0", parts: idlePartsOf(costs) }),
  );
const otherCell = fc.record({
  source: fc.constantFrom("kubecost", "s3"),
  scope: fc.constantFrom("one", "pci-1"),
  kind: fc.constantFrom(
    "workload" as const,
    "unmounted" as const,
    "object-storage" as const,
    "network" as const,
    "bill" as const,
    "unowned" as const,
  ),
  service: fc.constantFrom("", "Amazon SageMaker"),
  recordType: fc.constantFrom("", "Usage", "Credit", "Tax", "RIFee"),
  cluster: fc.constantFrom("one", "two", "pci-1", ""),
  namespace: fc.constantFrom("team-a", "team-b", "team-c", "platform-shared", "kube-system", "sandbox", ""),
  controller: fc.constantFrom("", "mlflow-server", "feast"),
  node: fc.constant(""),
  teamLabel: fc.constantFrom("a", "b", "frad", ""),
  parts: fc.array(
    fc.record({
      category: fc.constantFrom("cpu" as const, "gpu" as const, "object-storage" as const),
      amount,
    }),
    { maxLength: 3 },
  ),
});
const anyCell: fc.Arbitrary<CostCell> = fc.oneof(
  { weight: 3, arbitrary: otherCell },
  { weight: 1, arbitrary: anyIdle },
);
const anyUsage = fc.record({
  day: fc.constantFrom(parseDay("2026-11-01"), parseDay("2026-11-22")),
  meter: fc.constantFrom("mlflow.runs", "mlflow.runs", "feast.requests"),
  teamLabel: fc.constantFrom("a", "b", "c", "frad", ""),
  namespace: fc.constantFrom("", "", "kube-system"),
  cluster: fc.constantFrom("", "one", "pci-1"),
  quantity: fc.bigInt({ min: 0n, max: 10n ** 17n }),
});

const unread = (meter: string): UnreadMeters => ({
  "billing-month": new Set([meter]),
  day: new Set([meter]),
});
const anyPercentages = fc
  .integer({ min: 0, max: 100 })
  .map((first) => ({ a: String(first), b: String(100 - first) }));
const anyMethod: fc.Arbitrary<Method> = fc.oneof(
  fc.constant<Method>({ kind: "even" }),
  fc.constantFrom<Method>(
    { kind: "proportional", to: "direct" },
    { kind: "proportional", to: "total" },
    { kind: "proportional", to: "gpu" },
  ),
  fc.constant<Method>({
    kind: "usage",
    meters: [
      { meter: "mlflow.runs", percent: "60" },
      { meter: "feast.requests", percent: "40" },
    ],
  }),
  fc.constantFrom<Method>(
    { kind: "usage", meters: [{ meter: "mlflow.runs", percent: "100" }] },
    { kind: "usage", meters: [{ meter: "mlflow.runs", percent: "100" }], window: "day" },
  ),
  anyPercentages.map((teams): Method => ({ kind: "fixed", teams, services: {} })),
  anyPercentages.map(({ a: outside, b: inside }): Method => ({
    kind: "fixed",
    teams: { c: outside },
    services: { feast: inside },
  })),
);
const anyPolicies: fc.Arbitrary<Policies> = fc.record({
  pools: fc
    .uniqueArray(
      fc.constantFrom("mlflow", "feast", "system", "idle", "unallocated", "unused-commitment", "corporate"),
    )
    .chain((names) =>
      fc.tuple(
        ...names.map((pool) =>
          fc
            .tuple(
              fc.array(anyMethod, { minLength: 1, maxLength: 3 }),
              fc.subarray(["a", "b", "c", "pci"]),
              fc.option(fc.constant(parseDay("2026-11-15")), { nil: undefined }),
            )
            .map(([methods, exempt, from]): PoolPolicy => ({
              pool,
              methods,
              exempt,
              caps: {},
              minimums: {},
              ...(from && { from }),
            })),
        ),
      ),
    ),
  betweenServices: fc
    .constantFrom<BetweenServices["method"]>("direct", "step-down", "reciprocal")
    .map((method) => [{ method, order: [] }]),
});

describe("allocate, for any platform", () => {
  const anyInput = fc.record({
    cells: fc.array(anyCell, { maxLength: 30 }),
    usage: fc.array(anyUsage, { maxLength: 8 }),
    metersWithoutReading: fc.constantFrom(ALL_READ, unread("mlflow.runs")),
  });

  it("conserves every dollar under any policies, on any day of their lives", () => {
    const anyHistory = fc.record({
      cells: fc.array(anyCell, { maxLength: 20 }),
      usage: fc.array(anyUsage, { maxLength: 8 }),
      metersWithoutReading: fc.constantFrom(ALL_READ, unread("mlflow.runs")),
      policies: anyPolicies,
      day: fc.constantFrom(parseDay("2026-11-14"), parseDay("2026-11-15")),
      registry: fc.constantFrom(registry, leaving),
    });
    fc.assert(
      fc.property(anyHistory, (input) => {
        const lines = allocateWith(input);
        certify(totalsOfCells(input.cells), totals(lines));
        const strangers = lines.filter(
          ({ owner }) => owner.kind === "team" && !["a", "b", "c", "pci"].includes(owner.teamId),
        );
        expect(strangers).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it("puts every picodollar into exactly one line, for each source and scope", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const certificate = certify(totalsOfCells(input.cells), totals(allocateWith(input)));
        expect(certificate.allocated).toBe(certificate.collected);
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps what is idle on the nodes of a pool in it, and each excess out of what is idle, whatever the bill says", () => {
    const sumOf = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, each) => sum + each, 0n);
    const anyPools = fc.record({ cells: fc.array(anyIdle, { maxLength: 20 }), billed: amount });
    fc.assert(
      fc.property(anyPools, ({ cells: read, billed }) => {
        const cells = [...read, ...rateVarianceCells(read, "111122223333", billed)];
        const lines = allocateWith({ cells });
        certify(totalsOfCells(cells), totals(lines));
        expect(sumOf(lines.map((line) => line.amount))).toBe(billed);
        for (const stem of ["gpu", "hipaa"]) {
          const own = cells.filter(({ cluster, node }) => cluster === "one" && node.startsWith(stem));
          const inPool = lines.filter(({ nodePool }) => nodePool === stem);
          expect(sumOf(inPool.map((line) => line.amount))).toBe(
            sumOf(own.flatMap(({ parts }) => parts.map((part) => part.amount))),
          );
          const tenants = inPool.map(({ owner }) => (owner.kind === "team" ? owner.teamId : owner.kind));
          expect(new Set(tenants)).toEqual(
            new Set(tenants.length === 0 ? [] : [stem === "gpu" ? "idle" : "b"]),
          );
        }
        const excess = read.flatMap(({ parts }) =>
          parts.map((part) => part.amount).filter((each) => each < 0n),
        );
        const variance = lines.filter(({ category }) => category === "idle-variance");
        expect(sumOf(variance.map((line) => line.amount))).toBe(sumOf(excess));
      }),
      { numRuns: 1000 },
    );
  });

  it("gives zero usage a zero share", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        // On its dedicated cluster the tenant used what no label or namespace claims.
        const used = new Set(
          input.usage
            .filter((item) => item.quantity > 0n)
            .flatMap((item) => [item.teamLabel, ...(item.cluster === "pci-1" ? ["pci"] : [])]),
        );
        const byUsage = allocateWith(input).filter(
          (line) => line.method === "usage" && line.owner.kind === "team",
        );
        for (const { owner } of byUsage) expect(used).toContain(owner.kind === "team" && owner.teamId);
      }),
      { numRuns: 500 },
    );
  });

  it("does not depend on the order in which facts arrive", () => {
    const shuffled = fc
      .array(anyCell, { maxLength: 20 })
      .chain((cells) =>
        fc.tuple(
          fc.constant(cells),
          fc.shuffledSubarray(cells, { minLength: cells.length, maxLength: cells.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([cells, other]) => {
        const inOrder = (lines: FlatLine[]): FlatLine[] =>
          lines.toSorted((a, b) =>
            JSON.stringify({ ...a, amount: 0, driverQuantity: 0, driverTotal: 0 }) <
            JSON.stringify({ ...b, amount: 0, driverQuantity: 0, driverTotal: 0 })
              ? -1
              : 1,
          );
        expect(inOrder(allocateWith({ cells: other }))).toEqual(inOrder(allocateWith({ cells })));
      }),
      { numRuns: 300 },
    );
  });
});
