import { describe, expect, it } from "vitest";
import type { CostCell } from "./cells.js";
import type { FlatLine } from "./line.js";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { Registry } from "@apportion/domain/tenancy";
import type { Method } from "./policy.js";
import {
  allocateWith,
  cell,
  idle,
  mlflowByRuns,
  mlflowPool,
  policy,
  registry,
  runs,
  shares,
  withPolicies,
} from "./testing.js";

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

describe("a direct cost", () => {
  const bill = (amount: string, overrides: Partial<CostCell>): CostCell =>
    cell({
      source: "aws-bill",
      kind: "bill",
      cluster: "",
      recordType: "Usage",
      amount: "0",
      parts: [{ category: "services", amount: parsePicos(amount) }],
      ...overrides,
    });

  it("has a line with all that is known of it", () => {
    const lines = allocateWith({
      cells: [cell({ namespace: "team-a", controller: "api", teamLabel: "a", service: "EKS", amount: "3" })],
    });
    expect(lines).toEqual([
      {
        source: "kubecost",
        scope: "one",
        cluster: "one",
        namespace: "team-a",
        nodePool: "",
        service: "EKS",
        recordType: "",
        label: "",
        category: "cpu",
        owner: { kind: "team", teamId: "a" },
        basis: "direct",
        pool: "",
        policy: "",
        method: "",
        reason: "",
        meter: "",
        meters: [],
        meterPercents: [],
        usageWindow: "",
        betweenServices: "",
        driverQuantity: 0n,
        driverTotal: 0n,
        amount: parsePicos("3"),
      },
    ]);
  });

  it("is added up where nothing else tells it apart, and left out where it comes to nothing", () => {
    const lines = allocateWith({
      cells: [
        cell({ namespace: "team-a", controller: "api", amount: "3" }),
        cell({ namespace: "team-a", controller: "db", amount: "4" }),
        cell({ namespace: "team-b", amount: "4" }),
        cell({ namespace: "team-b", amount: "-4" }),
        cell({ namespace: "team-c", amount: "0" }),
      ],
    });
    expect(lines).toMatchObject([{ owner: { teamId: "a" }, amount: parsePicos("7") }]);
  });

  it("is told apart by source, scope, place, service, label, category, owner and reason, in an order that cells do not decide", () => {
    const cells = [
      cell({ namespace: "x", amount: "1" }),
      cell({ namespace: "x", source: "s3", amount: "1" }),
      cell({ namespace: "x", scope: "two", amount: "1" }),
      cell({ namespace: "x", cluster: "two", amount: "1" }),
      cell({ namespace: "y", amount: "1" }),
      cell({ namespace: "x", service: "S", amount: "1" }),
      cell({ namespace: "x", teamLabel: "frad", amount: "1" }),
      cell({ namespace: "x", amount: "1", parts: [{ category: "gpu", amount: parsePicos("1") }] }),
      cell({ namespace: "x", kind: "unowned", amount: "1" }),
      cell({ namespace: "x", teamLabel: "a", amount: "1" }),
      cell({ namespace: "x", teamLabel: "b", amount: "1" }),
      bill("1", { namespace: "x", recordType: "Tax" }),
      bill("1", { namespace: "x", recordType: "Credit" }),
      idle("gpu-1", ["1"], { namespace: "x" }),
      idle("other", ["1"], { namespace: "x" }),
    ];
    const lines = allocateWith({ cells });
    expect(lines).toHaveLength(cells.length);
    expect(allocateWith({ cells: cells.toReversed() })).toEqual(lines);
    const places = lines.map(({ source, scope, cluster, namespace }) =>
      [source, scope, cluster, namespace].join(" "),
    );
    expect(places).toEqual(places.toSorted());
  });

  it("of network belongs to whose bytes it is, not to who owns a service of the bill", () => {
    const network = (rest: Partial<CostCell>): CostCell =>
      cell({ source: "network", kind: "network", service: "Amazon EC2", amount: "1", ...rest });
    const ofEc2: Registry = {
      ...registry,
      rules: [...registry.rules, { owner: { kind: "team", id: "c" }, match: { service: "Amazon EC2" } }],
    };
    const lines = allocateWith({
      registry: ofEc2,
      cells: [network({ namespace: "team-a" }), network({ namespace: "" }), network({ namespace: "x" })],
    });
    expect(
      lines.map(({ owner, namespace, reason, service }) => [owner.kind, namespace, reason, service]),
    ).toEqual([
      ["unallocated", "", "no-bytes", "Amazon EC2"],
      ["team", "team-a", "", "Amazon EC2"],
      ["unallocated", "x", "no-owner", "Amazon EC2"],
    ]);
    expect(allocateWith({ registry: ofEc2, cells: [bill("1", { service: "Amazon EC2" })] })).toMatchObject([
      { owner: { kind: "team", teamId: "c" } },
    ]);
  });

  it.each([
    ["workload", "", "x", "no-owner"],
    ["unmounted", "", "", "no-owner"],
    ["object-storage", "", "", "untagged"],
    ["object-storage", "frad", "", "no-owner"],
    ["bill", "", "", "untagged"],
    ["bill", "frad", "", "no-owner"],
    ["network", "", "", "no-bytes"],
    ["network", "", "x", "no-owner"],
    ["unowned", "", "", "no-collector"],
    ["unowned", "frad", "x", "no-collector"],
  ] as const)(
    "of kind %s with label %j in namespace %j has no owner because of %s",
    (kind, teamLabel, namespace, reason) => {
      expect(
        allocateWith({ cells: [cell({ kind, teamLabel, namespace, recordType: "Usage", amount: "1" })] }),
      ).toMatchObject([{ owner: { kind: "unallocated" }, basis: "direct", reason, label: teamLabel }]);
    },
  );

  it("of the bill that is no usage is the company's, whoever is tagged; of what no collector reads it is nobody's", () => {
    const tax = bill("1", { teamLabel: "a", recordType: "Tax" });
    expect(allocateWith({ cells: [tax] })).toMatchObject([
      {
        owner: { kind: "corporate" },
        basis: "corporate",
        category: "corporate",
        recordType: "Tax",
        label: "",
        reason: "",
      },
    ]);
    expect(allocateWith({ cells: [{ ...tax, kind: "unowned", teamLabel: "" }] })).toMatchObject([
      { owner: { kind: "unallocated" }, recordType: "", reason: "no-collector" },
    ]);
  });

  it("of idle capacity is idle's, whoever owns the namespace", () => {
    expect(allocateWith({ cells: [idle("cpu-1", ["1"], { teamLabel: "a" })] })).toMatchObject([
      { owner: { kind: "idle" }, basis: "idle", category: "idle-cpu", reason: "", label: "" },
    ]);
  });
});

describe("pools of the company, of nobody and of idle", () => {
  const told = (lines: readonly FlatLine[]): string[] =>
    lines.map(({ owner, basis, pool, category, cluster, amount }) =>
      [
        owner.kind === "team" ? owner.teamId : owner.kind,
        basis,
        pool,
        category,
        cluster,
        formatPicos(amount),
      ].join("|"),
    );

  it("stay what they are beside others of the same kind that a policy splits", () => {
    const lines = allocateWith({
      cells: [
        idle("cpu-1", ["8"]),
        idle("cpu-1", ["5"], { cluster: "two", scope: "two" }),
        cell({ namespace: "team-a", amount: "1" }),
      ],
      ...withPolicies(policy("idle", [{ kind: "proportional", to: "direct" }, { kind: "keep" }])),
    });
    expect(told(lines)).toEqual([
      "a|direct||cpu|one|1",
      "idle|idle||idle-cpu|two|5",
      "a|shared|idle/one|idle-cpu|one|8",
    ]);
  });

  it("are split in the order of idle, services, nobody's, commitments, the company's, each by what is there then", () => {
    const record = (recordType: string, amount: string): CostCell =>
      cell({
        source: "aws-bill",
        kind: "bill",
        cluster: "",
        recordType,
        amount: "0",
        parts: [{ category: "services", amount: parsePicos(amount) }],
      });
    const total: Method[] = [{ kind: "proportional", to: "total" }];
    const lines = allocateWith({
      cells: [
        cell({ namespace: "team-a", amount: "1" }),
        cell({ namespace: "team-b", amount: "1" }),
        idle("cpu-1", ["2"]),
        mlflowPool,
        cell({ namespace: "sandbox", amount: "16" }),
        record("RIFee", "32"),
        record("Tax", "64"),
      ],
      ...withPolicies(
        policy("idle", [{ kind: "fixed", teams: { a: "100" }, services: {} }]),
        policy("mlflow", total),
        policy("unallocated", total),
        policy("unused-commitment", total),
        policy("corporate", total),
      ),
    });
    // a has 1 + 2 of 4 after idle, and three quarters from then on.
    expect(told(lines)).toEqual([
      "a|direct||cpu|one|1",
      "b|direct||cpu|one|1",
      "a|shared|idle/one|idle-cpu|one|2",
      "a|shared|mlflow|shared||75",
      "b|shared|mlflow|shared||25",
      "a|shared|unallocated|unallocated||12",
      "b|shared|unallocated|unallocated||4",
      "a|shared|unused-commitment|unused-commitment||24",
      "b|shared|unused-commitment|unused-commitment||8",
      "a|shared|corporate|corporate||48",
      "b|shared|corporate|corporate||16",
    ]);
  });

  it("take in what services leave to nobody, and lose the cluster that the cost was of", () => {
    const lines = allocateWith({
      cells: [mlflowPool, cell({ namespace: "sandbox", amount: "4" })],
      usage: [runs("", "1")],
      ...withPolicies(mlflowByRuns, policy("unallocated", [{ kind: "even" }])),
    });
    expect(told(lines)).toEqual(
      ["a", "b", "c", "pci"].map((id) => `${id}|shared|unallocated|unallocated||26`),
    );
  });

  it("come in the order of their ids, services too, whatever the order of the cells or the registry", () => {
    const even: readonly Method[] = [{ kind: "fixed", teams: { a: "100" }, services: {} }];
    const lines = allocateWith({
      cells: [
        cell({ namespace: "kube-system", cluster: "two", scope: "two", amount: "1" }),
        cell({ namespace: "kube-system", amount: "1" }),
        mlflowPool,
        cell({ namespace: "platform-shared", controller: "feast", amount: "1" }),
        idle("cpu-1", ["1"], { cluster: "two", scope: "two" }),
        idle("gpu-1", ["1"]),
        idle("cpu-1", ["1"]),
      ],
      ...withPolicies(...["idle", "mlflow", "feast", "system"].map((pool) => policy(pool, even))),
    });
    expect(lines.map(({ pool }) => pool)).toEqual([
      "idle/one",
      "idle/one/gpu",
      "idle/two",
      "feast",
      "mlflow",
      "system/one",
      "system/two",
    ]);
  });
});

describe("system namespaces", () => {
  it("are a pool of each cluster, by the policy of all", () => {
    const lines = allocateWith({
      cells: [
        cell({ namespace: "kube-system", amount: "8" }),
        cell({ namespace: "kube-system", cluster: "two", scope: "two", amount: "6" }),
        cell({ namespace: "team-a", amount: "1" }),
      ],
      ...withPolicies(policy("system", [{ kind: "proportional", to: "direct" }])),
    });
    expect(
      lines.map(({ pool, cluster, owner, reason, amount: of }) => [
        pool,
        cluster,
        owner.kind,
        reason,
        formatPicos(of),
      ]),
    ).toEqual([
      ["", "one", "team", "", "1"],
      ["system/one", "one", "team", "", "8"],
      ["system/two", "two", "unallocated", "no-direct-cost-on-two", "6"],
    ]);
  });
});
