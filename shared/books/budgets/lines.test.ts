import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { agreedFor, budgetFor } from "@apportion/domain/budget";
import { type Budget, type Department, type Team } from "@apportion/domain/tenancy";
import type { SumLine } from "../months/read-sums.js";
import { costsOfLine, countMonth } from "./counted-months.js";
import { budgetOf, budgetVersion, lineOf, startOf } from "./evaluate.js";
import { budgetedSpans, budgetLines, membersOf } from "./lines.js";

const month = (text: string): BillingPeriod => text as BillingPeriod;
const budget = (from: string, amount: string, others: Partial<Budget> = {}): Budget => ({
  from: month(from),
  amount,
  ...others,
});
const team = (id: string, budgets: readonly Budget[] = [], costCenter = "cc"): Team => ({
  id,
  name: id,
  costCenter,
  complianceLevel: "standard",
  contacts: [],
  budgets,
});
const increase = (period: string, amount: string) => ({
  period: month(period),
  amount,
  by: "CFO",
  reason: "fair",
});

describe("what is agreed", () => {
  it("is for a team's whole month what it always was, under the same version", () => {
    const plain = team("search", [
      budget("2026-11", "1200"),
      budget("2026-10", "9000.00", { span: "quarter" }),
      budget("2026-11", "5.00", { categories: ["gpu"] }),
    ]);
    const agreed = budgetFor(plain, month("2026-12"));
    expect(agreed).toEqual({ from: "2026-11", amount: "1200" });
    expect(agreed && budgetVersion(agreed)).toBe("2026-11@1200.00");
    expect(lineOf("2026-11@1200.00")).toBeUndefined();
    expect(budgetFor(plain, month("2026-10"))).toBeUndefined();
  });

  it("has the increases of its span exactly, and of no other", () => {
    const cents = fc.bigInt({ min: 0n, max: 10n ** 15n });
    const text = (value: bigint): string => `${value / 100n}.${String(value % 100n).padStart(2, "0")}`;
    fc.assert(
      fc.property(cents, fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), cents)), (base, more) => {
        const increases = more.map(([at, each]) =>
          increase(`2026-${String(at).padStart(2, "0")}`, text(each)),
        );
        const of = [budget("2026-01", text(base), { span: "quarter", increases })];
        const agreed = agreedFor(of, [month("2026-04"), month("2026-05"), month("2026-06")]);
        const expected = more.reduce((sum, [at, each]) => (at >= 4 && at <= 6 ? sum + each : sum), base);
        expect(agreed && parsePicos(agreed.amount)).toBe(expected * 10n ** 10n);
      }),
    );
  });

  it("has one version for each amount, whatever signs a cost center has in its name", () => {
    const lines = budgetLines({
      teams: [team("a", [], "R&D/1 @x:2026-01@1")],
      costCenters: [
        {
          id: "R&D/1 @x:2026-01@1",
          name: "R&D",
          contacts: [],
          budgets: [budget("2026-01", "10", { span: "year", categories: ["network", "compute", "network"] })],
        },
      ],
    });
    const [span] = budgetedSpans(lines, [month("2026-05"), month("2026-11")], {});
    const version = budgetVersion(span?.budget ?? { from: month("2026-01"), amount: "0" });
    expect(version).toBe("cost-center/R&D/1 @x:2026-01@1/year/compute+network:2026-01@10.00");
    expect(lineOf(version)).toBe(span?.line.key);
    expect([startOf(version), budgetOf(version)]).toEqual(["2026-01", parsePicos("10")]);
  });
});

const NOVEMBER = month("2026-11");
const cost = (teamId: string, day: string, picos: bigint, others: Partial<SumLine> = {}): SumLine => ({
  day: `2026-11-${day}` as Day,
  ownerKind: "team",
  teamId,
  category: "cpu",
  basis: "direct",
  cluster: "one",
  picos,
  ...others,
});
const department = (id: string, others: Partial<Department> = {}): Department => ({
  id,
  name: id,
  teams: [],
  costCenters: [],
  contacts: [],
  budgets: [budget("2026-01", "1.00")],
  ...others,
});

/** Counted of November, by department. */
function spent(
  teams: readonly Team[],
  departments: readonly Department[],
  lines: readonly SumLine[],
): Record<string, bigint> {
  const budgeted = budgetLines({ teams, departments });
  const days = [...new Set(lines.map(({ day }) => day))].map((day) => ({
    day,
    runId: day,
    missing: [],
    elapsed: true,
    collected: 0n,
    allocated: 0n,
  }));
  const counted = countMonth({ period: NOVEMBER, days, lines, bills: new Map() }, false, budgeted, {});
  return Object.fromEntries(
    budgeted.map((line) => [
      line.owner.id,
      costsOfLine([counted], line.key).counted.reduce((sum, { picos }) => sum + picos, 0n),
    ]),
  );
}

describe("a tree of departments", () => {
  it("costs what all teams below it cost, on the days on which they are in it", () => {
    const teams = [team("a"), team("b", [], "rnd"), team("c", [], "rnd"), team("d")];
    const departments = [
      department("top"),
      department("left", {
        parent: "top",
        teams: [{ id: "a", to: "2026-11-10" as Day }],
        costCenters: [{ id: "rnd", from: "2026-11-05" as Day }],
      }),
      department("right", { parent: "top", teams: [{ id: "a", from: "2026-11-10" as Day }] }),
    ];
    const lines = [
      cost("a", "09", 1n),
      cost("a", "10", 2n),
      cost("b", "04", 4n),
      cost("b", "05", 8n),
      cost("c", "20", 16n, { category: "shared", basis: "shared" }),
      cost("d", "20", 32n),
      cost("", "20", 64n, { ownerKind: "idle" }),
    ];
    expect(spent(teams, departments, lines)).toEqual({ top: 27n, left: 25n, right: 2n });
  });

  it("adds up: what is at the top is the sum of what is at the leaves, in any tree", () => {
    const tree = fc.array(fc.nat(), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        tree,
        fc.array(fc.bigInt({ min: -100n, max: 1000n }), { minLength: 12, maxLength: 12 }),
        (parents, amounts) => {
          const teams = parents.map((_, index) => team(`t${index}`));
          const departments = parents.map((parent, index) =>
            department(`d${index}`, {
              ...(index > 0 && { parent: `d${parent % index}` }),
              teams: [{ id: `t${index}` }],
            }),
          );
          const lines = parents.map((_, index) => cost(`t${index}`, "20", amounts[index] ?? 0n));
          const of = spent(teams, departments, lines);
          expect(of["d0"]).toBe(lines.reduce((sum, { picos }) => sum + picos, 0n));
          for (const each of departments) {
            const below = departments.filter(({ parent }) => parent === each.id);
            const own = amounts[Number(each.id.slice(1))] ?? 0n;
            expect(of[each.id]).toBe(below.reduce((sum, { id }) => sum + (of[id] ?? 0n), own));
            expect(membersOf(each, { teams, departments })).toHaveLength(
              1 + below.reduce((sum, child) => sum + membersOf(child, { teams, departments }).length, 0),
            );
          }
        },
      ),
    );
  });
});

describe("a month of which not all counts", () => {
  const lines = budgetLines({ teams: [team("a", [budget("2026-01", "1.00", { span: "year" })])] });
  const key = lines[0]?.key ?? "";
  const costs = [cost("a", "20", 1n), cost("a", "21", 2n, { category: "shared", basis: "shared" })];
  const days = ["20", "21"].map((day) => ({
    day: `2026-11-${day}` as Day,
    runId: day,
    missing: day === "21" ? ["usage/mlflow/runs"] : [],
    elapsed: true,
    collected: 0n,
    allocated: 0n,
  }));
  const november = { period: NOVEMBER, days, lines: costs, bills: new Map() };

  it("keeps back shares of days without their readings until the month is closed", () => {
    const open = countMonth(november, false, lines, {});
    expect(open.unsettledDays).toEqual(["2026-11-21"]);
    expect(open.waitingDays).toEqual(["2026-11-21"]);
    expect(open.lines.get(key)).toMatchObject({
      counted: [{ day: "2026-11-20", picos: 1n }],
      all: [
        { day: "2026-11-20", picos: 1n },
        { day: "2026-11-21", picos: 2n },
      ],
    });
    const closed = countMonth(november, true, lines, {});
    expect(closed.unsettledDays).toEqual([]);
    expect(closed.lines.get(key)?.counted).toEqual(open.lines.get(key)?.all);
  });
});
