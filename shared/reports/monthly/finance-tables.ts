import type { BillOfMonth } from "@apportion/books/months/read-bill";
import { centsThatFoot } from "@apportion/domain/cents";
import { budgetPercentText, shareTexts } from "@apportion/domain/percent";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import type { Table, TotalRow } from "../document/document.js";
import { countText, monthText } from "../format.js";
import type { FinanceSummary, TeamRow } from "./compose.js";
import { correctionsTitle, sumOfCorrections } from "./corrections.js";
import { usedCents } from "./used.js";

/** Rows of finance's tables. Each table ends with a figure that the mail says elsewhere too, and adds up to it as printed. */

/** Budgets are measured without what is not settled; where there is any, it has a column of its own. */
function hasUnsettled({ teams }: FinanceSummary): boolean {
  return teams.some(({ unsettledCents }) => unsettledCents !== 0n);
}

export function isOver(row: TeamRow): boolean {
  return row.budgetCents !== undefined && usedCents(row) > row.budgetCents;
}

/** Within its budget by what is settled, and beyond it with the rest. */
export function isOverWithTheRest(row: TeamRow): boolean {
  return row.budgetCents !== undefined && !isOver(row) && row.statement.cents > row.budgetCents;
}

/** The ones that need a look first: by how much of the budget is used, then by amount. */
export function ranked(teams: readonly TeamRow[]): TeamRow[] {
  return teams.toSorted((a, b) => {
    const left = usedCents(a) * (b.budgetCents ?? 0n);
    const right = usedCents(b) * (a.budgetCents ?? 0n);
    if (isOver(a) !== isOver(b)) return isOver(a) ? -1 : 1;
    if (isOver(a) && left !== right) return left > right ? -1 : 1;
    if (a.statement.cents !== b.statement.cents) return a.statement.cents > b.statement.cents ? -1 : 1;
    return a.team.id < b.team.id ? -1 : 1;
  });
}

function usedText(row: TeamRow, thresholdsPercent: readonly number[]): string {
  const { budgetCents } = row;
  if (budgetCents === undefined) return "no budget";
  if (budgetCents === 0n) return isOver(row) ? "over" : "within";
  return budgetPercentText(usedCents(row), budgetCents, thresholdsPercent);
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

export function shares(summary: FinanceSummary): { label: string; cents: bigint; share: string }[] {
  const { statements } = summary;
  const teams = statements.teams.reduce((sum, statement) => sum + statement.cents, 0n);
  const rows = [
    { label: countText(statements.teams.length, "team"), cents: teams },
    { label: "Idle capacity", cents: statements.idle.cents },
    ...(summary.corporate.length === 0
      ? []
      : [{ label: "Tax, support, credits and fees", cents: statements.corporate.cents }]),
    { label: "Unallocated", cents: statements.unallocated.cents },
  ];
  const texts = shareTexts(
    rows.map(({ cents }) => cents),
    statements.cents,
  );
  return rows.map((row, index) => ({ ...row, share: texts[index] ?? "" }));
}

/**
 * Every team against its budget, and from their sum to all that is posted in the month. Budgets are of statements: what is corrected of earlier
 * months was in budgets then.
 */
export function teamTable(summary: FinanceSummary): Table {
  const { teams, thresholdsPercent } = summary;
  const isApart = hasUnsettled(summary);
  return {
    kind: "table",
    columns: [
      { head: "Team", of: "text" },
      { head: "Statement", of: "amount" },
      ...(isApart ? [{ head: "not settled", of: "amount", under: true } as const] : []),
      { head: "Budget", of: "amount" },
      { head: "Used", of: "percent" },
      { head: "", of: "text", under: true },
    ],
    rows: ranked(teams).map((row) => ({
      cells: [
        row.team.name,
        { cents: row.statement.cents },
        ...(isApart ? [{ cents: row.unsettledCents }] : []),
        row.budgetCents === undefined ? undefined : { cents: row.budgetCents },
        usedText(row, thresholdsPercent),
        isOver(row) && row.budgetCents !== 0n ? "over" : "",
      ],
      ...(isOver(row) && { tone: "danger" as const }),
    })),
    totals: totals(summary).map(({ label, cents, adds }) => ({
      cells: [label, { cents }, ...(isApart ? [""] : []), "", "", ""],
      ...(adds && { adds }),
    })),
  };
}

/** `Statements of October 2026` */
function statementsOf(period: FinanceSummary["period"]): string {
  return `Statements of ${monthText(period)}`;
}

/** Below the teams: from their sum to the headline, and from that to all that is posted in the month. */
function totals(
  summary: FinanceSummary,
): { readonly label: string; readonly cents: bigint; readonly adds?: TotalRow["adds"] }[] {
  const { statements, corrections, period } = summary;
  const corrected = sumOfCorrections(corrections);
  const parts = shares(summary);
  return [
    ...parts.map((part, at) => ({ ...part, ...(at === 0 && { adds: "rows" as const }) })),
    { label: statementsOf(period), cents: statements.cents, adds: parts.map((_, at) => at) },
    ...(corrections.length === 0
      ? []
      : [
          { label: correctionsTitle(corrections), cents: corrected },
          {
            label: `Charged in ${monthText(period)}`,
            cents: statements.cents + corrected,
            adds: [parts.length, parts.length + 1],
          },
        ]),
  ];
}
