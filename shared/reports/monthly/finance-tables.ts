import type { BillOfMonth } from "@apportion/books/months/read-bill";
import { centsThatFoot } from "@apportion/domain/cents";
import { budgetPercentText, shareTexts } from "@apportion/domain/percent";
import { amountText, centsText, countText, groupedCents, monthText } from "../format.js";
import type { FinanceSummary, TeamRow } from "./compose.js";
import { sumOfCorrections } from "./corrections.js";
import { usedCents } from "./used.js";

/** Rows of finance's tables. Each table ends with a figure that the mail says elsewhere too, and adds up to it as printed. */

/**
 * Budgets are of statements: what is corrected of earlier months was in budgets then. The currency stands above the amounts, which leaves
 * room for them on a phone.
 */
export function teamColumns(summary: FinanceSummary): string[] {
  const { currency } = summary;
  const unsettled = hasUnsettled(summary) ? ["Not settled"] : [];
  return ["Team", `Statement, ${currency}`, ...unsettled, `Budget, ${currency}`, "Used"];
}

/** Budgets are measured without what is not settled; where there is any, it has a column of its own. */
export function hasUnsettled({ teams }: FinanceSummary): boolean {
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
export function invoiceRows({ invoice, ...bill }: BillOfMonth, summary: FinanceSummary): string[][] {
  const { currency, statements, period } = summary;
  const way: [string, bigint][] = [
    ["Invoice, unblended", invoice],
    ["Purchases of savings plans and reservations", -bill.purchases],
    ["Amortisation of them", bill.amortisation],
    ...(bill.discounts === 0n ? [] : [["Discounts", bill.discounts] as [string, bigint]]),
  ];
  const cents = centsThatFoot(way.map(([, picos]) => picos));
  const total = cents.reduce((sum, each) => sum + each, 0n);
  const beside = statements.cents - total;
  return [
    ...way.map(([label], index) => [label, centsText(cents[index] ?? 0n, currency)]),
    ["Bill, net amortised", centsText(total, currency)],
    ["of it commitments that nobody used", amountText(bill.unusedCommitment, currency)],
    ...(beside === 0n ? [] : [["On no bill, or not as the bill has it now", centsText(beside, currency)]]),
    [statementsOf(period), centsText(statements.cents, currency)],
  ];
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

/** What the table says of a team, in words; amounts without the currency, which stands above them. */
export interface TeamCells {
  readonly name: string;
  readonly statement: string;
  /** Of it not settled; absent where everything of all teams is. */
  readonly unsettled?: string;
  readonly budget: string;
  /** `over` where what was used says it only as a percentage. */
  readonly word: "over" | "";
  readonly used: string;
}

export function teamCells(summary: FinanceSummary): TeamCells[] {
  const { teams, thresholdsPercent } = summary;
  const isApart = hasUnsettled(summary);
  return ranked(teams).map((row) => ({
    name: row.team.name,
    statement: groupedCents(row.statement.cents),
    ...(isApart && { unsettled: groupedCents(row.unsettledCents) }),
    budget: row.budgetCents === undefined ? "–" : groupedCents(row.budgetCents),
    word: isOver(row) && row.budgetCents !== 0n ? "over" : "",
    used: usedText(row, thresholdsPercent),
  }));
}

/** As a text mail has them, below `teamColumns`. */
export function teamRows(summary: FinanceSummary): string[][] {
  return teamCells(summary).map(({ name, statement, unsettled, budget, word, used }) => [
    name,
    statement,
    ...(unsettled === undefined ? [] : [unsettled]),
    budget,
    word === "" ? used : `${word} (${used})`,
  ]);
}

/** `Statements of October 2026` */
function statementsOf(period: FinanceSummary["period"]): string {
  return `Statements of ${monthText(period)}`;
}

/** Below the teams: from their sum to the headline, and from that to all that is posted in the month. */
export function totalRows(summary: FinanceSummary): [string, string][] {
  const { statements, corrections, period } = summary;
  const corrected = sumOfCorrections(corrections);
  const totals: [string, bigint][] = [
    ...shares(summary).map(({ label, cents }): [string, bigint] => [label, cents]),
    [statementsOf(period), statements.cents],
    ...(corrections.length === 0
      ? []
      : ([
          ["Corrections of earlier months", corrected],
          [`Charged in ${monthText(period)}`, statements.cents + corrected],
        ] as [string, bigint][])),
  ];
  return totals.map(([label, cents]) => [label, groupedCents(cents)]);
}
