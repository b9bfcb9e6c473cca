import { formatPicos } from "@apportion/domain/money";
import { shareTexts } from "@apportion/domain/percent";
import type { Statement } from "@apportion/domain/statement";
import type { Block, Document, Table } from "../document/document.js";
import { quiet, paragraph, section, strong } from "../document/blocks.js";
import { renderDocument } from "../document/mail.js";
import { amountText, centsText, countText, monthText } from "../format.js";
import type { RenderedMail } from "../mail/mail.js";
import type { FinanceSummary } from "./compose.js";
import type { TeamRow } from "./team-row.js";
import { chargedText, correctedLaterText, correctedMonthTable, correctionsTitle } from "./corrections.js";
import { fileSentence, financeFile } from "./files.js";
import { isOverspent, nameOf, otherBudgets } from "./budget-table.js";
import { cfoPage } from "./cfo-page.js";
import {
  costCentreTable,
  invoiceTable,
  isOver,
  isOverWithTheRest,
  ranked,
  shares,
  teamTable,
  varianceNotes,
} from "./finance-tables.js";
import type { PoolStep } from "./next-step.js";
import type { PoolPart } from "./pool-parts.js";
import { poolTable } from "./pool-table.js";
import { changeSentence, statusSentence } from "./sentences.js";

/** The month for finance, as a mail and as a file. */
export function renderFinanceSummary(summary: FinanceSummary): RenderedMail {
  return renderDocument(financeDocument(summary), financeFile(summary));
}

/** Every team, the pools that nobody owes, and the proof that it adds up. */
export function financeDocument(summary: FinanceSummary): Document {
  const { currency, period, statements, idle, corporate, unallocated } = summary;
  const total = statements.cents;
  return {
    title: `Chargeback ${monthText(period)}: ${centsText(total, currency)}, ${summary.teams.filter(isOver).length} over budget${summary.status.kind === "provisional" ? " (provisional)" : ""}`,
    preheader: `${overSentence(summary)} ${attributionSentence(summary)}`,
    kicker: "Chargeback summary for finance",
    heading: monthText(period),
    currency,
    blocks: [
      { kind: "figure", amount: centsText(total, currency), beside: `statements of ${monthText(period)}` },
      ...chargedText(total, summary).map(strong),
      {
        kind: "note",
        tone: isAnyOver(summary) ? "warning" : "calm",
        lines: [overSentence(summary), changeSentence(summary), attributionSentence(summary)],
      },
      ...(isBalanced(summary) ? [] : [proof(summary)]),
      quiet(statusSentence(summary)),
      ...correctedLaterText(summary).map(strong),
      ...cfoPage(summary),
      section("Where it went", whereItWent(summary)),
      ...costCentres(summary),
      section("Teams", ...varianceNotes(summary), teamTable(summary)),
      ...otherBudgets(summary.otherBudgets, summary),
      section("Idle capacity", pool(statements.idle, idle, currency)),
      ...(corporate.length === 0
        ? []
        : [section("Tax, support, credits and fees", pool(statements.corporate, corporate, currency))]),
      section("Unallocated", pool(statements.unallocated, unallocated, currency)),
      ...(summary.bill
        ? [section("From the invoice to the statements", invoiceTable(summary.bill, summary))]
        : []),
      ...corrections(summary),
      ...(isBalanced(summary) ? [section("Proof", proof(summary))] : []),
      section("Questions", paragraph(`Write to ${summary.questionsTo}.`)),
    ],
    footer: [`Charging basis: ${summary.chargingBasis}.`],
    files: [fileSentence(financeFile(summary), total, summary)],
  };
}

/** Teams that are over, and those of which it is expected. */
function isAnyOver({ teams, forecast, otherBudgets: others }: FinanceSummary): boolean {
  return teams.some(isOver) || others.some(isOverspent) || (forecast?.expectedOver ?? []).length > 0;
}

function overSentence(summary: FinanceSummary): string {
  const { teams, forecast, otherBudgets: others } = summary;
  const over = teams.filter(isOver);
  const names = (rows: readonly TeamRow[]): string =>
    ranked(rows)
      .map((row) => row.team.name)
      .join(", ");
  const withTheRest = teams.filter(isOverWithTheRest);
  const expected = forecast?.expectedOver ?? [];
  const alsoOver = others.filter(isOverspent).map((each) => nameOf(each, summary));
  const rest = [
    ...(alsoOver.length === 0 ? [] : [` Over budget too: ${alsoOver.join(", ")}.`]),
    ...(withTheRest.length === 0 ? [] : [` With what is not settled, also ${names(withTheRest)}.`]),
    ...(expected.length === 0 ? [] : [` Expected over it by month end: ${expected.join(", ")}.`]),
  ].join("");
  if (over.length === 0) return `No team is over budget.${rest}`;
  return `${countText(over.length, "team")} of ${teams.length} over budget: ${names(over)}.${rest}`;
}

function proofSentence({ collected, allocated, currency }: FinanceSummary): string {
  const exact = (picos: bigint): string => `${currency} ${formatPicos(picos)}`;
  return collected === allocated
    ? `Collected ${exact(collected)} = allocated ${exact(allocated)}, exactly.`
    : `Collected ${exact(collected)}, but allocated ${exact(allocated)}: these figures must not be used. Run \`apportion reconcile\`.`;
}

/** Against the bill as `apportion reconcile` counts; without a bill, of what was collected. */
function attributionSentence({ attribution, bill, currency }: FinanceSummary): string {
  if (bill)
    return `${bill.accuracyPercent} % of the bill is attributed by rule or measurement; ${amountText(bill.missed, currency)} of ${amountText(bill.billed, currency)} differs from it, has no owner or was split by a fallback. Idle capacity counts as attributed.`;
  const { attributed, byFallback, unallocated, total } = attribution;
  const [ruled = "", fallback = "", nobody = ""] = shareTexts([attributed, byFallback, unallocated], total);
  return `${ruled} attributed by rule or measurement; ${fallback} was split by a fallback and ${nobody} has no owner. Idle capacity counts as attributed.`;
}

function isBalanced({ collected, allocated }: FinanceSummary): boolean {
  return collected === allocated;
}

/** Where each is one team's the table of teams says it all. */
function costCentres(summary: FinanceSummary): Block[] {
  return summary.costCentres.every(({ teams }) => teams === 1)
    ? []
    : [section("Cost centres", ...varianceNotes(summary), costCentreTable(summary))];
}

function proof(summary: FinanceSummary): Block {
  const says = proofSentence(summary);
  return isBalanced(summary)
    ? quiet(says)
    : { kind: "note", tone: "danger", lines: [says] };
}

function whereItWent(summary: FinanceSummary): Table {
  return {
    kind: "table",
    columns: [
      { head: "What", of: "text" },
      { head: "Amount", of: "amount" },
      { head: "Share", of: "percent" },
    ],
    rows: shares(summary).map(({ label, cents, share }) => ({ cells: [label, { cents }, share] })),
    totals: [{ cells: ["Total", { cents: summary.statements.cents }, ""], adds: "rows" }],
    bars: 1,
  };
}

function pool(statement: Statement, parts: readonly (PoolPart | PoolStep)[], currency: string): Block {
  return parts.length === 0
    ? paragraph(`Nothing: ${centsText(statement.cents, currency)}.`)
    : poolTable(parts, statement.cents);
}

function corrections({ corrections: posted }: FinanceSummary): Block[] {
  if (posted.length === 0) return [];
  return [
    section(
      correctionsTitle(posted),
      paragraph("Closed months stay as they were reported; what their sources said later, or two people decided about them later, is posted into this month, beside the statements."),
      correctedMonthTable(posted),
    ),
  ];
}

