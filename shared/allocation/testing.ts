import { formatPicos, parsePicos } from "@apportion/domain/money";
import { type Day, parseDay } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { allocate, type AllocationInput } from "./allocate.js";
import type { CostCell, UsageCell } from "./cells.js";
import type { UnreadMeters } from "./drivers.js";
import { idlePartsOf } from "./idle.js";
import { type Allocation, flatLine, type FlatLine, linesOf } from "./line.js";
import type { Method, Policies, PoolPolicy } from "./policy.js";
import { type Rules, rulesOn } from "./rules-of-day.js";

/** A platform of four teams and two shared services for tests, and its costs cell by cell. Amounts are decimal strings. */

export const team = (id: string): Registry["teams"][number] => ({
  id,
  name: id,
  costCenter: `cc-${id}`,
  complianceLevel: "standard",
  contacts: [],
  budgets: [],
});

export const registry: Registry = {
  teams: [team("a"), team("b"), team("c"), team("pci")],
  sharedServices: [
    { id: "mlflow", name: "MLflow" },
    { id: "feast", name: "Feast" },
  ],
  dedicatedClusters: [{ cluster: "pci-1", team: "pci" }],
  nodePools: [
    { cluster: "one", id: "gpu", nodes: ["gpu-*"] },
    { cluster: "one", id: "hipaa", nodes: ["hipaa-1", "hipaa-2"], team: "b" },
  ],
  rules: [
    {
      owner: { kind: "shared-service", id: "mlflow" },
      match: { namespace: "platform-shared", controller: "mlflow*" },
    },
    {
      owner: { kind: "shared-service", id: "feast" },
      match: { namespace: "platform-shared", controller: "feast*" },
    },
    ...["a", "b", "c"].flatMap((id) => [
      { owner: { kind: "team" as const, id }, match: { namespace: `team-${id}` } },
      { owner: { kind: "team" as const, id }, match: { teamLabel: id } },
    ]),
    { owner: { kind: "team", id: "pci" }, match: { cluster: "pci-1" } },
    { owner: { kind: "system", id: "system" }, match: { namespace: "kube-system" } },
  ],
};

/** Team b leaves on the 15th; the sandbox changes hands on that day. */
export const leaving: Registry = {
  ...registry,
  teams: registry.teams.map((each) => (each.id === "b" ? { ...each, to: parseDay("2026-11-15") } : each)),
  rules: [
    ...registry.rules.map((rule) => (rule.owner.id === "b" ? { ...rule, to: parseDay("2026-11-15") } : rule)),
    { owner: { kind: "team", id: "a" }, match: { namespace: "sandbox" }, to: parseDay("2026-11-15") },
    { owner: { kind: "team", id: "c" }, match: { namespace: "sandbox" }, from: parseDay("2026-11-15") },
  ],
};

export const mlflowByRuns = {
  pool: "mlflow",
  methods: [
    { kind: "usage", meters: [{ meter: "mlflow.runs", percent: "100" }] },
    { kind: "proportional", to: "direct" },
    { kind: "even" },
  ],
  exempt: [],
  caps: {},
  minimums: {},
} as const;

export function cell(overrides: Partial<CostCell> & { amount: string }): CostCell {
  const { amount, ...rest } = overrides;
  return {
    source: "kubecost",
    scope: "one",
    kind: "workload",
    cluster: "one",
    namespace: "",
    controller: "",
    node: "",
    teamLabel: "",
    service: "",
    recordType: "",
    parts: [{ category: "cpu", amount: parsePicos(amount) }],
    ...rest,
  };
}

export const runs = (teamLabel: string, count: string): UsageCell => ({
  day: parseDay("2026-11-03"),
  meter: "mlflow.runs",
  teamLabel,
  cluster: "",
  namespace: "",
  quantity: parsePicos(count),
});

export const ALL_READ: UnreadMeters = { "billing-month": new Set(), day: new Set() };

type Given = Rules & Omit<AllocationInput, "rules"> & { readonly day: Day };

/** The lines as they are written. */
export function allocateWith(overrides: Partial<Given>): FlatLine[] {
  return [...linesOf(allocationOf(overrides))].map(flatLine);
}

export function allocationOf(overrides: Partial<Given>): Allocation {
  const {
    day,
    registry: given,
    policies,
    ...facts
  } = {
    day: parseDay("2026-11-22"),
    cells: [],
    usage: [],
    metersWithoutReading: ALL_READ,
    registry,
    policies: { pools: [mlflowByRuns], betweenServices: [] },
    ...overrides,
  };
  return allocate({ rules: rulesOn({ registry: given, policies }, day), ...facts });
}

export const mlflowPool = cell({ namespace: "platform-shared", controller: "mlflow-server", amount: "100" });

export function shares(lines: readonly FlatLine[], pool: string): Record<string, string> {
  return Object.fromEntries(
    lines
      .filter((line) => line.pool === pool)
      .map((line) => [
        line.owner.kind === "team" ? line.owner.teamId : line.owner.kind,
        `${line.amount / 10n ** 12n} by ${line.method}${line.reason && ` (${line.reason})`}`,
      ]),
  );
}

export const policy = (
  pool: string,
  methods: readonly Method[],
  rest: Partial<PoolPolicy> = {},
): PoolPolicy => ({
  pool,
  methods,
  exempt: [],
  caps: {},
  minimums: {},
  ...rest,
});
export const withPolicies = (...pools: PoolPolicy[]): { policies: Policies } => ({
  policies: { pools, betweenServices: [] },
});

export const idle = (
  node: string,
  [cpu, gpu, memory]: readonly string[],
  rest: Partial<CostCell> = {},
): CostCell => {
  const picos = (text = "0"): bigint => parsePicos(text);
  const parts = idlePartsOf({
    cpu: picos(cpu),
    gpu: picos(gpu),
    memory: picos(memory),
    persistent_volume: 0n,
    load_balancer: 0n,
  });
  return cell({ kind: "idle", node, amount: "0", parts, ...rest });
};
export const told = (lines: readonly FlatLine[]): string[] =>
  lines.map(({ owner, cluster, nodePool, category, amount }) =>
    [
      owner.kind === "team" ? owner.teamId : owner.kind,
      cluster,
      nodePool,
      category,
      formatPicos(amount),
    ].join(" "),
  );
