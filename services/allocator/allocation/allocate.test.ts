import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDay } from "@apportion/domain/period";
import { parsePicos } from "@apportion/domain/money";
import type { Registry } from "@apportion/domain/tenancy";
import { allocate, type AllocationInput, type AllocationLine, type CostCell } from "./allocate.js";
import { certify, totalsOfCells, totalsOfLines } from "./certificate.js";

const team = (id: string): Registry["teams"][number] => ({
  id,
  name: id,
  costCenter: `cc-${id}`,
  complianceLevel: "standard",
  contacts: [],
  budgets: [],
});

const registry: Registry = {
  teams: [team("a"), team("b"), team("c"), team("pci")],
  sharedServices: [{ id: "mlflow", name: "MLflow" }],
  dedicatedClusters: [{ cluster: "pci-1", team: "pci" }],
  rules: [
    {
      owner: { kind: "shared-service", id: "mlflow" },
      match: { namespace: "platform-shared", controller: "mlflow*" },
    },
    ...["a", "b", "c"].flatMap((id) => [
      { owner: { kind: "team" as const, id }, match: { namespace: `team-${id}` } },
      { owner: { kind: "team" as const, id }, match: { teamLabel: id } },
    ]),
    { owner: { kind: "team", id: "pci" }, match: { cluster: "pci-1" } },
    { owner: { kind: "system", id: "system/one" }, match: { cluster: "one", namespace: "kube-system" } },
  ],
};

const mlflowByRuns = {
  pool: "mlflow",
  methods: [{ kind: "usage", meter: "mlflow.runs" }, { kind: "proportional" }, { kind: "even" }],
} as const;

function cell(overrides: Partial<CostCell> & { amount: string }): CostCell {
  const { amount, ...rest } = overrides;
  return {
    source: "kubecost",
    scope: "one",
    kind: "workload",
    cluster: "one",
    namespace: "",
    controller: "",
    teamLabel: "",
    service: "",
    recordType: "",
    parts: [{ category: "cpu", amount: parsePicos(amount) }],
    ...rest,
  };
}

const runs = (teamLabel: string, count: string): AllocationInput["usage"][number] => ({
  meter: "mlflow.runs",
  teamLabel,
  namespace: "",
  quantity: parsePicos(count),
});

function allocateWith(overrides: Partial<AllocationInput>): AllocationLine[] {
  return allocate({
    day: parseDay("2026-11-22"),
    cells: [],
    usage: [],
    metersWithoutReading: new Set(),
    registry,
    policies: [mlflowByRuns],
    ...overrides,
  });
}

const mlflowPool = cell({ namespace: "platform-shared", controller: "mlflow-server", amount: "100" });

function shares(lines: readonly AllocationLine[], pool: string): Record<string, string> {
  return Object.fromEntries(
    lines
      .filter((line) => line.pool === pool)
      .map((line) => [
        line.owner.kind === "team" ? line.owner.teamId : line.owner.kind,
        `${line.amount / 10n ** 12n} by ${line.method}${line.reason && ` (${line.reason})`}`,
      ]),
  );
}

describe("allocate", () => {
  it("charges a team what its namespace, label or bucket tag cost", () => {
    const lines = allocateWith({
      cells: [
        cell({ namespace: "team-a", teamLabel: "b", amount: "3" }),
        cell({ namespace: "elsewhere", teamLabel: "b", amount: "2" }),
        cell({
          source: "s3",
          scope: "main",
          kind: "object-storage",
          cluster: "",
          teamLabel: "a",
          amount: "1",
        }),
      ],
    });
    expect(lines.map(({ owner, source, amount }) => [owner, source, amount])).toEqual([
      [{ kind: "team", teamId: "b" }, "kubecost", parsePicos("2")],
      [{ kind: "team", teamId: "a" }, "kubecost", parsePicos("3")],
      [{ kind: "team", teamId: "a" }, "s3", parsePicos("1")],
    ]);
  });

  it("splits MLflow by runs, and leaves the share of runs without an owner unallocated", () => {
    const lines = allocateWith({
      cells: [mlflowPool],
      usage: [runs("a", "6"), runs("b", "3"), runs("", "1")],
    });
    expect(shares(lines, "mlflow")).toEqual({
      a: "60 by usage",
      b: "30 by usage",
      unallocated: "10 by usage (usage-without-owner)",
    });
    expect(lines.find((line) => line.owner.kind === "team" && line.owner.teamId === "b")).toMatchObject({
      meter: "mlflow.runs",
      driverQuantity: parsePicos("3"),
      driverTotal: parsePicos("10"),
    });
  });

  it("falls back by name when nobody used the service, and when its usage was not read", () => {
    const cells = [
      mlflowPool,
      cell({ namespace: "team-a", amount: "30" }),
      cell({ namespace: "team-c", amount: "10" }),
    ];
    expect(shares(allocateWith({ cells }), "mlflow")).toEqual({
      a: "75 by proportional (no-usage-of-mlflow.runs)",
      c: "25 by proportional (no-usage-of-mlflow.runs)",
    });
    const metersWithoutReading = new Set(["mlflow.runs"]);
    expect(shares(allocateWith({ cells, metersWithoutReading }), "mlflow")).toEqual({
      a: "75 by proportional (no-reading-of-mlflow.runs)",
      c: "25 by proportional (no-reading-of-mlflow.runs)",
    });
    expect(shares(allocateWith({ cells: [mlflowPool] }), "mlflow")).toMatchObject({
      a: "25 by even (no-usage-of-mlflow.runs, no-direct-cost)",
    });
  });

  it("keeps idle apart on a shared cluster and charges it to the tenant of a dedicated one", () => {
    const lines = allocateWith({
      cells: [
        cell({ kind: "idle", amount: "7" }),
        cell({ kind: "idle", cluster: "pci-1", scope: "pci-1", amount: "5" }),
      ],
    });
    expect(lines.map(({ owner, category, amount }) => [owner.kind, category, amount])).toEqual([
      ["idle", "idle", parsePicos("7")],
      ["team", "idle", parsePicos("5")],
    ]);
  });

  it("shows what nobody owns, and why", () => {
    const lines = allocateWith({
      cells: [
        cell({ namespace: "sandbox", amount: "2" }),
        cell({ source: "s3", kind: "object-storage", cluster: "", amount: "1" }),
        cell({ source: "s3", kind: "object-storage", cluster: "", teamLabel: "frad", amount: "4" }),
      ],
    });
    expect(lines.map(({ owner, reason, amount }) => [owner.kind, reason, amount])).toEqual([
      ["unallocated", "no-owner", parsePicos("2")],
      ["unallocated", "untagged", parsePicos("1")],
      ["unallocated", "no-owner", parsePicos("4")],
    ]);
    expect(lines.at(-1)?.label).toBe("frad");
  });

  it("gives other services of the bill to who is tagged, and keeps credits, tax and support apart", () => {
    const bill = (amount: string, overrides: Partial<CostCell>): CostCell =>
      cell({
        source: "aws-bill",
        kind: "bill",
        cluster: "",
        recordType: "Usage",
        amount,
        parts: [{ category: "services", amount: parsePicos(amount) }],
        ...overrides,
      });
    const lines = allocateWith({
      cells: [
        bill("5", { service: "Amazon SageMaker", teamLabel: "a" }),
        bill("7", { service: "Amazon RDS" }),
        bill("-3", { service: "Amazon EC2", recordType: "Credit", teamLabel: "a" }),
      ],
    });
    expect(
      lines.map(({ owner, category, service, reason, amount }) => [
        owner.kind,
        category,
        service,
        reason,
        amount,
      ]),
    ).toEqual([
      ["corporate", "corporate", "Amazon EC2", "", parsePicos("-3")],
      ["unallocated", "services", "Amazon RDS", "untagged", parsePicos("7")],
      ["team", "services", "Amazon SageMaker", "", parsePicos("5")],
    ]);
  });

  it("spreads a cluster's system namespaces over the direct cost on that cluster only", () => {
    const lines = allocateWith({
      cells: [
        cell({ namespace: "kube-system", amount: "8" }),
        cell({ namespace: "team-a", amount: "3" }),
        cell({ namespace: "team-b", amount: "1" }),
        cell({ namespace: "team-c", cluster: "two", scope: "two", amount: "100" }),
      ],
    });
    expect(shares(lines, "system/one")).toEqual({ a: "6 by proportional", b: "2 by proportional" });
  });

  it("gives a team whose credits exceed its costs no share of a pool, and pays it nothing", () => {
    const lines = allocateWith({
      cells: [
        cell({ namespace: "kube-system", amount: "8" }),
        cell({ namespace: "team-a", amount: "-3" }),
        cell({ namespace: "team-b", amount: "1" }),
      ],
    });
    expect(shares(lines, "system/one")).toEqual({ b: "8 by proportional" });
  });
});

const amount = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 18n });
const anyCell = fc.record({
  source: fc.constantFrom("kubecost", "s3"),
  scope: fc.constantFrom("one", "pci-1"),
  kind: fc.constantFrom(
    "workload" as const,
    "idle" as const,
    "unmounted" as const,
    "object-storage" as const,
    "network" as const,
    "bill" as const,
  ),
  service: fc.constantFrom("", "Amazon SageMaker"),
  recordType: fc.constantFrom("", "Usage", "Credit", "Tax"),
  cluster: fc.constantFrom("one", "two", "pci-1", ""),
  namespace: fc.constantFrom("team-a", "team-b", "team-c", "platform-shared", "kube-system", "sandbox", ""),
  controller: fc.constantFrom("", "mlflow-server", "feast"),
  teamLabel: fc.constantFrom("a", "b", "frad", ""),
  parts: fc.array(
    fc.record({
      category: fc.constantFrom("cpu" as const, "gpu" as const, "object-storage" as const),
      amount,
    }),
    { maxLength: 3 },
  ),
});
const anyUsage = fc.record({
  meter: fc.constant("mlflow.runs"),
  teamLabel: fc.constantFrom("a", "b", "c", "frad", ""),
  namespace: fc.constant(""),
  quantity: fc.bigInt({ min: 0n, max: 10n ** 17n }),
});

describe("allocate, for any platform", () => {
  const anyInput = fc.record({
    cells: fc.array(anyCell, { maxLength: 30 }),
    usage: fc.array(anyUsage, { maxLength: 8 }),
    metersWithoutReading: fc.constantFrom(new Set<string>(), new Set(["mlflow.runs"])),
  });

  it("puts every picodollar into exactly one line, for each source and scope", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const certificate = certify(totalsOfCells(input.cells), totalsOfLines(allocateWith(input)));
        expect(certificate.allocated).toBe(certificate.collected);
      }),
      { numRuns: 1000 },
    );
  });

  it("gives zero usage a zero share", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const used = new Set(input.usage.filter((item) => item.quantity > 0n).map((item) => item.teamLabel));
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
        const inOrder = (lines: AllocationLine[]): AllocationLine[] =>
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

describe("certify", () => {
  it("refuses when one source gained what another lost", () => {
    const origin = (source: string, amountText: string) => ({
      source,
      scope: "one",
      amount: parsePicos(amountText),
    });
    expect(() =>
      certify([origin("kubecost", "5"), origin("s3", "1")], [origin("kubecost", "4"), origin("s3", "2")]),
    ).toThrow(/Allocated is not what was collected.*kubecost.*s3/);
  });
});
