import { sumOfCents } from "@apportion/domain/cents";
import { lineName } from "@apportion/domain/wording";
import { dayText, monthText } from "../format.js";
import { type About, renderWorkbook, type Sheet, sheetsOf } from "../workbook/workbook.js";
import type { ReportHead, TeamReport } from "./compose.js";
import { correctionReason } from "./corrections.js";
import { statusSentence } from "./sentences.js";
import { teamDocument } from "./team-report.js";

/** A team's month as a workbook: the tables of its report, and every line of its statement. */
export function renderTeamWorkbook(report: TeamReport, date: Date): Buffer {
  const document = teamDocument(report);
  const about = aboutOf(document.title, report, date, [["Team", report.team.name]]);
  return renderWorkbook(about, [...sheetsOf(document), linesSheet(report)]);
}

export function aboutOf(title: string, head: ReportHead, date: Date, facts: About["facts"]): About {
  return {
    title,
    currency: head.currency,
    date,
    isPosted: head.status.kind === "final",
    facts: [
      ...facts,
      ["Month", monthText(head.period)],
      ["Currency", head.currency],
      ["Status", head.status.kind === "final" ? "Final: as posted in the ledger" : "Provisional: figures can change"],
      ["Why", statusSentence(head)],
      ["Costs through", dayText(head.asOf)],
      ["Charging basis", head.chargingBasis],
      ["Questions to", head.questionsTo],
    ],
  };
}

function linesSheet({ statement, corrections, registry, period }: TeamReport): Sheet {
  const lines = statement.lines.map(({ category, basis, pool, method, reason, cents }) => ({
    cells: [lineName({ category, pool }, registry), category, basis, pool, method, reason, { cents }],
  }));
  const corrected = corrections.map((correction) => {
    const { correctsPeriod, kind, category, pool, cents } = correction;
    const name = `${lineName({ category, pool }, registry)}, ${kind} of ${monthText(correctsPeriod)}`;
    return { cells: [name, category, kind, pool, "", correctionReason(correction), { cents }] };
  });
  const charged = statement.cents + sumOfCents(corrections);
  return {
    title: "Lines",
    says: ["Every line that is charged; the file of comma-separated values beside this workbook has the same."],
    tables: [
      {
        kind: "table",
        columns: [
          { head: "What", of: "text" },
          { head: "Category", of: "text" },
          { head: "Basis", of: "text" },
          { head: "Pool", of: "text" },
          { head: "Method", of: "text" },
          { head: "Reason", of: "text" },
          { head: "Amount", of: "amount" },
        ],
        rows: [...lines, ...corrected],
        totals: [
          { cells: [`Charged in ${monthText(period)}`, "", "", "", "", "", { cents: charged }], adds: "rows" },
        ],
      },
    ],
  };
}
