import type { MonthReports } from "@apportion/reports/monthly/compose";
import { renderFinanceSummary } from "@apportion/reports/monthly/finance-report";
import { editionOf } from "@apportion/reports/monthly/status";
import { renderTeamReport } from "@apportion/reports/monthly/team-report";
import type { Mail } from "../delivery/deliver.js";
import { recipientsOf } from "../delivery/recipients.js";

/** The reports of a month as mails, finance's last. A team without contacts is reported to finance. */
export function reportMails(
  { status, teams, finance }: MonthReports,
  financeRecipients: readonly string[],
): Mail[] {
  const edition = editionOf(status);
  const { period } = finance;
  return [
    ...teams.map((report): Mail => ({
      about: { kind: "team-report", period, teamId: report.team.id, edition },
      to: recipientsOf(report.team, financeRecipients),
      rendered: renderTeamReport(report),
    })),
    {
      about: { kind: "finance-report", period, edition },
      to: financeRecipients,
      rendered: renderFinanceSummary(finance),
    },
  ];
}
