import type { BillOfMonth } from "@apportion/books/months/read-bill";
import { centsThatFoot, sumOfCents } from "@apportion/domain/cents";
import { budgetPercentText, shareTexts } from "@apportion/domain/percent";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { changePercent } from "../compare/words.js";
import type { Block, Cell, Column, Table, TotalRow } from "../document/document.js";
import { quiet } from "../document/blocks.js";
import { countText, monthText } from "../format.js";
import { lengthsOf } from "./comparison.js";
import type { FinanceSummary } from "./compose.js";
import type { TeamRow } from "./team-row.js";
import { correctionsTitle } from "./corrections.js";
import { sameDaysText } from "./sentences.js";
import { usedCents } from "./used.js";
import { type Variance, varianceOf } from "./variance.js";

/** Rows of finance's tables. Each table ends with a figure that the mail says elsewhere too, and adds up to it as printed. */

/** Budgets are measured without what is not settled; where there is any, it has a column of its own. */
function hasUnsettled({ teams }: FinanceSummary): boolean {
  return teams.some(({ unsettledCents }) => unsettledCents !== 0n);
}

export function isOver(row: Budgeted): boolean {
  return row.budgetCents !== undefined && usedCents(row) > row.budgetCents;
}

/** Within its budget by what is settled, and beyond it with the rest. */
export function isOverWithTheRest(row: TeamRow): boolean {
  return row.budgetCents !== undefined && !isOver(row) && row.statement.cents > row.budgetCents;
}

type Budgeted = Omit<TeamRow, "compared">;

/** The ones that need a look first: by how much of the budget is used, then by amount. */
export function ranked<Row extends Budgeted>(teams: readonly Row[]): Row[] {
  return teams.toSorted((a, b) => {
    const left = usedCents(a) * (b.budgetCents ?? 0n);
    const right = usedCents(b) * (a.budgetCents ?? 0n);
    if (isOver(a) !== isOver(b)) return isOver(a) ? -1 : 1;
    if (isOver(a) && left !== right) return left > right ? -1 : 1;
    if (a.statement.cents !== b.statement.cents) return a.statement.cents > b.statement.cents ? -1 : 1;
    return a.team.id < b.team.id ? -1 : 1;
  });
}

export function usedText(
  { cents, usedCents: used }: NonNullable<Variance["budget"]>,
  thresholdsPercent: readonly number[],
): string {
  if (cents === 0n) return used > 0n ? "over" : "within";
  return budgetPercentText(used, cents, thresholdsPercent);
}

/**
 * From the invoice to the statements: rounded together, so that the rows add up as printed, and end with the headline. What is in the
 * statements and not in the bill is of clusters that are on none, or of a bill that was read again.
 */
export function invoiceTable({ invoice, ...bill }: BillOfMonth, { statements, period }: FinanceSummary): Table {
  const way: [string, bigint][] = [
    ["Invoice, unblended", invoice],
    ["Purchases of savings plans and reservations", -bill.purchases],
    ["Amortisation of them", bill.amortisation],
    ...(bill.discounts === 0n ? [] : [["Discounts", bill.discounts] as [string, bigint]]),
  ];
  const cents = centsThatFoot(way.map(([, picos]) => picos));
  const total = cents.reduce((sum, each) => sum + each, 0n);
  const beside = statements.cents - total;
  const unused = roundedDivision(bill.unusedCommitment, PICOS_PER_CENT);
  return {
    kind: "table",
    columns: [
      { head: "What", of: "text" },
      { head: "Amount", of: "amount" },
    ],
    rows: way.map(([label], index) => ({ cells: [label, { cents: cents[index] ?? 0n }] })),
    totals: [
      { cells: ["Bill, net amortised", { cents: total }], adds: "rows" },
      { cells: ["of it commitments that nobody used", { cents: unused }] },
      ...(beside === 0n ? [] : [{ cells: ["On no bill, or not as the bill has it now", { cents: beside }] }]),
      { cells: [statementsOf(period), { cents: statements.cents }], adds: beside === 0n ? [0] : [0, 2] },
    ],
  };
}

interface Share {
  readonly label: string;
  readonly kind: "teams" | "idle" | "corporate" | "unallocated";
  readonly cents: bigint;
  readonly share: string;
}

/** Where the month went. What is the company's has a row where there is some, in this month or in the one before. */
export function shares({ statements, corporate, beside }: FinanceSummary): Share[] {
  const teams = statements.teams.reduce((sum, statement) => sum + statement.cents, 0n);
  const isCompanys = corporate.length > 0 || (beside.corporate?.before ?? 0n) !== 0n;
  const rows = [
    { label: countText(statements.teams.length, "team"), kind: "teams", cents: teams },
    { label: "Idle capacity", kind: "idle", cents: statements.idle.cents },
    ...(isCompanys
      ? ([
          { label: "Tax, support, credits and fees", kind: "corporate", cents: statements.corporate.cents },
        ] as const)
      : []),
    { label: "Unallocated", kind: "unallocated", cents: statements.unallocated.cents },
  ] as const;
  const texts = shareTexts(
    rows.map(({ cents }) => cents),
    statements.cents,
  );
  return rows.map((row, index) => ({ ...row, share: texts[index] ?? "" }));
}

/** How variances are read, where that needs saying: the currency stands in the heads of the columns. */
export function varianceNotes({
  comparison,
  period,
}: Pick<FinanceSummary, "comparison" | "period">): Block[] {
  const budgets = "Against budget: over (+) or left (-), and how much of it is used, without what is not settled.";
  if (comparison.kind === "none") return [quiet(budgets)];
  const lengths = lengthsOf(comparison);
  const change = comparison.isWhole
    ? `Change: against the whole of ${monthText(comparison.period)}${lengths ? `, ${countText(lengths[0], "day")} against ${lengths[1]}` : ""}.`
    : `Change: ${monthText(period)} against ${sameDaysText(comparison)}.`;
  return [quiet(`${change} ${budgets}`)];
}

/** What the tables of variances have beside a name. */
function varianceColumns(summary: FinanceSummary): Column[] {
  return [
    { head: "Statement", of: "amount" },
    ...(hasUnsettled(summary) ? [{ head: "not settled", of: "amount", under: true } as const] : []),
    ...(summary.comparison.kind === "none"
      ? []
      : ([
          { head: "Change", of: "amount" },
          { head: "in percent", of: "percent", under: true },
        ] as const)),
    { head: "Against budget", of: "amount" },
    { head: "used", of: "percent", under: true },
  ];
}

function varianceCells(
  variance: Pick<Variance, "cents" | "compared"> & Partial<Variance>,
  summary: FinanceSummary,
): Cell[] {
  const { cents, unsettledCents, compared, budget } = variance;
  const change = compared && compared.cents - compared.before;
  return [
    { cents },
    ...(hasUnsettled(summary) ? [unsettledCents === undefined ? undefined : { cents: unsettledCents }] : []),
    ...(summary.comparison.kind === "none"
      ? []
      : [
          change === undefined ? undefined : ({ cents: change, signed: true } as const),
          compared && change !== undefined ? changePercent(change, compared.before) : undefined,
        ]),
    budget && { cents: budget.usedCents - budget.cents, signed: true },
    budget && usedText(budget, summary.thresholdsPercent),
  ];
}

/** Every team beside the month before and its budget, and from their sum to all that is posted in the month. Budgets are of statements. */
export function teamTable(summary: FinanceSummary): Table {
  return {
    kind: "table",
    columns: [
      { head: "Team", of: "text" },
      { head: "cost centre", of: "text", under: true },
      ...varianceColumns(summary),
    ],
    rows: ranked(summary.teams).map((row) => ({
      cells: [row.team.name, row.team.costCenter, ...varianceCells(varianceOf(row), summary)],
      ...(isOver(row) && { tone: "danger" as const }),
    })),
    totals: totals(summary).map(({ label, variance, adds }) => ({
      cells: [label, "", ...varianceCells(variance, summary)],
      ...(adds && { adds }),
    })),
  };
}

/** Every cost centre likewise; of its budget the teams that have one. */
export function costCentreTable(summary: FinanceSummary): Table {
  return {
    kind: "table",
    columns: [
      { head: "Cost centre", of: "text" },
      { head: "teams", of: "text", under: true },
      ...varianceColumns(summary),
    ],
    rows: summary.costCentres.map((centre) => ({
      cells: [
        centre.costCentre || "None configured",
        countText(centre.teams, "team"),
        ...varianceCells(centre, summary),
      ],
    })),
    totals: [{ cells: ["All teams", "", ...varianceCells(summary.teamsTotal, summary)], adds: "rows" }],
  };
}

/** `Statements of October 2026` */
function statementsOf(period: FinanceSummary["period"]): string {
  return `Statements of ${monthText(period)}`;
}

/** Below the teams: from their sum to the headline, and from that to all that is posted in the month. */
function totals(summary: FinanceSummary): {
  readonly label: string;
  readonly variance: Parameters<typeof varianceCells>[0];
  readonly adds?: TotalRow["adds"];
}[] {
  const { statements, corrections, period, comparison, beside, teamsTotal } = summary;
  const corrected = sumOfCents(corrections);
  const { cents } = statements;
  const parts = shares(summary).map(({ label, kind, cents: own }) => ({
    label,
    variance: kind === "teams" ? teamsTotal : { cents: own, compared: beside[kind] },
  }));
  const whole = comparison.kind === "none" ? undefined : comparison;
  return [
    ...parts.map((part, at) => ({ ...part, ...(at === 0 && { adds: "rows" as const }) })),
    {
      label: statementsOf(period),
      variance: { cents, compared: whole },
      adds: parts.map((_, at) => at),
    },
    ...(corrections.length === 0
      ? []
      : [
          { label: correctionsTitle(corrections), variance: { cents: corrected, compared: undefined } },
          {
            label: `Charged in ${monthText(period)}`,
            variance: { cents: cents + corrected, compared: undefined },
            adds: [parts.length, parts.length + 1],
          },
        ]),
  ];
}
