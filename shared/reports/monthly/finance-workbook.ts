import { sumOfCents } from "@apportion/domain/cents";
import { chargedBy, type Journal } from "@apportion/books/ledger/journal";
import { type Category, CATEGORIES, categoryName } from "@apportion/domain/category";
import { percentText } from "@apportion/domain/percent";
import type { Statement, StatementLine } from "@apportion/domain/statement";
import { lineName } from "@apportion/domain/wording";
import type { Column, Row, Table } from "../document/document.js";
import { monthText } from "../format.js";
import { oneSheetOf, renderWorkbook, type Sheet, type SheetTable } from "../workbook/workbook.js";
import type { FinanceSummary, MonthReports, TeamReport } from "./compose.js";
import { financeDocument } from "./finance-report.js";
import { partName } from "./pool-table.js";
import { invoiceTable, usedText } from "./finance-tables.js";
import { sumOfVariances, type Variance, varianceOf } from "./variance.js";
import { otherBudgetTable } from "./budget-table.js";
import type { PoolPart } from "./pool-parts.js";
import { aboutOf } from "./team-workbook.js";

/**
 * The month for finance as one workbook: what its report says, and everything behind it.
 * @param journals those that were posted into the month, in their order
 */
export function renderFinanceWorkbook(
  { finance, teams }: MonthReports,
  journals: readonly Journal[],
  date: Date,
): Buffer {
  const document = financeDocument(finance);
  const { idle, corporate, unallocated } = finance.statements;
  return renderWorkbook(aboutOf(document.title, finance, date, [["For", "Finance"]]), [
    oneSheetOf(document, "Summary"),
    sheet("Team by category", matrix(finance)),
    sheet("Cost centres", costCentres(finance)),
    sheet("Shared costs", sharedCosts(teams)),
    sheet("Idle", parts(finance.idle, idle)),
    ...(finance.corporate.length === 0 ? [] : [sheet("Company", parts(finance.corporate, corporate))]),
    sheet("Unallocated", parts(finance.unallocated, unallocated)),
    sheet("Reconciliation", reconciliation(finance)),
    ...(finance.bill ? [sheet("Invoice to statements", invoiceTable(finance.bill, finance))] : []),
    sheet("Corrections", corrections(finance)),
    sheet("Journal", journal(journals)),
    budgets(finance),
  ]);
}

function sheet(title: string, table: SheetTable): Sheet {
  return { title, says: [], tables: [table] };
}

interface Owner {
  readonly name: string;
  readonly costCenter: string;
  readonly statement: Statement;
}

function ownersOf({ teams, statements }: FinanceSummary): Owner[] {
  const nobody = (name: string, statement: Statement): Owner => ({ name, costCenter: "", statement });
  return [
    ...teams.map(({ team, statement }) => ({ name: team.name, costCenter: team.costCenter, statement })),
    nobody("Idle capacity", statements.idle),
    ...(statements.corporate.cents === 0n ? [] : [nobody("Tax, support, credits and fees", statements.corporate)]),
    nobody("Unallocated", statements.unallocated),
  ];
}

function sumOf(lines: readonly StatementLine[], isMeant: (line: StatementLine) => boolean): bigint {
  return sumOfCents(lines.filter(isMeant));
}

/** Each row and each column adds up, and so does the whole. */
function matrix(finance: FinanceSummary): SheetTable {
  const owners = ownersOf(finance);
  const inUse = (category: Category): boolean =>
    owners.some(({ statement }) => statement.lines.some((line) => line.category === category));
  const categories = CATEGORIES.filter(inUse);
  const row = (name: string, costCenter: string, lines: readonly StatementLine[]): Row["cells"] => [
    name,
    costCenter,
    ...categories.map((category) => ({ cents: sumOf(lines, (line) => line.category === category) })),
    { cents: sumOf(lines, () => true) },
  ];
  const all = owners.flatMap(({ statement }) => statement.lines);
  return {
    kind: "table",
    columns: [
      { head: "Team", of: "text" },
      { head: "Cost centre", of: "text" },
      ...categories.map((category): Column => ({ head: categoryName(category), of: "amount" })),
      { head: "Total", of: "amount" },
    ],
    rows: owners.map(({ name, costCenter, statement }) => ({ cells: row(name, costCenter, statement.lines) })),
    totals: [{ cells: row(`Statements of ${monthText(finance.period)}`, "", all), adds: "rows" }],
    across: 2 + categories.length,
  };
}

function costCentres(finance: FinanceSummary): SheetTable {
  const owners = ownersOf(finance);
  const centres = [...new Set(owners.map(({ costCenter }) => costCenter))].toSorted();
  const ofCorrections = (costCenter: string): bigint =>
    sumOfCents(finance.corrections.filter((each) => each.costCenter === costCenter));
  const charged = [...new Set([...centres, ...finance.corrections.map(({ costCenter }) => costCenter)])];
  const rows = charged.map((centre) => {
    const own = owners.filter(({ costCenter }) => costCenter === centre);
    const statements = own.reduce((sum, { statement }) => sum + statement.cents, 0n);
    const corrected = ofCorrections(centre);
    const names = own.map(({ name }) => name).join(", ");
    return [centre === "" ? "none" : centre, names, statements, corrected, statements + corrected] as const;
  });
  const column = (place: 2 | 3 | 4): { cents: bigint } => ({ cents: rows.reduce((sum, row) => sum + row[place], 0n) });
  return {
    kind: "table",
    columns: [
      { head: "Cost centre", of: "text" },
      { head: "Of", of: "text" },
      { head: "Statements", of: "amount" },
      { head: "Corrections and adjustments", of: "amount" },
      { head: "Charged", of: "amount" },
    ],
    rows: rows.map(([centre, names, statements, corrected, total]) => ({
      cells: [centre, names, { cents: statements }, { cents: corrected }, { cents: total }],
    })),
    totals: [{ cells: ["Total", "", column(2), column(3), column(4)], adds: "rows" }],
    across: 4,
  };
}

/** Of each pool who takes how much of it, and by what. */
function sharedCosts(teams: readonly TeamReport[]): SheetTable {
  const taken = teams.flatMap(({ team, shared }) => shared.map((share) => ({ team: team.name, ...share })));
  const pools = new Map<string, bigint>();
  for (const { name, cents } of taken) pools.set(name, (pools.get(name) ?? 0n) + cents);
  const inOrder = taken.toSorted((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1));
  return {
    kind: "table",
    columns: [
      { head: "Service", of: "text" },
      { head: "Team", of: "text" },
      { head: "Share of what teams take", of: "percent" },
      { head: "Driver and ratio", of: "text" },
      { head: "Amount", of: "amount" },
    ],
    rows: inOrder.map(({ name, team, cents, explanation }) => ({
      cells: [name, team, percentText(cents, pools.get(name) ?? 0n), explanation, { cents }],
    })),
    totals: [
      {
        cells: ["Total", "", "", "", { cents: sumOfCents(taken) }],
        adds: "rows",
      },
    ],
  };
}

/** All of them: the report sums those that are small. */
function parts(all: readonly PoolPart[], statement: Statement): SheetTable {
  return {
    kind: "table",
    columns: [
      { head: "Where, and why", of: "text" },
      { head: "Cluster", of: "text" },
      { head: "Reason", of: "text" },
      { head: "Amount", of: "amount" },
    ],
    rows: all.map((part) => ({ cells: [partName(part), part.cluster, part.reason, { cents: part.cents }] })),
    totals: [{ cells: ["Total", "", "", { cents: statement.cents }], adds: "rows" }],
  };
}

/** What the month is made of, to the headline; beside it what is posted. */
function reconciliation(finance: FinanceSummary): Table {
  const { statements, status, period } = finance;
  const owners = ownersOf(finance);
  const posted = status.kind === "final" ? status.posted.charged : undefined;
  const teams = sumOfCents(statements.teams);
  const rows: readonly (readonly [name: string, cents: bigint])[] = [
    ["Teams", teams],
    ...owners.slice(finance.teams.length).map(({ name, statement }) => [name, statement.cents] as const),
  ];
  const sum = posted && [...posted.values()].reduce((total, cents) => total + cents, 0n);
  return {
    kind: "table",
    columns: [
      { head: "What", of: "text" },
      { head: "Amount", of: "amount" },
    ],
    rows: rows.map(([name, cents]) => ({ cells: [name, { cents }] })),
    totals: [
      { cells: [`Statements of ${monthText(period)}`, { cents: statements.cents }], adds: "rows" },
      { cells: ["Posted in the ledger", sum === undefined ? undefined : { cents: sum }] },
    ],
  };
}

/** What is posted beside the statements, of which kind, and why where two people moved it. */
function corrections(finance: FinanceSummary): SheetTable {
  return {
    kind: "table",
    columns: [
      { head: "Month", of: "text" },
      { head: "Kind", of: "text" },
      { head: "Whose", of: "text" },
      { head: "Cost centre", of: "text" },
      { head: "What", of: "text" },
      { head: "Why", of: "text" },
      { head: "Amount", of: "amount" },
    ],
    rows: finance.corrections.map((each) => {
      const team = finance.registry.teams.find(({ id }) => id === each.teamId);
      const whose = each.ownerKind === "team" ? (team?.name ?? each.teamId) : each.ownerKind;
      const what = lineName(each, finance.registry);
      const cents = { cents: each.cents };
      return {
        cells: [monthText(each.correctsPeriod), each.kind, whose, each.costCenter, what, each.reason, cents],
      };
    }),
    totals: [
      {
        cells: ["Total", "", "", "", "", "", { cents: sumOfCents(finance.corrections) }],
        adds: "rows",
      },
    ],
  };
}

/** Entries as they were posted; debits and credits are the same sum. */
function journal(journals: readonly Journal[]): SheetTable {
  const entries = journals.flatMap((each) => each.entries.map((entry) => ({ each, entry })));
  const charged = journals.reduce((sum, each) => sum + chargedBy(each), 0n);
  const debits = entries.reduce((sum, { entry }) => (entry.cents > 0n ? sum + entry.cents : sum), 0n);
  const credits = entries.reduce((sum, { entry }) => (entry.cents < 0n ? sum - entry.cents : sum), 0n);
  return {
    kind: "table",
    columns: [
      { head: "Number", of: "text" },
      { head: "Kind", of: "text" },
      { head: "Account", of: "text" },
      { head: "Team", of: "text" },
      { head: "Cost centre", of: "text" },
      { head: "What", of: "text" },
      { head: "Pool", of: "text" },
      { head: "Debit", of: "amount" },
      { head: "Credit", of: "amount" },
    ],
    rows: entries.map(({ each, entry }) => ({
      cells: [
        String(each.seq),
        each.kind,
        entry.account,
        entry.teamId,
        entry.costCenter,
        entry.category === "" ? entry.source : categoryName(entry.category),
        entry.pool,
        entry.cents > 0n ? { cents: entry.cents } : undefined,
        entry.cents < 0n ? { cents: -entry.cents } : undefined,
      ],
    })),
    totals: [
      { cells: ["Total", "", "", "", "", "", "", { cents: debits }, { cents: credits }], adds: "rows" },
      { cells: ["Charged by these journals", "", "", "", "", "", "", { cents: charged }, undefined] },
    ],
  };
}

/** Measured as in the report: by what is settled, and what is not beside it. */
function budgets(finance: FinanceSummary): Sheet {
  const { teams, otherBudgets } = finance;
  const withBudget = teams.filter(({ budgetCents }) => budgetCents !== undefined);
  const without = teams.filter(({ budgetCents }) => budgetCents === undefined).map(({ team }) => team.name);
  const cells = (name: string, { cents, unsettledCents, budget }: Variance): Row["cells"] => [
    name,
    { cents },
    { cents: unsettledCents },
    budget && { cents: budget.usedCents },
    budget && { cents: budget.cents },
    budget && { cents: budget.usedCents - budget.cents, signed: true },
    budget && usedText(budget, finance.thresholdsPercent),
  ];
  const rows = withBudget.map((row) => ({ name: row.team.name, variance: varianceOf(row) }));
  return {
    title: "Budgets",
    says: [
      "Against budget: over (+) or left (-), by what is settled.",
      ...(without.length === 0 ? [] : [`Without a budget for the month: ${without.join(", ")}.`]),
    ],
    tables: [
      {
        kind: "table",
        columns: [
          { head: "Team", of: "text" },
          { head: "Statement", of: "amount" },
          { head: "Not settled", of: "amount" },
          { head: "Settled", of: "amount" },
          { head: "Budget", of: "amount" },
          { head: "Against budget", of: "amount" },
          { head: "Used", of: "percent" },
        ],
        rows: rows.map(({ name, variance }) => ({ cells: cells(name, variance) })),
        totals: [
          {
            cells: cells("Teams with a budget", sumOfVariances(rows.map(({ variance }) => variance))),
            adds: "rows",
          },
        ],
      },
      ...(otherBudgets.length === 0 ? [] : [{ ...otherBudgetTable(otherBudgets, finance), caption: "Other budgets" }]),
    ],
  };
}
