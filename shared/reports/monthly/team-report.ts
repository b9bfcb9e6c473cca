import { sumOfCents } from "@apportion/domain/cents";
import { shareTexts } from "@apportion/domain/percent";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { roundedDivision } from "@apportion/domain/rounding";
import { changeRows, changeTable } from "../compare/largest-changes.js";
import { changePercent } from "../compare/words.js";
import type { Block, Chart, Document, Meter, Table } from "../document/document.js";
import { bullets, quiet, paragraph, section, strong } from "../document/blocks.js";
import { renderDocument } from "../document/mail.js";
import { courseChart } from "../course-chart.js";
import { expectedCents } from "../forecast-words.js";
import { centsText, dayText, monthText, priceText } from "../format.js";
import type { RenderedMail } from "../mail/mail.js";
import type { Tone } from "../mail/style.js";
import { otherBudgets } from "./budget-table.js";
import type { NamedCents } from "./breakdown.js";
import type { TeamReport } from "./compose.js";
import { chargedText, correctedLaterText, correctionsTitle, correctionTable, decisionSentences } from "./corrections.js";
import { fileSentence, teamFile } from "./files.js";
import { poolTable } from "./pool-table.js";
import { qualityItems } from "./quality-words.js";
import { adviceBlocks } from "./recommendations.js";
import {
  budgetSentence,
  categoryRows,
  changeSentence,
  dailySentence,
  forecastSentence,
  objectionSentence,
  questionsSentence,
  statusSentence,
} from "./sentences.js";
import { trendChart } from "./trend-chart.js";
import { usedCents } from "./used.js";

/** The monthly report of one team, as a mail and as files. */
export function renderTeamReport(report: TeamReport): RenderedMail {
  return renderDocument(teamDocument(report), teamFile(report));
}

/** What a lead has to know first comes first; the small print is what questions are answered with. */
export function teamDocument(report: TeamReport): Document {
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
      ...standing(report),
      ...correctedLaterText(report).map(strong),
      ...courseChart({ ...report, usedCents: usedCents(report) }),
      ...otherBudgets(report.otherBudgets, report),
      ...changes(report),
      section("What it is made of", breakdown(report)),
      ...byPlace(report),
      ...sharedServices(report),
      ...ownIdle(report),
      ...corrections(report),
      ...(report.advice ? [section("What would save", ...adviceBlocks(report.advice, currency))] : []),
      ...prices(report),
      ...trendChart(report, team.name),
      section("Day by day", daily(report)),
      section("How far this can be relied on", bullets(qualityItems(report))),
      section("Questions", paragraph(questionsSentence(report))),
    ],
    footer: [`Charging basis: ${report.chargingBasis}.`],
    files: [fileSentence(teamFile(report), statement.cents, report)],
  };
}


/** Before the close somebody can object: until when stands where it is seen. */
function standing(report: TeamReport): Block[] {
  const objection = objectionSentence(report);
  const says = statusSentence(report);
  return objection === undefined
    ? [quiet(says)]
    : [{ kind: "note", tone: "notice", lines: [objection, says] }];
}

export function standingLines(report: TeamReport): string[] {
  const forecast = forecastSentence(report);
  return [budgetSentence(report), changeSentence(report), ...(forecast === undefined ? [] : [forecast])];
}

/** The largest reasons, and all others together: they add up to the change that the report begins with. */
function changes(report: TeamReport): Block[] {
  const { comparison } = report;
  const rows = changeRows(report.changes, report.registry);
  if (rows.length === 0 || comparison.kind === "none") return [];
  const change = comparison.cents - comparison.before;
  const rest = change - sumOfCents(rows);
  return [
    section(
      `What changed most since ${monthText(comparison.period)}`,
      changeTable(rest === 0n ? rows : [...rows, { what: "everything else", cents: rest }], change),
    ),
  ];
}

function breakdown(report: TeamReport): Block {
  const rows = categoryRows(report);
  return rows.length === 0
    ? paragraph("No cost in this month.")
    : { ...namedAmounts("Category", rows, report.statement.cents), bars: 1 };
}

/** Where and for what: clusters where there are several, and what costs most. */
function byPlace({ clusters, top, statement }: TeamReport): Block[] {
  return [
    ...(clusters.length > 1
      ? [section("By cluster", namedAmounts("Cluster", clusters, statement.cents))]
      : []),
    ...(top && top.workloads.length > 0
      ? [
          section(
            "Workloads and buckets that cost most",
            quiet("At the bill's price where there is a bill. S3 is billed by team tag, not by bucket."),
            namedAmounts("Workload", [...top.workloads, ...top.others], statement.cents),
          ),
        ]
      : []),
  ];
}

/** Rows that add up to the statement. */
function namedAmounts(head: string, rows: readonly NamedCents[], total: bigint): Table {
  const shares = shareTexts(
    rows.map(({ cents }) => cents),
    total,
  );
  return {
    kind: "table",
    columns: [
      { head, of: "text" },
      { head: "Amount", of: "amount" },
      { head: "Share", of: "percent" },
    ],
    rows: rows.map(({ name, cents, costs }, index) => ({ cells: [name, { cents }, shares[index]], costs })),
    totals: [{ cells: ["Total", { cents: total }, ""], adds: "rows", costs: {} }],
  };
}

function ownIdle({ idle }: TeamReport): Block[] {
  return idle.length === 0
    ? []
    : [
        section(
          "Idle capacity of nodes that are yours alone",
          poolTable(
            idle,
            sumOfCents(idle),
          ),
        ),
      ];
}

function prices({ unitPrices, period, comparison, currency }: TeamReport): Block[] {
  if (unitPrices.length === 0) return [];
  const price = (picos: bigint | undefined): string | undefined =>
    picos === undefined ? undefined : priceText(picos, currency);
  return [
    section("What one of each costs", {
      kind: "table",
      columns: [
        { head: "Unit", of: "text" },
        { head: monthText(period), of: "quantity" },
        { head: monthText(comparison.period), of: "quantity" },
        { head: "Change", of: "percent" },
      ],
      rows: unitPrices.map(({ name, now, before }) => ({
        cells: [
          name,
          price(now),
          price(before),
          now === undefined || before === undefined ? undefined : changePercent(now - before, before),
        ],
      })),
      totals: [],
    }),
  ];
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
      rows: shared.map(({ name, explanation, cents, category, pool }) => ({
        cells: [name, explanation, { cents }],
        costs: { basis: "shared", category, pool },
      })),
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
      ...decisionSentences(report.corrections).map((text) => paragraph(text)),
      correctionTable(report.corrections, report.registry),
    ),
  ];
}

export function toneOf(report: TeamReport): Tone {
  const { budgetCents } = report;
  if (budgetCents === undefined) return "notice";
  const used = usedCents(report);
  if (used > budgetCents) return "danger";
  if (report.forecast?.kind === "forecast" && expectedCents(report.forecast, used) > budgetCents)
    return "warning";
  return used * 100n >= budgetCents * 80n && used > 0n ? "warning" : "calm";
}

function budgetMeter(report: TeamReport): Meter[] {
  const { budgetCents, forecast } = report;
  if (budgetCents === undefined) return [];
  const used = usedCents(report);
  const expected = expectedCents(forecast, used);
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
