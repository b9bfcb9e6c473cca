import { describe, expect, it } from "vitest";
import { rulesOn } from "@apportion/allocation/rules-of-day";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { parseDay } from "@apportion/domain/period";
import type { CostLine } from "../months/month.js";
import type { CellOfDay, NamedCells } from "./cell-days.js";
import { costLine } from "../months/testing.js";
import { NotAsAllocatedError, PeriodSum } from "./period-sum.js";

const DAY = parseDay("2026-10-01");
const RULES = rulesOn(
  {
    registry: {
      teams: [{ id: "a", name: "a", costCenter: "", complianceLevel: "standard", contacts: [], budgets: [] }],
      sharedServices: [],
      dedicatedClusters: [],
      nodePools: [],
      rules: [{ owner: { kind: "team", id: "a" }, match: { namespace: "team-a" } }],
    },
    policies: { pools: [], betweenServices: [] },
  },
  DAY,
);

/** A workload whose whole cost is CPU, for half as many core-hours. */
const cell = (controller: string, cpu: string, names: Partial<NamedCells> = {}): CellOfDay => ({
  of: {
    source: "kubecost",
    scope: "one",
    kind: "workload",
    cluster: "one",
    namespace: "team-a",
    controller,
    workload: controller,
    team_label: "",
    service: "",
    record_type: "",
    protected_level: "",
    protected_team: "",
    ...names,
  },
  kind: "workload",
  cpu: parsePicos(cpu),
  gpu: 0n,
  memory: 0n,
  persistent_volume: 0n,
  load_balancer: 0n,
  cpu_quantity: parsePicos(cpu) / 2n,
  gpu_quantity: 0n,
  memory_quantity: 0n,
  total: parsePicos(cpu),
});
const line = (amount: string, rest: Partial<CostLine> = {}): CostLine =>
  costLine(parsePicos(amount), { day: DAY, ...rest });
const NOBODY = { ownerKind: "unallocated" as const, teamId: "", namespace: "lab", reason: "no-owner" };

function sum(lines: readonly CostLine[], cells: readonly CellOfDay[]): Record<string, string> {
  const period = new PeriodSum();
  period.add(lines, cells, RULES);
  const amounts: Record<string, string> = {};
  for (const { name, byPayer } of period.takeWorkloads().workloads.values())
    for (const [payer, parts] of byPayer)
      for (const [category, { cost }] of parts)
        amounts[`${payer} ${name.controller} ${category}`] = formatPicos(cost);
  return amounts;
}

describe("the cells of a day", () => {
  it("say of which workload its lines are, with what the bill makes of their prices in proportion", () => {
    const variance = line("-4", { category: "rate-variance" });
    expect(sum([line("12"), variance], [cell("api", "9"), cell("batch", "3")])).toEqual({
      "team/a api cpu": "6",
      "team/a batch cpu": "2",
    });
  });

  it("of a cost below zero take none of what the bill makes of prices", () => {
    const variance = line("-4", { category: "rate-variance" });
    expect(sum([line("6"), variance], [cell("api", "9"), cell("refund", "-3")])).toEqual({
      "team/a api cpu": "5",
      "team/a refund cpu": "-3",
    });
  });

  it("are an error where they do not give the lines, or nobody is charged for them", () => {
    expect(() => sum([line("12")], [cell("api", "9")])).toThrow(NotAsAllocatedError);
    expect(() => sum([], [cell("api", "9")])).toThrow(
      /facts of 2026-10-01 .* team\/a .*verify --month 2026-10/,
    );
    expect(() => sum([line("9")], [])).toThrow(NotAsAllocatedError);
    expect(() => sum([], [cell("api", "9"), cell("api", "-9", { team_label: "x" })])).not.toThrow();
  });

  it("of what nobody owns are nobody's, or in that pool where a policy split it", () => {
    const cells = [cell("api", "9", { namespace: "lab" })];
    expect(sum([line("9", NOBODY)], cells)).toEqual({ "unallocated/ api cpu": "9" });
    expect(sum([line("9", { basis: "shared", pool: "unallocated" })], cells)).toEqual({
      "pool/unallocated api cpu": "9",
    });
    expect(() => sum([line("8", NOBODY)], cells)).toThrow(NotAsAllocatedError);
  });

  it("tell where a workload has several labels at once, and where one after the other", () => {
    const period = new PeriodSum();
    const own = [cell("api", "1", { team_label: "x" }), cell("web", "1", { team_label: "x" })];
    period.add([line("2")], own, RULES);
    period.add(
      [line("3")],
      [cell("api", "1", { team_label: "y" }), ...own.slice(1), cell("web", "1", { team_label: "y" })],
      RULES,
    );
    const { severalLabels } = period.takeWorkloads();
    expect([...severalLabels].map((key) => (JSON.parse(key) as string[]).at(-2))).toEqual(["web"]);
    expect(period.takeWorkloads()).toEqual({ workloads: new Map(), severalLabels: new Set() });
  });
});
