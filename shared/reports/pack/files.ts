import type { Journal } from "@apportion/books/ledger/journal";
import type { Document } from "../document/document.js";
import { documentText } from "../document/text.js";
import type { MonthReports, ReportHead, TeamReport } from "../monthly/compose.js";
import { financeFile, teamFile } from "../monthly/files.js";
import { financeDocument } from "../monthly/finance-report.js";
import { teamDocument } from "../monthly/team-report.js";

/** Formats in which reports are written. What draws takes long to load, so each loads what it needs when it is asked for. */
export const REPORT_FORMATS = ["html", "text", "csv", "pdf", "xlsx"] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export interface ReportFile {
  readonly name: string;
  readonly content: string | Buffer;
}

/** A team's report as files, one for each format. */
export async function teamFiles(report: TeamReport, formats: readonly ReportFormat[]): Promise<ReportFile[]> {
  const { team, period } = report;
  const file = teamFile(report);
  return filesOf(report, formats, {
    name: team.id,
    document: teamDocument(report),
    csv: { name: file.filename, content: file.content },
    workbook: async () => {
      const { renderTeamWorkbook } = await import("../monthly/team-workbook.js");
      return { name: `${team.id}-${period}.xlsx`, content: renderTeamWorkbook(report, dateOf(report)) };
    },
  });
}

/** @param journals those that were posted into the month */
export async function financeFiles(
  reports: MonthReports,
  journals: readonly Journal[],
  formats: readonly ReportFormat[],
): Promise<ReportFile[]> {
  const { finance } = reports;
  const file = financeFile(finance);
  return filesOf(finance, formats, {
    name: "finance-summary",
    document: financeDocument(finance),
    csv: { name: file.filename, content: file.content },
    workbook: async () => {
      const { renderFinanceWorkbook } = await import("../monthly/finance-workbook.js");
      const content = renderFinanceWorkbook(reports, journals, dateOf(finance));
      return { name: `finance-${finance.period}.xlsx`, content };
    },
  });
}

interface Rendered {
  readonly name: string;
  readonly document: Document;
  readonly csv: ReportFile;
  readonly workbook: () => Promise<ReportFile>;
}

async function filesOf(
  head: ReportHead,
  formats: readonly ReportFormat[],
  { name, document, csv, workbook }: Rendered,
): Promise<ReportFile[]> {
  const files: ReportFile[] = [];
  for (const format of formats)
    switch (format) {
      case "html": {
        const { renderPage } = await import("../document/page.js");
        files.push({ name: `${name}.html`, content: renderPage(document) });
        break;
      }
      case "text":
        files.push({ name: `${name}.txt`, content: documentText(document) });
        break;
      case "csv":
        files.push(csv);
        break;
      case "pdf": {
        const { renderPdf } = await import("../pdf/pdf.js");
        const edition = { isFinal: head.status.kind === "final", date: dateOf(head) };
        files.push({ name: `${name}.pdf`, content: await renderPdf(document, edition) });
        break;
      }
      case "xlsx":
        files.push(await workbook());
        break;
    }
  return files;
}

/** The time that files say of themselves is that of their figures: written twice, they are the same bytes. */
function dateOf({ asOf }: ReportHead): Date {
  return new Date(`${asOf}T00:00:00Z`);
}
