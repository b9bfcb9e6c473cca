import type { CostLine, DayRun, MonthCosts } from "@apportion/books/months/month";
import type { Category } from "@apportion/domain/category";
import { parsePicos } from "@apportion/domain/money";
import { type BillingPeriod, type Day, daysOf } from "@apportion/domain/period";
import { splitExactly } from "@apportion/domain/split";
import type { Registry, Team } from "@apportion/domain/tenancy";

/** Months for tests, built line by line. Amounts are decimal strings. */

export const OCTOBER = "2026-10" as BillingPeriod;

export function teamOf(id: string, overrides: Partial<Team> = {}): Team {
  return {
    id,
    name: id,
    costCenter: `cc-${id}`,
    complianceLevel: "standard",
    contacts: [`${id}-lead@example.com`],
    budgets: [],
    ...overrides,
  };
}

export function registryOf(teams: readonly Team[]): Registry {
  return {
    teams,
    sharedServices: [
      { id: "mlflow", name: "MLflow" },
      { id: "feast", name: "Feast" },
    ],
    dedicatedClusters: [],
    nodePools: [],
    rules: [],
  };
}

export function lineOf(day: string, amount: string, overrides: Partial<CostLine> = {}): CostLine {
  return {
    day: day as Day,
    ownerKind: "team",
    teamId: "search",
    category: "cpu",
    basis: "direct",
    cluster: "shared-eu-1",
    namespace: "team-search",
    nodePool: "",
    service: "",
    label: "",
    pool: "",
    method: "",
    reason: "",
    meter: "",
    usageWindow: "",
    betweenServices: "",
    driverQuantity: 0n,
    driverTotal: 0n,
    picos: parsePicos(amount),
    ...overrides,
  };
}

/**
 * A month of the lines, with a complete run for each of their days unless `runs` says otherwise.
 * @param bills days that are at the price of the bill, by account; an account that is named has a bill
 */
export function monthOf(
  period: BillingPeriod,
  lines: readonly CostLine[],
  runs: Readonly<Record<string, Partial<DayRun>>> = {},
  bills: Readonly<Record<string, readonly string[]>> = {},
): MonthCosts {
  const days = [...new Set([...lines.map((line) => line.day), ...(Object.keys(runs) as Day[])])].toSorted();
  return {
    period,
    lines,
    bills: new Map(Object.entries(bills).map(([account, billed]) => [account, new Set(billed as Day[])])),
    days: days.map((day) => {
      const sum = lines.filter((line) => line.day === day).reduce((total, line) => total + line.picos, 0n);
      const run = { day, runId: day.replaceAll("-", ""), missing: [], elapsed: true };
      return { ...run, collected: sum, allocated: sum, ...runs[day] };
    }),
  };
}

/** A platform of four teams. */
export function platformMonth(period: BillingPeriod, dayCount: number): MonthCosts {
  const lines = daysOf(period)
    .slice(0, dayCount)
    .flatMap((day, index) => platformDay(day, index));
  return monthOf(period, lines);
}

export const PLATFORM_TEAMS: readonly Team[] = [
  teamOf("checkout", { name: "Checkout", budgets: [{ from: OCTOBER, amount: "2400.00" }] }),
  teamOf("payments", {
    name: "Payments",
    complianceLevel: "pci",
    budgets: [{ from: OCTOBER, amount: "650.00" }],
  }),
  teamOf("recommendations", { name: "Recommendations" }),
  teamOf("search", { name: "Search", budgets: [{ from: OCTOBER, amount: "1200.00" }] }),
];

const RUNS_OF_MLFLOW: Readonly<Record<string, bigint>> = {
  checkout: 40n,
  recommendations: 790n,
  search: 120n,
  "": 50n,
};
const ONE = 10n ** 12n;

function platformDay(day: Day, index: number): CostLine[] {
  const wave = BigInt((index * 7) % 5) + 18n; // weekdays differ a little
  const scaled = (picos: string): bigint => (parsePicos(picos) * wave) / 20n;
  const training = day >= "2026-11-17";
  const costs: readonly (readonly [team: string, category: Category, amount: string])[] = [
    ["checkout", "cpu", "41.118"],
    ["checkout", "memory", "22.904"],
    ["checkout", "load-balancer", "0.6"],
    ["payments", "cpu", "14.32"],
    ["payments", "memory", "9.2"],
    ["recommendations", "cpu", "18.5"],
    ["recommendations", "gpu", "36.72"],
    ["search", "cpu", "14.8125"],
    ["search", "memory", "7.31"],
    ["search", "persistent-volume", "1.333333333333"],
    ["search", "gpu", training ? "49.3" : "2.1"],
  ];
  const direct = costs.map(([teamId, category, amount]) =>
    lineOf(day, "0", { teamId, category, namespace: `team-${teamId}`, picos: scaled(amount) }),
  );
  const stored = {
    category: "object-storage",
    namespace: "",
    cluster: "",
    service: "Amazon Simple Storage Service",
  } as const;
  const storage = ["search", "recommendations"].map((teamId) => lineOf(day, "4.017", { teamId, ...stored }));
  const nobody: Partial<CostLine> = { ownerKind: "unallocated", teamId: "" };
  return [
    ...direct,
    ...storage,
    lineOf(day, "0.82", { ...nobody, ...stored, reason: "untagged" }),
    lineOf(day, "1.94", { ...nobody, namespace: "sandbox", reason: "no-owner" }),
    lineOf(day, "11.27", {
      ownerKind: "idle",
      teamId: "",
      category: "idle-cpu",
      basis: "idle",
      namespace: "",
    }),
    lineOf(day, "6.4", {
      teamId: "payments",
      category: "idle-gpu",
      basis: "idle",
      namespace: "",
      cluster: "pci-eu-1",
      nodePool: "a100",
    }),
    ...mlflow(day),
    ...feast(day),
  ];
}

function mlflow(day: Day): CostLine[] {
  const takers = Object.entries(RUNS_OF_MLFLOW);
  const amounts = splitExactly(
    parsePicos("8.4"),
    takers.map(([, runs]) => runs),
  );
  return takers.map(([teamId, runs], index) =>
    lineOf(day, "0", {
      ...(teamId === "" && { ownerKind: "unallocated", reason: "usage-without-owner" }),
      teamId,
      category: "shared",
      basis: "shared",
      namespace: "",
      cluster: "",
      pool: "mlflow",
      method: "usage",
      meter: "mlflow.runs",
      usageWindow: "billing-month",
      driverQuantity: runs * ONE,
      driverTotal: 1_000n * ONE,
      picos: amounts[index] ?? 0n,
    }),
  );
}

/** Its meter was never read: every team takes the same. */
function feast(day: Day): CostLine[] {
  return PLATFORM_TEAMS.map(({ id: teamId }) =>
    lineOf(day, "1.1", {
      teamId,
      category: "shared",
      basis: "shared",
      namespace: "",
      cluster: "",
      pool: "feast",
      method: "even",
      reason: "no-reading-of-feast.requests",
      driverQuantity: ONE,
      driverTotal: 4n * ONE,
    }),
  );
}
