import { ratioOf, shareTexts } from "@apportion/domain/percent";
import { amountText, centsText, dayText, monthText } from "../format.js";
import { textBar, textTable } from "../mail/text-table.js";
import { changeRows } from "../compare/largest-changes.js";
import type { TeamReport } from "./compose.js";
import { chargedText, correctedLaterText, correctionRows } from "./corrections.js";
import { fileSentence, teamFile } from "./files.js";
import { adviceLines } from "./recommendations.js";
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

/** The report for people who read plain text: the same sentences and figures. */
export function renderTeamText(report: TeamReport): string {
  const { team, period, currency, statement, budgetCents, shared, daily } = report;
  const forecast = forecastSentence(report);
  const categories = categoryRows(report);
  const changes = changeRows(report.changes, report);
  const shares = shareTexts(
    categories.map(({ cents }) => cents),
    statement.cents,
  );
  const largest = daily.reduce((most, { picos = 0n }) => (picos > most ? picos : most), 0n);
  return [
    `${team.name}: cost report ${monthText(period)}`,
    `Cost center ${team.costCenter || "–"}`,
    "",
    `${centsText(statement.cents, currency)} in ${monthText(period)}`,
    ...chargedText(statement.cents, report),
    ...(budgetCents === undefined ? [] : [textBar(ratioOf(usedCents(report), budgetCents))]),
    budgetSentence(report),
    changeSentence(report),
    ...(forecast === undefined ? [] : [forecast]),
    statusSentence(report),
    ...correctedLaterText(report),
    ...(changes.length === 0
      ? []
      : [
          "",
          `WHAT CHANGED MOST SINCE ${monthText(report.comparison.period).toUpperCase()}`,
          ...textTable(changes),
        ]),
    "",
    "WHAT IT IS MADE OF",
    ...textTable([
      ...categories.map(({ name, cents }, index) => [name, centsText(cents, currency), shares[index] ?? ""]),
      ["Total", centsText(statement.cents, currency)],
    ]),
    ...(shared.length === 0
      ? []
      : [
          "",
          "YOUR SHARE OF SERVICES THAT TEAMS USE TOGETHER",
          ...shared.flatMap(({ name, cents, explanation }) => [
            `  ${name}: ${centsText(cents, currency)}`,
            `    ${explanation}`,
          ]),
        ]),
    ...(report.corrections.length === 0
      ? []
      : ["", "CORRECTIONS OF EARLIER MONTHS", ...textTable(correctionRows(report.corrections, report))]),
    ...(report.advice
      ? [
          "",
          "WHAT WOULD SAVE",
          ...adviceLines(report.advice, currency),
        ]
      : []),
    "",
    "DAY BY DAY",
    `  ${dailySentence(report)}`,
    ...textTable(
      daily.flatMap(({ day, picos, complete }) =>
        picos === undefined
          ? []
          : [
              [
                `${dayText(day)}${complete ? "" : " *"}`,
                amountText(picos, currency),
                textBar(ratioOf(picos, largest)),
              ],
            ],
      ),
    ),
    ...(daily.some((bar) => bar.picos !== undefined && !bar.complete) ? ["  * not settled yet"] : []),
    "",
    questionsSentence(report),
    `Charging basis: ${report.chargingBasis}.`,
    fileSentence(teamFile(report), statement.cents, report),
    "",
  ].join("\n");
}
