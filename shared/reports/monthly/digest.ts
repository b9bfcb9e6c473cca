import { sumOfCents } from "@apportion/domain/cents";
import { budgetPercentText } from "@apportion/domain/percent";
import { changeRows } from "../compare/largest-changes.js";
import { bullets, paragraph, quiet, section, strong } from "../document/blocks.js";
import type { Block, Cell, Document, Row, Table } from "../document/document.js";
import { renderDocument } from "../document/mail.js";
import { centsText, changeText, countText, monthText } from "../format.js";
import type { MailFile, RenderedMail } from "../mail/mail.js";
import type { Comparison } from "./comparison.js";
import type { ReportHead, TeamReport } from "./compose.js";
import { chargedText, correctionsTitle } from "./corrections.js";
import { digestFile, fileSentence } from "./files.js";
import { isOver, ranked, varianceNotes } from "./finance-tables.js";
import { adviceItems } from "./recommendations.js";
import { changeSentence, objectionSentence, questionsSentence, statusSentence } from "./sentences.js";
import { standingLines, toneOf } from "./team-report.js";
import { trendChart } from "./trend-chart.js";
import type { TrendMonth } from "./trend.js";
import { usedCents } from "./used.js";

/** Teams that have a section of their own, those that need a look first: mail programs cut what is longer than about 100 KiB. */
const SECTIONS_MAX = 12;
/** Teams that have a row. */
const ROWS_MAX = 30;
/** Reports as PDF beside the mail: at 100 kB each it stays below what mail servers take. */
const PDFS_MAX = 30;
/** Reasons that are named for a team; its report has all. */
const REASONS_SHOWN = 2;

/** The reports of several teams for somebody who leads them: how they stand beside each other, each in short, and the whole ones beside the mail. */
export function renderDigest(head: ReportHead, reports: readonly TeamReport[]): RenderedMail {
  const inOrder = ranked(reports);
  return renderDocument(digestDocument(head, inOrder), digestFile(head, inOrder), () =>
    pdfsOf(inOrder.slice(0, PDFS_MAX)),
  );
}

/** @param reports those that need a look first */
function digestDocument(head: ReportHead, reports: readonly TeamReport[]): Document {
  const { period, currency, status } = head;
  const all = { ...head, corrections: reports.flatMap(({ corrections }) => corrections) };
  const cents = sumOfCents(reports.map(({ statement }) => statement));
  const comparison = comparisonOfAll(reports);
  const over = reports.filter(isOver);
  const change = changeSentence({ comparison, currency });
  const objection = objectionSentence(head);
  return {
    title: `Your ${reports.length} teams: ${centsText(cents, currency)} in ${monthText(period)}, ${over.length} over budget${status.kind === "provisional" ? " (provisional)" : ""}`,
    preheader: `${overSentence(over, reports)} ${change}`,
    kicker: `Monthly cost report · ${monthText(period)} · the teams that you lead`,
    heading: `Your ${countText(reports.length, "team")}`,
    currency,
    blocks: [
      { kind: "figure", amount: centsText(cents, currency), beside: `in ${monthText(period)}` },
      ...chargedText(cents, all).map(strong),
      { kind: "note", tone: over.length > 0 ? "danger" : "calm", lines: [overSentence(over, reports), change] },
      ...(objection === undefined
        ? [quiet(statusSentence(head))]
        : [{ kind: "note", tone: "notice", lines: [objection, statusSentence(head)] } as const]),
      section("Side by side", ...varianceNotes({ comparison, period }), sideBySide(reports, all, comparison)),
      ...trendChart({ trend: trendOfAll(reports), currency }, "your teams"),
      ...reports.slice(0, SECTIONS_MAX).map(inShort),
      ...furtherTeams(reports.slice(SECTIONS_MAX)),
      section("Questions", paragraph(questionsSentence(head))),
    ],
    footer: [`Charging basis: ${head.chargingBasis}.`],
    files: filesSentences(head, reports, cents),
  };
}

function overSentence(over: readonly TeamReport[], reports: readonly TeamReport[]): string {
  if (over.length === 0) return "None of your teams is over budget.";
  return `${over.length} of ${countText(reports.length, "team")} over budget: ${over.map(({ team }) => team.name).join(", ")}.`;
}

/** What a lead compares: each team beside its budget and the month before, and all of them. */
function sideBySide(
  reports: readonly TeamReport[],
  { corrections, period }: Pick<TeamReport, "corrections" | "period">,
  comparison: Comparison,
): Table {
  const shown = reports.length > ROWS_MAX ? reports.slice(0, ROWS_MAX - 1) : reports;
  const rest = reports.slice(shown.length);
  const cents = sumOfCents(reports.map(({ statement }) => statement));
  const corrected = sumOfCents(corrections);
  const alone = (label: string, amount: bigint): Cell[] => [
    label,
    { cents: amount },
    "",
    ...(comparison.kind === "none" ? [] : ["", ""]),
    "",
    "",
  ];
  return {
    kind: "table",
    columns: [
      { head: "Team", of: "text" },
      { head: "Statement", of: "amount" },
      { head: "budget", of: "amount", under: true },
      ...(comparison.kind === "none"
        ? []
        : ([
            { head: comparison.isWhole ? monthText(comparison.period) : `Same days of ${monthText(comparison.period)}`, of: "amount" },
            { head: "change", of: "amount", under: true },
          ] as const)),
      { head: "Against budget", of: "amount" },
      { head: "used", of: "percent", under: true },
    ],
    rows: [
      ...shown.map(rowOf),
      ...(rest.length === 0 ? [] : [{ cells: cellsOf(countText(rest.length, "other team"), rest) }]),
    ],
    totals: [
      { cells: cellsOf("All of them", reports), adds: "rows" },
      ...(corrections.length === 0
        ? []
        : [
            { cells: alone(correctionsTitle(corrections), corrected) },
            { cells: alone(`Charged in ${monthText(period)}`, cents + corrected), adds: [0, 1] },
          ]),
    ],
  };
}

function rowOf(report: TeamReport): Row {
  return { cells: cellsOf(report.team.name, [report]), ...(isOver(report) && { tone: "danger" as const }) };
}

/** Of one or several teams; of a budget those that have one. */
function cellsOf(label: string, reports: readonly TeamReport[]): Cell[] {
  const comparison = comparisonOfAll(reports);
  const budgeted = reports.filter(({ budgetCents }) => budgetCents !== undefined);
  const [used, budget] = [
    budgeted.reduce((sum, report) => sum + usedCents(report), 0n),
    budgeted.reduce((sum, { budgetCents = 0n }) => sum + budgetCents, 0n),
  ];
  const isKnown = budgeted.length > 0;
  const thresholds = reports[0]?.thresholdsPercent ?? [];
  return [
    label,
    { cents: sumOfCents(reports.map(({ statement }) => statement)) },
    isKnown ? { cents: budget } : undefined,
    ...(comparison.kind === "none"
      ? []
      : [{ cents: comparison.before }, { cents: comparison.cents - comparison.before, signed: true } as const]),
    isKnown ? { cents: used - budget, signed: true } : undefined,
    isKnown && budget > 0n ? budgetPercentText(used, budget, thresholds) : undefined,
  ];
}

/** All reports of a month compare the same days. */
function comparisonOfAll(reports: readonly TeamReport[]): Comparison {
  return reports
    .map(({ comparison }) => comparison)
    .reduce((all, each) =>
      all.kind === "none" || each.kind === "none"
        ? all
        : { ...all, cents: all.cents + each.cents, before: all.before + each.before },
    );
}

/** All reports of a month have the same months. */
function trendOfAll(reports: readonly TeamReport[]): TrendMonth[] {
  return (reports[0]?.trend ?? []).map((month, at) => ({
    ...month,
    cents: reports.reduce((sum, { trend }) => sum + (trend[at]?.cents ?? 0n), 0n),
  }));
}

/** How a team stands, what did it, and what is next. */
function inShort(report: TeamReport): Block {
  const { team, statement, currency, advice } = report;
  const reasons = changeRows(report.changes, report.registry).slice(0, REASONS_SHOWN);
  const [next] = advice ? adviceItems(advice, currency) : [];
  const items = [
    ...(reasons.length === 0
      ? []
      : [`What did it: ${reasons.map(({ what, cents }) => `${what} ${changeText(cents, currency)}`).join("; ")}.`]),
    ...(next ? [`Next step: ${next.title}. ${next.because}`] : []),
  ];
  return section(
    `${team.name}: ${centsText(statement.cents, currency)}`,
    { kind: "note", tone: toneOf(report), lines: standingLines(report) },
    ...(items.length === 0 ? [] : [bullets(items)]),
  );
}

function furtherTeams(reports: readonly TeamReport[]): Block[] {
  if (reports.length === 0) return [];
  const names = reports.map(({ team, statement, currency }) => `${team.name} ${centsText(statement.cents, currency)}`);
  return [section(countText(reports.length, "other team"), paragraph(`${names.join(", ")}.`))];
}

function filesSentences(head: ReportHead, reports: readonly TeamReport[], cents: bigint): string[] {
  const corrections = reports.flatMap((report) => report.corrections);
  const rest = reports.slice(PDFS_MAX).map(({ team }) => team.name);
  const whole = `The whole report of each team is attached as PDF${rest.length === 0 ? "" : `, but for ${rest.join(", ")}, which are too many for a mail: ask ${head.questionsTo} for them`}.`;
  return [whole, fileSentence(digestFile(head, reports), cents, { corrections, currency: head.currency })];
}

async function pdfsOf(reports: readonly TeamReport[]): Promise<MailFile[]> {
  const { teamFiles } = await import("../pack/files.js");
  const files: MailFile[] = [];
  for (const report of reports) {
    const filename = `${report.team.id}-${report.period}.pdf`;
    for (const { content } of await teamFiles(report, ["pdf"]))
      files.push({ filename, contentType: "application/pdf", content: Buffer.from(content) });
  }
  return files;
}
