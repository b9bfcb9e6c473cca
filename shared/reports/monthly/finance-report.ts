import { categoryName } from "@apportion/domain/category";
import { formatPicos } from "@apportion/domain/money";
import { ratioOf, shareTexts } from "@apportion/domain/percent";
import { reasonText } from "@apportion/domain/reason";
import type { Statement } from "@apportion/domain/statement";
import { amountText, centsText, countText, monthText } from "../format.js";
import { barRows } from "../mail/bars.js";
import { type Cell, figure, note, paragraph, quiet, section, strong, table } from "../mail/blocks.js";
import { html, type Html } from "../mail/html.js";
import type { RenderedMail } from "../mail/mail.js";
import { page } from "../mail/page.js";
import { COLOURS } from "../mail/style.js";
import { textTable } from "../mail/text-table.js";
import type { FinanceSummary, TeamRow } from "./compose.js";
import { chargedText, correctedLaterText, correctedMonths, correctionLines } from "./corrections.js";
import { fileSentence, financeFile } from "./files.js";
import {
  hasUnsettled,
  invoiceRows,
  isOver,
  isOverWithTheRest,
  ranked,
  shares,
  teamCells,
  teamColumns,
  teamRows,
  totalRows,
} from "./finance-tables.js";
import type { PoolPart } from "./pool-parts.js";
import { statusSentence } from "./sentences.js";

/** Parts of a named pool that are listed before the rest is summed. */
const PARTS_SHOWN = 8;

/** The month for finance: every team, the pools that nobody owes, and the proof that it adds up. */
export function renderFinanceSummary(summary: FinanceSummary): RenderedMail {
  const { period, currency, statements, status } = summary;
  const subject = `Chargeback ${monthText(period)}: ${centsText(statements.cents, currency)}, ${summary.teams.filter(isOver).length} over budget${status.kind === "provisional" ? " (provisional)" : ""}`;
  return {
    subject,
    html: renderHtml(summary, subject),
    text: renderText(summary),
    csv: financeFile(summary),
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

function renderHtml(summary: FinanceSummary, subject: string): string {
  const { currency, period, statements, idle, corporate, unallocated } = summary;
  const total = statements.cents;
  const balanced = summary.collected === summary.allocated;
  return page({
    title: subject,
    preheader: `${overSentence(summary)} ${attributionSentence(summary)}`,
    kicker: "Chargeback summary for finance",
    heading: monthText(period),
    body: html`${figure(centsText(total, currency), `statements of ${monthText(period)}`)}${correctionLines(chargedText(total, summary))}
    ${note(summary.teams.some(isOver) ? "warning" : "calm", html`${strong(overSentence(summary))}<br />${attributionSentence(summary)}`)}
    ${balanced ? quiet(proofSentence(summary)) : note("danger", strong(proofSentence(summary)))}
    ${quiet(statusSentence(summary))}${correctionLines(correctedLaterText(summary))}
    ${section(
      "Where it went",
      barRows(
        shares(summary).map(({ label, cents, share }) => ({
          label,
          amount: centsText(cents, currency),
          share,
          ratio: ratioOf(cents, total),
        })),
        { label: "Total", amount: centsText(total, currency) },
      ),
    )}
    ${section("Teams against budget", teamTable(summary))}
    ${section("Idle capacity", poolTable(summary, statements.idle, idle))}
    ${
      corporate.length === 0
        ? undefined
        : section("Tax, support, credits and fees", poolTable(summary, statements.corporate, corporate))
    }
    ${section("Unallocated", poolTable(summary, statements.unallocated, unallocated))}
    ${summary.bill && section("From the invoice to the statements", table(["What", "Amount"], invoiceRows(summary.bill, summary)))}
    ${
      summary.corrections.length === 0
        ? undefined
        : section(
            "Corrections of earlier months",
            html`${paragraph("Closed months stay as they were reported; what their sources said later, or two people decided about them later, is posted into this month, beside the statements.")}${table(["Month", "Amount"], correctedMonths(summary.corrections, currency))}`,
          )
    }
    ${section("Questions", paragraph(`Write to ${summary.questionsTo}.`))}`,
    footer: [`Charging basis: ${summary.chargingBasis}.`, fileSentence(financeFile(summary), total, summary)],
  });
}

/** A part stands below what it is a part of, and a percentage below its word: that leaves four narrow columns for phones. Totals are bold. */
function teamTable(summary: FinanceSummary): Html {
  const { currency } = summary;
  const below = (upper: Cell, lower = ""): Html =>
    lower === ""
      ? html`${upper}`
      : html`${upper}<br /><span style="font-size:12px;color:${COLOURS.quiet}">${lower}</span>`;
  return table(
    [
      "Team",
      below(`Statement, ${currency}`, hasUnsettled(summary) ? "not settled" : ""),
      `Budget, ${currency}`,
      "Used",
    ],
    [
      ...teamCells(summary).map(({ name, statement, unsettled, budget, word, used }): Cell[] => [
        name,
        below(statement, unsettled),
        budget,
        word === "" ? used : html`${strong(word)}<br />${used}`,
      ]),
      ...totalRows(summary).map(([label, amount]): Cell[] => [strong(label), strong(amount), "", ""]),
    ],
  );
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

function poolRows(summary: FinanceSummary, parts: readonly PoolPart[]): string[][] {
  const shown = parts
    .slice(0, PARTS_SHOWN)
    .map((part) => [partName(part), centsText(part.cents, summary.currency)]);
  const rest = parts.slice(PARTS_SHOWN);
  if (rest.length === 0) return shown;
  const cents = rest.reduce((sum, part) => sum + part.cents, 0n);
  return [...shown, [countText(rest.length, "smaller part"), centsText(cents, summary.currency)]];
}

function poolTable(
  summary: FinanceSummary,
  statement: Statement,
  parts: readonly PoolPart[],
): ReturnType<typeof html> {
  if (parts.length === 0) return paragraph(`Nothing: ${centsText(statement.cents, summary.currency)}.`);
  return table(
    ["Where, and why", "Amount"],
    [...poolRows(summary, parts), ["Total", centsText(statement.cents, summary.currency)]],
  );
}

function renderText(summary: FinanceSummary): string {
  const { currency, period, statements, idle, corporate, unallocated } = summary;
  const pool = (title: string, statement: Statement, parts: readonly PoolPart[]): string[] => [
    "",
    title,
    ...textTable([...poolRows(summary, parts), ["Total", centsText(statement.cents, currency)]]),
  ];
  return [
    `Chargeback ${monthText(period)}`,
    "",
    `${centsText(statements.cents, currency)} statements of ${monthText(period)}`,
    ...chargedText(statements.cents, summary),
    overSentence(summary),
    attributionSentence(summary),
    proofSentence(summary),
    statusSentence(summary),
    ...correctedLaterText(summary),
    "",
    "WHERE IT WENT",
    ...textTable([
      ...shares(summary).map(({ label, cents, share }) => [label, centsText(cents, currency), share]),
      ["Total", centsText(statements.cents, currency)],
    ]),
    "",
    "TEAMS AGAINST BUDGET",
    ...textTable([teamColumns(summary), ...teamRows(summary), ...totalRows(summary)]),
    ...pool("IDLE CAPACITY", statements.idle, idle),
    ...(corporate.length === 0
      ? []
      : pool("TAX, SUPPORT, CREDITS AND FEES", statements.corporate, corporate)),
    ...pool("UNALLOCATED", statements.unallocated, unallocated),
    ...(summary.bill
      ? ["", "FROM THE INVOICE TO THE STATEMENTS", ...textTable(invoiceRows(summary.bill, summary))]
      : []),
    ...(summary.corrections.length === 0
      ? []
      : ["", "CORRECTIONS OF EARLIER MONTHS", ...textTable(correctedMonths(summary.corrections, currency))]),
    "",
    `Questions: write to ${summary.questionsTo}.`,
    `Charging basis: ${summary.chargingBasis}.`,
    fileSentence(financeFile(summary), statements.cents, summary),
    "",
  ].join("\n");
}
