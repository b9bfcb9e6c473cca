import { categoryName } from "@apportion/domain/category";
import { formatPicos } from "@apportion/domain/money";
import { shareTexts } from "@apportion/domain/percent";
import { reasonText } from "@apportion/domain/reason";
import type { Statement } from "@apportion/domain/statement";
import type { Block, Document, Table } from "../document/document.js";
import { quiet, paragraph, section, strong } from "../document/blocks.js";
import { renderDocument } from "../document/mail.js";
import { amountText, centsText, countText, monthText } from "../format.js";
import type { RenderedMail } from "../mail/mail.js";
import type { FinanceSummary, TeamRow } from "./compose.js";
import { chargedText, correctedLaterText, correctedMonthTable, correctionsTitle } from "./corrections.js";
import { fileSentence, financeFile } from "./files.js";
import { invoiceTable, isOver, isOverWithTheRest, ranked, shares, teamTable } from "./finance-tables.js";
import type { PoolPart } from "./pool-parts.js";
import { statusSentence } from "./sentences.js";

/** Parts of a named pool that are listed before the rest is summed. */
const PARTS_SHOWN = 8;

/** The month for finance, as a mail and as a file. */
export function renderFinanceSummary(summary: FinanceSummary): RenderedMail {
  return renderDocument(financeDocument(summary), financeFile(summary));
}

/** Every team, the pools that nobody owes, and the proof that it adds up. */
function financeDocument(summary: FinanceSummary): Document {
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
        tone: summary.teams.some(isOver) ? "warning" : "calm",
        lines: [overSentence(summary), attributionSentence(summary)],
      },
      proof(summary),
      quiet(statusSentence(summary)),
      ...correctedLaterText(summary).map(strong),
      section("Where it went", whereItWent(summary)),
      section("Teams against budget", teamTable(summary)),
      section("Idle capacity", poolTable(statements.idle, idle, currency)),
      ...(corporate.length === 0
        ? []
        : [
            section(
              "Tax, support, credits and fees",
              poolTable(statements.corporate, corporate, currency),
            ),
          ]),
      section("Unallocated", poolTable(statements.unallocated, unallocated, currency)),
      ...(summary.bill
        ? [section("From the invoice to the statements", invoiceTable(summary.bill, summary))]
        : []),
      ...corrections(summary),
      section("Questions", paragraph(`Write to ${summary.questionsTo}.`)),
    ],
    footer: [`Charging basis: ${summary.chargingBasis}.`, fileSentence(financeFile(summary), total, summary)],
  };
}

function overSentence({ teams }: FinanceSummary): string {
  const over = teams.filter(isOver);
  const names = (rows: readonly TeamRow[]): string =>
    ranked(rows)
      .map((row) => row.team.name)
      .join(", ");
  const withTheRest = teams.filter(isOverWithTheRest);
  const rest = withTheRest.length === 0 ? "" : ` With what is not settled, also ${names(withTheRest)}.`;
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

function proof(summary: FinanceSummary): Block {
  const says = proofSentence(summary);
  return summary.collected === summary.allocated
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

function partName(part: PoolPart): string {
  const { reason, pool, cluster, namespace, nodePool, service, label, category } = part;
  const what = pool || namespace || service || (category && categoryName(category));
  const nodes = nodePool === "" ? cluster : `${cluster}/${nodePool}`;
  const where = [what, nodes && `on ${nodes}`].filter((text) => text !== "").join(" ");
  const place = where.startsWith("on ") ? where.replace("on ", "Cluster ") : where;
  const why = label === "" ? reasonText(reason) : `no team has the tag or label "${label}"`;
  return reason === "" ? place : `${place}: ${why}`;
}

function poolTable(statement: Statement, parts: readonly PoolPart[], currency: string): Block {
  if (parts.length === 0)
    return paragraph(`Nothing: ${centsText(statement.cents, currency)}.`);
  const rest = parts.slice(PARTS_SHOWN);
  const smaller = rest.reduce((sum, { cents }) => sum + cents, 0n);
  return {
    kind: "table",
    columns: [
      { head: "Where, and why", of: "text" },
      { head: "Amount", of: "amount" },
    ],
    rows: [
      ...parts.slice(0, PARTS_SHOWN).map((part) => ({ cells: [partName(part), { cents: part.cents }] })),
      ...(rest.length === 0 ? [] : [{ cells: [countText(rest.length, "smaller part"), { cents: smaller }] }]),
    ],
    totals: [{ cells: ["Total", { cents: statement.cents }], adds: "rows" }],
  };
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

