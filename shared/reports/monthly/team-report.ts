import { shareTexts } from "@apportion/domain/percent";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { roundedDivision } from "@apportion/domain/rounding";
import { changeRows, changeTable } from "../compare/largest-changes.js";
import type { Block, Chart, Document, Meter, Table } from "../document/document.js";
import { quiet, paragraph, section, strong } from "../document/blocks.js";
import { renderDocument } from "../document/mail.js";
import { expectedPicos } from "../forecast-words.js";
import { centsText, dayText, monthText } from "../format.js";
import type { RenderedMail } from "../mail/mail.js";
import type { Tone } from "../mail/style.js";
import type { TeamReport } from "./compose.js";
import { chargedText, correctedLaterText, correctionsTitle, correctionTable } from "./corrections.js";
import { fileSentence, teamFile } from "./files.js";
import { adviceBlocks } from "./recommendations.js";
import {
  budgetSentence,
  categoryRows,
  changeSentence,
  dailySentence,
  forecastSentence,
  questionsSentence,
  statusSentence,
} from "./sentences.js";
import { usedCents } from "./used.js";

/** The monthly report of one team, as a mail and as files. */
export function renderTeamReport(report: TeamReport): RenderedMail {
  return renderDocument(teamDocument(report), teamFile(report));
}

/** What a lead has to know first comes first; the small print is what questions are answered with. */
function teamDocument(report: TeamReport): Document {
  const { team, period, currency, statement, status } = report;
  return {
    title: `${team.name}: ${centsText(statement.cents, currency)} in ${monthText(period)}${status.kind === "provisional" ? " (provisional)" : ""}`,
    preheader: `${budgetSentence(report)} ${changeSentence(report)}`,
    kicker: `Monthly cost report · ${monthText(period)} · cost center ${team.costCenter || "–"}`,
    heading: team.name,
    currency,
    blocks: [
      { kind: "figure", amount: centsText(statement.cents, currency), beside: `in ${monthText(period)}` },
      ...chargedText(statement.cents, report).map(strong),
      ...budgetMeter(report),
      { kind: "note", tone: toneOf(report), lines: standingLines(report) },
      quiet(statusSentence(report)),
      ...correctedLaterText(report).map(strong),
      ...changes(report),
      { kind: "section", title: "What it is made of", blocks: [breakdown(report)] },
      ...sharedServices(report),
      ...corrections(report),
      ...(report.advice
        ? [section("What would save", ...adviceBlocks(report.advice, currency))]
        : []),
      section("Day by day", daily(report)),
      section("Questions", paragraph(questionsSentence(report))),
    ],
    footer: [
      `Charging basis: ${report.chargingBasis}.`,
      fileSentence(teamFile(report), statement.cents, report),
    ],
  };
}


function standingLines(report: TeamReport): string[] {
  const forecast = forecastSentence(report);
  return [budgetSentence(report), changeSentence(report), ...(forecast === undefined ? [] : [forecast])];
}

function changes(report: TeamReport): Block[] {
  const rows = changeRows(report.changes, report.registry);
  if (rows.length === 0) return [];
  return [section(`What changed most since ${monthText(report.comparison.period)}`, changeTable(rows))];
}

function breakdown(report: TeamReport): Block {
  const { statement } = report;
  const rows = categoryRows(report);
  if (rows.length === 0) return paragraph("No cost in this month.");
  const shares = shareTexts(
    rows.map(({ cents }) => cents),
    statement.cents,
  );
  return {
    kind: "table",
    columns: [
      { head: "Category", of: "text" },
      { head: "Amount", of: "amount" },
      { head: "Share", of: "percent" },
    ],
    rows: rows.map(({ name, cents }, index) => ({ cells: [name, { cents }, shares[index]] })),
    totals: [{ cells: ["Total", { cents: statement.cents }, ""], adds: "rows" }],
    bars: 1,
  } satisfies Table;
}

function sharedServices({ shared }: TeamReport): Block[] {
  if (shared.length === 0) return [];
  return [
    section("Your share of services that teams use together", {
      kind: "table",
      columns: [
        { head: "Service", of: "text" },
        { head: "How your share is found", of: "text", under: true },
        { head: "Your share", of: "amount" },
      ],
      rows: shared.map(({ name, explanation, cents }) => ({ cells: [name, explanation, { cents }] })),
      totals: [],
    }),
  ];
}

function corrections(report: TeamReport): Block[] {
  if (report.corrections.length === 0) return [];
  return [
    section(
      correctionsTitle(report.corrections),
      paragraph("Months that are closed stay as they were reported. What their sources said later, or two people decided about them later, is charged with this month."),
      correctionTable(report.corrections, report.registry),
    ),
  ];
}

function toneOf(report: TeamReport): Tone {
  const { budgetCents } = report;
  if (budgetCents === undefined) return "notice";
  const used = usedCents(report);
  if (used > budgetCents) return "danger";
  return used * 100n >= budgetCents * 80n && used > 0n ? "warning" : "calm";
}

function budgetMeter(report: TeamReport): Meter[] {
  const { budgetCents, forecast } = report;
  if (budgetCents === undefined) return [];
  const used = usedCents(report);
  const expected = expectedPicos(forecast, used * PICOS_PER_CENT) / PICOS_PER_CENT;
  return [
    { kind: "meter", tone: toneOf(report), used, expected, budget: budgetCents, says: budgetSentence(report) },
  ];
}

function daily(report: TeamReport): Chart {
  const { daily: days, period } = report;
  return {
    kind: "chart",
    shape: "columns",
    title: `Cost of each day, ${monthText(period)}`,
    says: dailySentence(report),
    labels: days.map(({ day }) => dayText(day)),
    series: [
      {
        name: "Cost",
        cents: days.map(({ picos }) => (picos === undefined ? undefined : roundedDivision(picos, PICOS_PER_CENT))),
        provisional: days.flatMap(({ picos, complete }, at) => (picos !== undefined && !complete ? [at] : [])),
        colour: "cost",
      },
    ],
  };
}
