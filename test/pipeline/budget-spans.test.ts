import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordTeams } from "@apportion/allocator/activate-rules";
import { costsOfLine } from "@apportion/books/budgets/counted-months";
import { budgetedSpans, budgetLines } from "@apportion/books/budgets/lines";
import { countedReader } from "@apportion/books/budgets/read-counted";
import { budgetLinesOfClose } from "@apportion/books/budgets/recorded-lines";
import { readBudgetStandings } from "@apportion/books/budgets/standing";
import { sumOf } from "@apportion/books/months/month";
import { formatPicos } from "@apportion/domain/money";
import { parseBillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { runs } from "./october.js";
import {
  billReading,
  costReading,
  cpu,
  openTestPlatform,
  publishAll,
  registryWith,
  type TestPlatform,
} from "./platform.js";

const month = parseBillingPeriod;
let test: TestPlatform;
beforeAll(async () => {
  test = await openTestPlatform();
});
afterAll(() => test.close());

const team = (id: string, others: object = {}) => ({
  id,
  costCenter: id === "a" ? "RND/1 @x:y" : "cc",
  ...others,
});
const registry = registryWith({
  fiscalYearFirstMonth: 11,
  teams: [
    team("a", {
      budgets: [
        {
          from: "2026-10",
          amount: "100.00",
          increases: [{ period: "2026-11", amount: "20.50", by: "CFO", reason: "fair" }],
        },
        { from: "2026-11", amount: "40.00", span: "quarter", categories: ["gpu", "cpu"] },
      ],
    }),
    team("b"),
  ] as never,
  costCenters: [{ id: "RND/1 @x:y", budgets: [{ from: month("2025-11"), amount: "300.00", span: "year" }] }],
  departments: [
    { id: "all", budgets: [{ from: month("2026-11"), amount: "60.00" }] },
    { id: "part", parent: "all", teams: [{ id: "a" }, { id: "b", from: "2026-11-21" }] },
  ],
  clusters: [{ id: "two", account: "none" }],
});

const costsOf = (day: string) => [
  costReading(day, [
    cpu("7", { namespace: "team-a" }),
    cpu("3", { namespace: "platform-shared", controller: "mlflow" }),
  ]),
  costReading(day, [cpu("5", { cluster: "two", namespace: "team-b" })], "two"),
];

/** What alerts go by, in the order of the view. */
async function ruled(of: Registry): Promise<string[][]> {
  const lines = budgetLines(of);
  const months = [month("2026-10"), month("2026-11")];
  const read = countedReader(test.clickhouse, lines, of);
  await read(months.slice(1));
  const counted = await read(months);
  expect((await read(months))[1]).toBe(counted[1]); // nothing changed, so nothing is read again
  const rows = budgetedSpans(lines, months, of).map(({ line, months: ofSpan, budget }) => {
    const costs = costsOfLine(
      counted.filter(({ period }) => ofSpan.includes(period)),
      line.key,
    );
    const [spent, all] = [costs.counted, costs.all].map(sumOf) as [bigint, bigint];
    return [
      line.owner.kind,
      line.owner.id,
      ofSpan[0],
      ofSpan.at(-1) ?? "",
      line.categories.join("+"),
      budget.amount,
    ].concat([spent, all - spent].map(formatPicos));
  });
  return rows.toSorted((a, b) => (a.join() < b.join() ? -1 : 1));
}

describe("the view budget_spans", () => {
  it("has the figures of alerts: of spans of another fiscal year, of categories, of a tree, with what is not settled beside", async () => {
    await publishAll(
      test.log,
      [
        ...costsOf("2026-10-30"),
        runs("2026-10-30", { a: 2, b: 1 }),
        billReading("2026-10-30", "12"),
        ...costsOf("2026-11-20"),
        runs("2026-11-20", { a: 2, b: 1 }),
        billReading("2026-11-20", "9"),
        ...costsOf("2026-11-21"), // MLflow's runs are missing
        billReading("2026-11-21", "9"),
      ],
      "2026-11-24T06:00:00Z",
    );
    await test.settle({ now: "2026-11-24T07:00:00Z", registry });
    const view = await test.rows(
      `SELECT owner_kind, owner_id, first_month, last_month, categories, toString(toFloat64(budget)) AS b, toString(spent) AS s, toString(not_settled) AS n
       FROM budget_spans ORDER BY owner_kind, owner_id, first_month, categories`,
    );
    const rule = await ruled(registry);
    expect(view.map((row) => Object.values(row).map(String))).toEqual(
      rule.map((row) => row.map((each) => each.replace(".00", ""))),
    );
    expect(rule.map((row) => row.slice(0, 6))).toEqual([
      ["cost-center", "RND/1 @x:y", "2025-11", "2026-10", "", "300.00"],
      ["cost-center", "RND/1 @x:y", "2026-11", "2027-10", "", "300.00"],
      ["department", "all", "2026-11", "2026-11", "", "60.00"],
      ["team", "a", "2026-11", "2027-01", "cpu+gpu", "40.00"],
    ]);
    expect(rule.map((row) => row.slice(6))).toEqual([
      ["10.8", "0"],
      ["14.4", "1.8"],
      ["19.4", "2.7"],
      ["14", "0"],
    ]);
  });

  it("leaves to budgets_in_force those of teams for whole months, with what one month got once", async () => {
    const rows = await test.rows(
      "SELECT billing_period, team_id, toString(budget) AS budget FROM budgets_in_force ORDER BY 1, 2",
    );
    expect(rows.map((row) => Object.values(row))).toEqual([
      ["2026-10", "a", "100"],
      ["2026-10", "b", null],
      ["2026-11", "a", "120.5"],
      ["2026-11", "b", null],
    ]);
  });
});

it("of a closed month are what they were when it was closed, whatever is configured since", async () => {
  const closed = month("2026-11");
  await test.clickhouse.insert({
    table: "journals",
    values: [
      {
        seq: "1",
        journal_id: "x",
        kind: "statement",
        billing_period: closed,
        posted_at: "2026-11-25 00:00:00",
      },
    ],
    format: "JSONEachRow",
  });
  const { teams } = registry;
  const later = {
    ...registry,
    departments: [],
    teams: teams.map((each) => ({ ...each, budgets: each.budgets.map((of) => ({ ...of, amount: "1.00" })) })),
  };
  await recordTeams(test.clickhouse, later, new Date("2026-11-26T07:00:00Z"));
  const said = ({
    key,
    owner,
    counts,
    members,
    budgets,
  }: ReturnType<typeof budgetLines>[number]): unknown => [
    key,
    owner.name,
    [...counts],
    members,
    budgets.map(({ from, amount, increases = [] }) => ({ from, amount, increases })),
  ];
  const { lines, fiscalYearFirstMonth } = await budgetLinesOfClose(test.clickhouse, closed);
  expect([fiscalYearFirstMonth, lines.map(said)]).toEqual([11, budgetLines(registry).map(said)]);
  const standings = await readBudgetStandings(
    countedReader(test.clickhouse, lines, registry),
    { ...registry, fiscalYearFirstMonth },
    lines,
    closed,
  );
  expect(standings.map(({ line, budget }) => [line.owner.id, budget.amount])).toEqual([
    ["a", "40.00"],
    ["RND/1 @x:y", "300.00"],
    ["all", "60.00"],
  ]);
});
