import { describe, expect, it } from "vitest";
import { z } from "zod";
import { checkBudgets } from "./budgets.js";
import { BUDGET_COLUMNS, withBudgetsFile } from "./budgets-file.js";
import { checkRegistry, registryConfig, toRegistry } from "./config.js";

const sections = z.object(registryConfig);
type Written = z.input<typeof sections>;
const config = (others: Partial<Written> = {}) =>
  sections.parse({
    teams: [
      { id: "search", costCenter: "cc-1" },
      { id: "ads", costCenter: "cc-2" },
    ],
    ...others,
  });
const mistakes = (others: Partial<Written>): string[] =>
  checkRegistry(config(others)).map(({ path, message }) => `${path.join(".")}: ${message}`);

const quarter = { from: "2026-10", amount: "9.00", span: "quarter" as const };

describe("budgets in the configuration", () => {
  it("are as they always were where they say no more than a month and an amount", () => {
    const budgets = [{ from: "2026-11", amount: "1200.00" }];
    const registry = toRegistry(config({ teams: [{ id: "search", costCenter: "cc", budgets }] }));
    expect(registry.teams[0]?.budgets).toEqual(budgets);
    expect(Object.keys(registry)).not.toEqual(expect.arrayContaining(["departments"]));
    expect(
      mistakes({ teams: [{ id: "search", costCenter: "cc", budgets: [...budgets, ...budgets] }] }),
    ).toEqual(['teams.0.budgets.1.from: team "search" has two budgets from this month']);
  });

  it("begin with their span, and the fiscal year says with which month that is", () => {
    const of = (from: string, fiscalYearFirstMonth: number, span: "quarter" | "year"): string[] =>
      mistakes({
        fiscalYearFirstMonth,
        teams: [{ id: "search", costCenter: "cc", budgets: [{ from, amount: "1.00", span }] }],
      });
    expect(of("2026-10", 1, "quarter")).toEqual([]);
    expect(of("2026-11", 1, "quarter")).toEqual([
      "teams.0.budgets.0.from: a quarter goes from 2026-10 to 2026-12: name its first month, which fiscalYearFirstMonth decides",
    ]);
    expect(of("2026-11", 2, "quarter")).toEqual([]);
    expect(of("2026-04", 4, "year")).toEqual([]);
    expect(of("2026-01", 4, "year")[0]).toContain("from 2025-04 to 2026-03");
  });

  it("are increased only while they hold, and stand beside others for other costs", () => {
    const increases = ["2026-09", "2026-12", "2027-01"].map((period) => ({
      period,
      amount: "1.00",
      by: "CFO",
      reason: "fair",
    }));
    const budgets = [
      { ...quarter, increases },
      { ...quarter, from: "2027-01" },
      { ...quarter, categories: ["gpu" as const, "compute" as const] },
      { ...quarter, categories: ["compute" as const, "gpu" as const] },
    ];
    expect(mistakes({ teams: [{ id: "search", costCenter: "cc", budgets }] })).toEqual([
      "teams.0.budgets.0.increases.0.period: the budget holds from 2026-10 on, so there is nothing to increase in 2026-09",
      "teams.0.budgets.0.increases.2.period: another budget holds from 2027-01 on: the increase of 2027-01 belongs to that",
      'teams.0.budgets.3.from: team "search" has two budgets for quarter of compute, gpu from this month',
    ]);
  });

  it("of departments and cost centers need these: a tree without circles, with each team in one place at a time", () => {
    expect(
      mistakes({
        costCenters: [{ id: "cc-9" }, { id: "cc-1" }, { id: "cc-1" }],
        departments: [
          { id: "a", parent: "c" },
          { id: "b", parent: "a" },
          { id: "c", parent: "b" },
          { id: "d", parent: "nowhere" },
          { id: "e", teams: [{ id: "search", to: "2026-06-01" }, { id: "nobody" }] },
          { id: "f", teams: [{ id: "search", from: "2026-06-01" }] },
          { id: "g", costCenters: [{ id: "cc-1", from: "2026-07-01" }, { id: "cc-9" }] },
          { id: "h", teams: [{ id: "ads", from: "2026-07-01", to: "2026-07-01" }] },
        ],
      }),
    ).toEqual([
      'costCenters.2.id: "cc-1" is named twice',
      'costCenters.0.id: no team has the cost center "cc-9"',
      "departments.0.parent: it is above itself: a in c in b in a",
      "departments.1.parent: it is above itself: b in a in c in b",
      "departments.2.parent: it is above itself: c in b in a in c",
      'departments.3.parent: there is no department "nowhere"',
      'departments.4.teams.1.id: there is no team "nobody"',
      'departments.6.costCenters.1.id: no team has the cost center "cc-9"',
      "departments.7.teams.0.to: it must lie after 2026-07-01",
      'departments.6.costCenters.0: team "search" is in "f" at the same time, and would be counted twice',
    ]);
  });
});

const HEADER = BUDGET_COLUMNS.join(",");
const read = (...lines: readonly string[]) =>
  withBudgetsFile(
    config({ departments: [{ id: "ml", teams: [{ id: "ads" }] }] }),
    [HEADER, ...lines].join("\n"),
  );
const problems = (...lines: readonly string[]): string[] =>
  read(...lines).problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);

describe("a file of budgets", () => {
  it("adds budgets to those of the configuration, with increases on lines of their own", () => {
    const {
      config: merged,
      problems: none,
      count,
    } = read(
      "team,search,,2026-11,1200.00,,,,,",
      'Cost Center,cc-2,quarter,2026-10,9000,compute+network,2026-11,500.00,CFO,"fair, in Lisbon"',
      "",
      "cost-center,cc-2,quarter,2026-10,,network compute,2027-01,10,CFO,more of it",
      "department,ml,year,2026-01,90000.50,,,,,",
    );
    expect(none).toEqual([]);
    expect(count).toBe(3);
    expect(checkBudgets(merged)).toEqual([]);
    expect(merged.teams[0]?.budgets).toEqual([{ from: "2026-11", amount: "1200.00" }]);
    expect(merged.costCenters).toEqual([
      {
        id: "cc-2",
        contacts: [],
        budgets: [
          {
            from: "2026-10",
            amount: "9000",
            span: "quarter",
            categories: ["compute", "network"],
            increases: [
              { period: "2026-11", amount: "500.00", by: "CFO", reason: "fair, in Lisbon" },
              { period: "2027-01", amount: "10", by: "CFO", reason: "more of it" },
            ],
          },
        ],
      },
    ]);
    expect(merged.departments[0]?.budgets[0]).toEqual({ from: "2026-01", amount: "90000.50", span: "year" });
  });

  it("may come from a spreadsheet with semicolons, a mark at its beginning and columns left out", () => {
    const text = "\uFEFFOwner;Id;From;Amount\r\nteam;ads;2026-11;1.50\r\n";
    expect(withBudgetsFile(config(), text).config.teams[1]?.budgets).toEqual([
      { from: "2026-11", amount: "1.50" },
    ]);
  });

  it("is refused as a whole, with each mistake and its line", () => {
    expect(
      problems(
        "team,search,,2026-11,1200.00,,,,,",
        "team,nobody,,2026-11,1.00,,,,,",
        "squad,search,,2026-11,1.00,,,,,",
        '"=HYPERLINK(""x"")",@SUM,,2026-11,-5,,,,,',
        "team,ads,quarter,2026-11,1.00,,,,,",
        "team,search,,2026-11,7.00,,,,,",
        "team,ads,,2026-11,,,2026-11,1.00,CFO,why",
        'department,ml,,Nov-26,"1,200.00",,,,,',
        "department,ml,year,2026-01,1.00,gpus,2026-01,x,CFO,why",
        "team,ads,week,2026-11,1.00,,2026-11,,CFO,",
        "team,ads,,2026-11,1.00,,,,,,more",
        "team,serch,,2026-11,12.345,,,,,",
      ),
    ).toEqual([
      '3 id: there is no team "nobody"',
      '4 owner: "squad" is none of team, cost-center, department',
      "5 owner: begins with =, as a formula does: write the value itself",
      "5 id: begins with @, as a formula does: write the value itself",
      "5 amount: begins with -, as a formula does: write the value itself",
      expect.stringContaining("6 from: a quarter goes from 2026-10 to 2026-12"),
      expect.stringContaining("7 from: line 2 has this budget already"),
      expect.stringContaining("8 amount: an amount is missing, and no line above"),
      "9 from: a month such as 2026-11",
      '9 amount: an amount has at most two decimal places and no separators, such as "1200.00"',
      expect.stringContaining("10 categories"),
      expect.stringContaining("10 increase amount: an amount has at most two"),
      "11 increase amount: an increase has a period, an amount, who agreed to it, and why",
      "11 increase reason: an increase has a period, an amount, who agreed to it, and why",
      "12 : it has more cells than the first line has columns",
      "13 amount: an amount has at most two decimal places, not those of 12.345",
      '13 id: there is no team "serch"',
    ]);
    const { config: untouched, problems: found } = read(
      "team,search,,2026-11,1200.00,,,,,",
      "team,nobody,,2026-11,1.00,,,,,",
      "cost-center,cc-7,,2026-11,1.00,,,,,",
      "team,ads,quarter,2026-11,1.00,,,,,",
      "team,search,year,2026-01,1.00,,2026-02,1,CFO,why",
      "team,search,year,2026-01,,,2025-02,1,CFO,why",
    );
    expect(untouched.teams[0]?.budgets).toEqual([]);
    expect(found.map(({ line, path, message }) => `${line} ${path}: ${message}`)).toEqual([
      '3 id: there is no team "nobody"',
      '4 id: no team has the cost center "cc-7"',
      expect.stringContaining("5 from: a quarter goes from 2026-10 to 2026-12"),
      expect.stringContaining("7 increase period: the budget holds from 2026-01 on"),
    ]);
  });

  it("says what it is not: no table of budgets, no CSV, too large", () => {
    const of = (text: string): string => withBudgetsFile(config(), text).problems[0]?.message ?? "";
    expect(of("Team;Budget\nsearch;1")).toContain(
      "the first line lacks owner, id, from, amount; the columns are owner, id",
    );
    expect(of('owner,id,from,amount\nteam,"search,2026-11,1.00')).toContain("this is no CSV");
    expect(of("")).toContain("the first line lacks");
    expect(of("x".repeat(5 * 1024 * 1024))).toBe("the file has more than 4 MiB");
  });
});
