import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { type Day, parseDay } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { allocate, type AllocationInput } from "./allocate.js";
import type { CostCell, UsageCell } from "./cells.js";
import { certify, totalsOfCells, totalsOfLines } from "./certificate.js";
import type { UnreadMeters } from "./drivers.js";
import { idlePartsOf } from "./idle.js";
import { flatLine, type FlatLine } from "./line.js";
import type { BetweenServices, Method, Policies, PoolPolicy } from "./policy.js";
import { rateVarianceCells } from "./rate-variance.js";
import { type Rules, rulesOn } from "./rules-of-day.js";

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
const leaving: Registry = {
  ...registry,
  teams: registry.teams.map((each) => (each.id === "b" ? { ...each, to: parseDay("2026-11-15") } : each)),
  rules: [
    ...registry.rules.map((rule) => (rule.owner.id === "b" ? { ...rule, to: parseDay("2026-11-15") } : rule)),
    { owner: { kind: "team", id: "a" }, match: { namespace: "sandbox" }, to: parseDay("2026-11-15") },
    { owner: { kind: "team", id: "c" }, match: { namespace: "sandbox" }, from: parseDay("2026-11-15") },
  ],
};

const mlflowByRuns = {
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

function cell(overrides: Partial<CostCell> & { amount: string }): CostCell {
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

const runs = (teamLabel: string, count: string): UsageCell => ({
  day: parseDay("2026-11-03"),
  meter: "mlflow.runs",
  teamLabel,
  cluster: "",
  namespace: "",
  quantity: parsePicos(count),
});

const ALL_READ: UnreadMeters = { "billing-month": new Set(), day: new Set() };

type Given = Rules & Omit<AllocationInput, "rules"> & { readonly day: Day };

/** The lines as they are written. */
function allocateWith(overrides: Partial<Given>): FlatLine[] {
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
  return allocate({ rules: rulesOn({ registry: given, policies }, day), ...facts }).map(flatLine);
}

const mlflowPool = cell({ namespace: "platform-shared", controller: "mlflow-server", amount: "100" });

function shares(lines: readonly FlatLine[], pool: string): Record<string, string> {
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

  it("splits by the use of the month, or of the day alone where the policy says so", () => {
    const today = { ...runs("b", "4"), day: parseDay("2026-11-22") };
    const usage = [runs("a", "6"), today];
    const daily: Method = {
      kind: "usage",
      meters: [{ meter: "mlflow.runs", percent: "100" }],
      window: "day",
    };
    const policies = {
      pools: [{ ...mlflowByRuns, methods: [daily, { kind: "even" } as const] }],
      betweenServices: [],
    };
    expect(shares(allocateWith({ cells: [mlflowPool], usage }), "mlflow")).toEqual({
      a: "60 by usage",
      b: "40 by usage",
    });
    const byDay = allocateWith({ cells: [mlflowPool], usage, policies });
    expect(shares(byDay, "mlflow")).toEqual({ b: "100 by usage" });
    expect(byDay).toMatchObject([{ usageWindow: "day", driverTotal: parsePicos("4") }]);
    const unreadToday = { ...ALL_READ, day: new Set(["mlflow.runs"]) };
    expect(
      shares(
        allocateWith({ cells: [mlflowPool], usage, policies, metersWithoutReading: unreadToday }),
        "mlflow",
      ),
    ).toMatchObject({ a: "25 by even (no-reading-of-mlflow.runs)" });
  });

  it("charges and weighs a team only on days on which it is there, whatever it used on the month's other days", () => {
    const third = parseDay("2026-11-03");
    const changing: Registry = {
      ...registry,
      teams: [team("a"), { ...team("b"), to: third }, { ...team("c"), from: third }],
    };
    const usage = [
      { ...runs("b", "30"), day: parseDay("2026-11-02") },
      { ...runs("a", "60"), day: parseDay("2026-11-02") },
      { ...runs("c", "20"), day: third },
    ];
    const on = (day: string): Record<string, string> =>
      shares(allocateWith({ day: parseDay(day), registry: changing, cells: [mlflowPool], usage }), "mlflow");
    expect(on("2026-11-02")).toEqual({ a: "66 by usage", b: "33 by usage" });
    expect(on("2026-11-03")).toEqual({ a: "75 by usage", c: "25 by usage" });
    const onlyGone = { ...changing, teams: [{ ...team("b"), to: third }, team("a")] };
    const lines = allocateWith({
      day: third,
      registry: onlyGone,
      cells: [mlflowPool],
      usage: usage.slice(0, 1),
    });
    expect(shares(lines, "mlflow")).toEqual({
      a: "100 by even (no-usage-of-mlflow.runs, no-direct-cost)",
    });
  });

  it("finds the owner of usage as it finds that of costs, where a rule names the cluster too", () => {
    const byCluster: Registry = {
      ...registry,
      rules: [
        ...registry.rules,
        { owner: { kind: "team", id: "c" }, match: { cluster: "two", namespace: "ml" } },
      ],
    };
    const places = [
      { cluster: "two", namespace: "ml" }, // a rule with a cluster
      { cluster: "pci-1", namespace: "anything" }, // a dedicated cluster
      { cluster: "one", namespace: "ml" }, // nobody's
    ];
    const lines = allocateWith({
      registry: byCluster,
      cells: [mlflowPool, ...places.map((place) => cell({ ...place, amount: "7" }))],
      usage: places.map((place) => ({ ...runs("", "1"), ...place })),
    });
    const direct = lines.filter(({ basis }) => basis === "direct");
    const ownerOf = ({ owner }: FlatLine): string => (owner.kind === "team" ? owner.teamId : owner.kind);
    expect(direct.map(ownerOf).toSorted()).toEqual(["c", "pci", "unallocated"]);
    expect(shares(lines, "mlflow")).toEqual({
      c: "33 by usage",
      pci: "33 by usage",
      unallocated: "33 by usage (usage-without-owner)",
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
    const metersWithoutReading = { ...ALL_READ, "billing-month": new Set(["mlflow.runs"]) };
    expect(shares(allocateWith({ cells, metersWithoutReading }), "mlflow")).toEqual({
      a: "75 by proportional (no-reading-of-mlflow.runs)",
      c: "25 by proportional (no-reading-of-mlflow.runs)",
    });
    expect(shares(allocateWith({ cells: [mlflowPool] }), "mlflow")).toMatchObject({
      a: "25 by even (no-usage-of-mlflow.runs, no-direct-cost)",
    });
  });

  const idle = (
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
  const told = (lines: readonly FlatLine[]): string[] =>
    lines.map(({ owner, cluster, nodePool, category, amount }) =>
      [
        owner.kind === "team" ? owner.teamId : owner.kind,
        cluster,
        nodePool,
        category,
        formatPicos(amount),
      ].join(" "),
    );

  it("keeps idle apart on a shared cluster and charges it to the tenant of a dedicated one, by resource", () => {
    const lines = allocateWith({
      cells: [idle("", ["7", "0", "3"]), idle("", ["5"], { cluster: "pci-1", scope: "pci-1" })],
    });
    expect(told(lines)).toEqual(["idle one  idle-cpu 7", "idle one  idle-memory 3", "pci pci-1  idle-cpu 5"]);
  });

  it("tells idle by pool of nodes, and charges that of a dedicated pool to its tenant", () => {
    const lines = allocateWith({
      cells: [
        idle("cpu-1", ["7"]),
        idle("gpu-1", ["1", "8"]),
        idle("gpu-2", ["1", "4"]),
        idle("hipaa-1", ["2", "6"]),
        idle("hipaa-3", ["3"]),
      ],
    });
    expect(told(lines)).toEqual([
      "idle one  idle-cpu 10",
      "idle one gpu idle-cpu 2",
      "idle one gpu idle-gpu 12",
      "b one hipaa idle-cpu 2",
      "b one hipaa idle-gpu 6",
    ]);
  });

  it("keeps what was allocated beyond a node's cost out of the idle of other nodes", () => {
    const lines = allocateWith({
      cells: [idle("gpu-1", ["1", "8"]), idle("gpu-2", ["1", "-3"]), idle("hipaa-1", ["-2", "6"])],
    });
    expect(told(lines)).toEqual([
      "idle one gpu idle-cpu 2",
      "idle one gpu idle-gpu 8",
      "idle one gpu idle-variance -3",
      "b one hipaa idle-gpu 6",
      "b one hipaa idle-variance -2",
    ]);
  });

  it("spreads the idle of each pool by resource over its cluster, the variance in lines of its own", () => {
    const lines = allocateWith({
      cells: [
        idle("cpu-1", ["4"]),
        idle("gpu-1", ["0", "8"]),
        idle("gpu-2", ["0", "-4"]),
        cell({ namespace: "team-a", amount: "3" }),
        cell({ namespace: "team-c", amount: "1" }),
      ],
      ...withPolicies(policy("idle", [{ kind: "proportional", to: "direct" }])),
    }).filter(({ basis }) => basis === "shared");
    expect(lines.map(({ pool }) => pool)).toEqual([
      ...Array<string>(2).fill("idle/one"),
      ...Array<string>(4).fill("idle/one/gpu"),
    ]);
    expect(told(lines)).toEqual([
      "a one  idle-cpu 3",
      "c one  idle-cpu 1",
      "a one gpu idle-gpu 6",
      "c one gpu idle-gpu 2",
      "a one gpu idle-variance -3",
      "c one gpu idle-variance -1",
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

  it("keeps what nobody used of commitments a pool of its own, and record types apart where a policy splits them", () => {
    const record = (recordType: string, amount: string): CostCell =>
      cell({
        source: "aws-bill",
        kind: "bill",
        cluster: "",
        recordType,
        amount: "0",
        parts: [{ category: "services", amount: parsePicos(amount) }],
      });
    const cells = [
      cell({ namespace: "team-a", amount: "3" }),
      cell({ namespace: "team-b", amount: "1" }),
      record("SavingsPlanRecurringFee", "8"),
      record("RIFee", "4"),
      record("Tax", "2"),
      record("Credit", "-6"),
    ];
    const found = (lines: FlatLine[]): unknown[] =>
      lines
        .filter(({ recordType }) => recordType !== "")
        .map(({ owner, category, pool, recordType, amount }) => [
          owner.kind === "team" ? owner.teamId : owner.kind,
          category,
          pool,
          recordType,
          formatPicos(amount),
        ])
        .toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
    const kept = ["corporate", "corporate", ""];
    const unused = ["corporate", "unused-commitment", ""];
    expect(found(allocateWith({ cells }))).toEqual([
      [...kept, "Credit", "-6"],
      [...kept, "Tax", "2"],
      [...unused, "RIFee", "4"],
      [...unused, "SavingsPlanRecurringFee", "8"],
    ]);
    const ofCorporate = [
      ["a", "corporate", "corporate", "Credit", "-4.5"],
      ["a", "corporate", "corporate", "Tax", "1.5"],
      ["b", "corporate", "corporate", "Credit", "-1.5"],
      ["b", "corporate", "corporate", "Tax", "0.5"],
    ];
    const split = withPolicies(policy("corporate", [{ kind: "proportional", to: "direct" }]));
    expect(found(allocateWith({ cells, ...split }))).toEqual([
      ...ofCorporate,
      [...unused, "RIFee", "4"],
      [...unused, "SavingsPlanRecurringFee", "8"],
    ]);
    const shared = withPolicies(policy("unused-commitment", [{ kind: "proportional", to: "cpu" }]));
    expect(found(allocateWith({ cells, ...shared })).slice(0, 2)).toEqual([
      ["a", "unused-commitment", "unused-commitment", "RIFee", "3"],
      ["a", "unused-commitment", "unused-commitment", "SavingsPlanRecurringFee", "6"],
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

const policy = (pool: string, methods: readonly Method[], rest: Partial<PoolPolicy> = {}): PoolPolicy => ({
  pool,
  methods,
  exempt: [],
  caps: {},
  minimums: {},
  ...rest,
});
const withPolicies = (...pools: PoolPolicy[]): { policies: Policies } => ({
  policies: { pools, betweenServices: [] },
});

describe("policies", () => {
  const direct = [
    cell({ namespace: "team-a", amount: "30" }),
    cell({ namespace: "team-c", amount: "10", parts: [{ category: "gpu", amount: parsePicos("10") }] }),
  ];

  it("split by fixed percentages, and by one category of direct cost", () => {
    const fixed = policy("mlflow", [{ kind: "fixed", teams: { a: "12.5", b: "87.5" }, services: {} }]);
    expect(shares(allocateWith({ cells: [mlflowPool], ...withPolicies(fixed) }), "mlflow")).toEqual({
      a: "12 by fixed",
      b: "87 by fixed",
    });
    const byGpu = policy("mlflow", [{ kind: "proportional", to: "gpu" }]);
    expect(
      shares(allocateWith({ cells: [mlflowPool, ...direct], ...withPolicies(byGpu) }), "mlflow"),
    ).toEqual({ c: "100 by proportional" });
  });

  it("blend meters by their percentages", () => {
    const hours = (teamLabel: string, count: string): UsageCell => ({
      ...runs(teamLabel, count),
      meter: "mlflow.run-hours",
    });
    const blended = policy("mlflow", [
      {
        kind: "usage",
        meters: [
          { meter: "mlflow.runs", percent: "75" },
          { meter: "mlflow.run-hours", percent: "25" },
        ],
      },
      { kind: "even" },
    ]);
    const usage = [runs("a", "1"), runs("b", "1"), hours("c", "5")];
    expect(shares(allocateWith({ cells: [mlflowPool], usage, ...withPolicies(blended) }), "mlflow")).toEqual({
      a: "37 by usage",
      b: "37 by usage",
      c: "25 by usage",
    });
    const lines = allocateWith({ cells: [mlflowPool], usage: [runs("a", "1")], ...withPolicies(blended) });
    expect(lines[0]).toMatchObject({ method: "even", reason: "no-usage-of-mlflow.run-hours" });
  });

  it("exempt teams, whose part the others pay", () => {
    const evenly = policy("mlflow", [{ kind: "even" }], { exempt: ["a", "pci"] });
    expect(shares(allocateWith({ cells: [mlflowPool], ...withPolicies(evenly) }), "mlflow")).toEqual({
      b: "50 by even",
      c: "50 by even",
    });
  });

  it("hold on their days only: one that starts on the 15th leaves the 14th alone", () => {
    const fromThe15th = policy("mlflow", [{ kind: "fixed", teams: { a: "100" }, services: {} }], {
      from: parseDay("2026-11-15"),
    });
    const on = (day: string): Record<string, string> =>
      shares(
        allocateWith({ day: parseDay(day), cells: [mlflowPool, ...direct], ...withPolicies(fromThe15th) }),
        "mlflow",
      );
    expect(on("2026-11-14")).toEqual({ a: "75 by proportional", c: "25 by proportional" });
    expect(on("2026-11-15")).toEqual({ a: "100 by fixed" });
  });

  it("spread idle over its cluster, what nobody owns evenly, and the company's cost over all that teams pay", () => {
    const cells = [
      ...direct,
      cell({ kind: "idle", amount: "8" }),
      cell({ kind: "idle", cluster: "two", scope: "two", amount: "5" }),
      cell({ namespace: "sandbox", amount: "4" }),
      cell({
        source: "aws-bill",
        kind: "bill",
        recordType: "Credit",
        amount: "0",
        parts: [{ category: "services", amount: parsePicos("-26") }],
      }),
    ];
    const lines = allocateWith({
      cells,
      ...withPolicies(
        policy("idle", [{ kind: "proportional", to: "direct" }, { kind: "keep" }]),
        policy("unallocated", [{ kind: "even" }]),
        policy("corporate", [{ kind: "proportional", to: "total" }]),
      ),
    });
    expect(shares(lines, "idle/one")).toEqual({ a: "6 by proportional", c: "2 by proportional" });
    expect(lines.filter(({ owner }) => owner.kind === "idle").map(({ cluster }) => cluster)).toEqual(["two"]);
    expect(shares(lines, "unallocated")).toEqual({
      a: "1 by even",
      b: "1 by even",
      c: "1 by even",
      pci: "1 by even",
    });
    // a pays 30 + 6 + 1 of 52, c 10 + 2 + 1, b and pci 1 each.
    expect(shares(lines, "corporate")).toEqual({
      a: "-18 by proportional",
      b: "0 by proportional",
      c: "-6 by proportional",
      pci: "0 by proportional",
    });
  });
});

describe("services that serve each other", () => {
  const serving: Registry = {
    ...registry,
    sharedServices: ["hr", "dp", "rm"].map((id) => ({ id, name: id })),
    rules: [
      ...registry.rules,
      ...["hr", "dp", "rm"].map((id) => ({
        owner: { kind: "shared-service" as const, id },
        match: { namespace: id },
      })),
    ],
  };
  const cells = [
    cell({ namespace: "hr", amount: "80000" }),
    cell({ namespace: "dp", amount: "120000" }),
    cell({ namespace: "rm", amount: "40000" }),
  ];
  const pools = [
    policy("hr", [{ kind: "fixed", teams: { a: "30", b: "40" }, services: { dp: "20", rm: "10" } }]),
    policy("dp", [{ kind: "fixed", teams: { a: "55", b: "30" }, services: { hr: "8", rm: "7" } }]),
    policy("rm", [{ kind: "fixed", teams: { a: "60", b: "40" }, services: {} }]),
  ];
  const owed = (method: BetweenServices["method"], order: string[] = []): Record<string, string> => {
    const lines = allocateWith({
      cells,
      registry: serving,
      policies: { pools, betweenServices: [{ method, order }] },
    });
    const of = (id: string): string => {
      const own = lines.filter(({ owner }) => owner.kind === "team" && owner.teamId === id);
      return Number(formatPicos(own.reduce((sum, line) => sum + line.amount, 0n))).toFixed(2);
    };
    return { a: of("a"), b: of("b") };
  };

  it("charge the teams by the method that is declared, and never more or less than they cost", () => {
    expect(owed("reciprocal")).toEqual({ a: "138601.63", b: "101398.37" });
    // Closed in the order hr, dp, rm: hr charges dp 16,000 and rm 8,000; dp charges rm 7/92 of 136,000.
    expect(owed("step-down", ["hr", "dp", "rm"])).toEqual({ a: "140313.04", b: "99686.96" });
    expect(owed("direct")).toEqual({ a: "135932.77", b: "104067.23" });
  });

  it("close in an order that the day's costs do not decide: it must not flip within a month", () => {
    const sharesOf = (hr: string, dp: string): unknown[] =>
      allocateWith({
        cells: [cell({ namespace: "hr", amount: hr }), cell({ namespace: "dp", amount: dp })],
        registry: serving,
        policies: { pools, betweenServices: [{ method: "step-down", order: [] }] },
      }).map(({ pool, owner, driverQuantity, driverTotal }) => [pool, owner, driverQuantity, driverTotal]);
    expect(sharesOf("80000", "120000")).toEqual(sharesOf("120000", "80000"));
  });

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
    certify(totalsOfCells(largeCells), totalsOfLines(lines));
  });

  it("take the next rung of their ladders when they were used by each other only", () => {
    const byUse = (pool: string, meter: string): PoolPolicy =>
      policy(pool, [{ kind: "usage", meters: [{ meter, percent: "100" }] }, { kind: "even" }]);
    const used = (meter: string, namespace: string): UsageCell => ({
      ...runs("", "1"),
      meter,
      namespace,
    });
    const lines = allocateWith({
      cells: cells.slice(0, 2),
      registry: serving,
      usage: [used("hr.use", "dp"), used("dp.use", "hr")],
      policies: {
        pools: [byUse("hr", "hr.use"), byUse("dp", "dp.use")],
        betweenServices: [{ method: "reciprocal", order: [] }],
      },
    });
    expect(new Set(lines.map(({ reason }) => reason))).toEqual(new Set(["closed-loop-of-dp+hr"]));
    expect(shares(lines, "hr")).toMatchObject({ a: "20000 by even (closed-loop-of-dp+hr)" });
  });
});

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
        certify(totalsOfCells(input.cells), totalsOfLines(lines));
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
        const certificate = certify(totalsOfCells(input.cells), totalsOfLines(allocateWith(input)));
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
        certify(totalsOfCells(cells), totalsOfLines(lines));
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
