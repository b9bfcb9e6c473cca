import { ratioOf, shareTexts } from "@apportion/domain/percent";
import { daysOf } from "@apportion/domain/period";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { expectedPicos } from "../forecast-words.js";
import { centsText, dayText, monthText } from "../format.js";
import { barRows, columns, meter } from "../mail/bars.js";
import { figure, note, paragraph, quiet, section, strong, table } from "../mail/blocks.js";
import { html, type Html } from "../mail/html.js";
import type { RenderedMail } from "../mail/mail.js";
import { page } from "../mail/page.js";
import { changeRows } from "../compare/largest-changes.js";
import type { TeamReport } from "./compose.js";
import { chargedText, correctedLaterText, correctionLines, correctionRows } from "./corrections.js";
import { fileSentence, teamFile } from "./files.js";
import { adviceBlock } from "./recommendations.js";
import {
  budgetSentence,
  categoryRows,
  changeSentence,
  dailySentence,
  forecastSentence,
  questionsSentence,
  statusSentence,
} from "./sentences.js";
import { renderTeamText } from "./team-text.js";
import { usedCents } from "./used.js";

/** The monthly report of one team, as a mail and as files. */
export function renderTeamReport(report: TeamReport): RenderedMail {
  const { team, period, currency, statement, status } = report;
  const subject = `${team.name}: ${centsText(statement.cents, currency)} in ${monthText(period)}${status.kind === "provisional" ? " (provisional)" : ""}`;
  return {
    subject,
    html: renderHtml(report, subject),
    text: renderTeamText(report),
    csv: teamFile(report),
  };
}

function renderHtml(report: TeamReport, subject: string): string {
  const { team, period, currency, statement, shared } = report;
  const changes = changeRows(report.changes, report);
  return page({
    title: subject,
    preheader: `${budgetSentence(report)} ${changeSentence(report)}`,
    kicker: `Monthly cost report · ${monthText(period)} · cost center ${team.costCenter || "–"}`,
    heading: team.name,
    body: html`${figure(centsText(statement.cents, currency), `in ${monthText(period)}`)}${correctionLines(chargedText(statement.cents, report))}${budgetBar(report)}
    ${note(toneOf(report), html`${strong(budgetSentence(report))}<br />${changeSentence(report)}${forecastLine(report)}`)}
    ${quiet(statusSentence(report))}${correctionLines(correctedLaterText(report))}
    ${
      changes.length === 0
        ? undefined
        : section(
            `What changed most since ${monthText(report.comparison.period)}`,
            table(["Why and what", "Change"], changes),
          )
    }
    ${section("What it is made of", breakdown(report))}
    ${
      shared.length === 0
        ? undefined
        : section(
            "Your share of services that teams use together",
            table(
              ["Service and how your share is found", "Your share"],
              shared.map(({ name, explanation, cents }) => [
                `${name}: ${explanation}`,
                centsText(cents, currency),
              ]),
            ),
          )
    }
    ${
      report.corrections.length === 0
        ? undefined
        : section(
            "Corrections of earlier months",
            html`${paragraph("Months that are closed stay as they were reported. What their sources said later, or two people decided about them later, is charged with this month.")}${table(["Month and what", "Amount"], correctionRows(report.corrections, report))}`,
          )
    }
    ${report.advice ? section("What would save", adviceBlock(report.advice, currency)) : undefined}
    ${section("Day by day", daily(report))} ${section("Questions", paragraph(questionsSentence(report)))}`,
    footer: [
      `Charging basis: ${report.chargingBasis}.`,
      fileSentence(teamFile(report), statement.cents, report),
    ],
  });
}

function breakdown(report: TeamReport): Html {
  const { currency, statement } = report;
  const rows = categoryRows(report);
  if (rows.length === 0) return paragraph("No cost in this month.");
  const largest = rows.reduce((most, { cents }) => (cents > most ? cents : most), 0n);
  const shares = shareTexts(
    rows.map(({ cents }) => cents),
    statement.cents,
  );
  return barRows(
    rows.map(({ name, cents }, index) => ({
      label: name,
      amount: centsText(cents, currency),
      share: shares[index] ?? "",
      ratio: ratioOf(cents, largest),
    })),
    { label: "Total", amount: centsText(statement.cents, currency) },
  );
}

function toneOf(report: TeamReport): "calm" | "notice" | "warning" | "danger" {
  const { budgetCents } = report;
  if (budgetCents === undefined) return "notice";
  const used = usedCents(report);
  if (used > budgetCents) return "danger";
  return used * 100n >= budgetCents * 80n && used > 0n ? "warning" : "calm";
}

function budgetBar(report: TeamReport): Html | undefined {
  const { budgetCents, currency, forecast } = report;
  if (budgetCents === undefined) return undefined;
  const spent = usedCents(report);
  const expected = expectedPicos(forecast, spent * PICOS_PER_CENT) / PICOS_PER_CENT;
  const full = expected > budgetCents ? expected : budgetCents;
  const solid = ratioOf(spent, full);
  return meter({
    tone: toneOf(report),
    solid,
    light: ratioOf(expected, full) - solid,
    ...(budgetCents > 0n && {
      mark: { at: ratioOf(budgetCents, full), text: `budget ${centsText(budgetCents, currency)}` },
    }),
    label: budgetSentence(report),
  });
}

function forecastLine(report: TeamReport): Html | undefined {
  const sentence = forecastSentence(report);
  return sentence === undefined ? undefined : html`<br />${sentence}`;
}

function daily(report: TeamReport): Html {
  const { daily: bars, period } = report;
  const largest = bars.reduce((most, { picos = 0n }) => (picos > most ? picos : most), 0n);
  const days = daysOf(period);
  const axis = [days[0], days[Math.floor(days.length / 2)], days.at(-1)].map((day) =>
    day ? dayText(day) : "",
  );
  const sentence = dailySentence(report);
  const unfinished = bars.some((bar) => bar.picos !== undefined && !bar.complete);
  return html`${columns(
    bars.map(({ picos = 0n, complete }) => ({ ratio: ratioOf(picos, largest), pale: !complete })),
    axis,
    sentence,
  )}${quiet(`${sentence}${unfinished ? " Paler days are not settled yet." : ""}`)}`;
}
