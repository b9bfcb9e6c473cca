import type { RenderedMail } from "@apportion/reports/mail/mail";
import { type MonthReports, ownEdition, type TeamReport } from "@apportion/reports/monthly/compose";
import { renderDigest } from "@apportion/reports/monthly/digest";
import { renderFinanceSummary } from "@apportion/reports/monthly/finance-report";
import { editionOf } from "@apportion/reports/monthly/status";
import { renderTeamReport } from "@apportion/reports/monthly/team-report";
import type { Mail } from "../delivery/deliver.js";
import { recipientsOf } from "../delivery/recipients.js";

/** By address, the teams whose reports of the edition have reached it. */
export type Reached = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The reports of a month as mails, finance's last. A team without contacts is reported to finance. Who leads several teams has them in one mail, unless
 * the edition reached them otherwise before they led several; nobody is told of a team twice. Leads have their teams' own edition, and finance has it
 * instead of them where it may read names of teams under HIPAA or PCI; channels never.
 */
export function reportMails(
  { status, teams, finance }: MonthReports,
  financeRecipients: readonly string[],
  reached: Reached,
  namesToFinance = false,
): Mail[] {
  const edition = editionOf(status);
  const { period } = finance;
  const digests = new Map([...ledBy(teams)].filter(([lead, led]) => led.length > 1 && !reached.has(lead)));
  const isToldOtherwise = (recipient: string, teamId: string): boolean =>
    (digests.get(recipient)?.some(({ team }) => team.id === teamId) ?? false) ||
    (reached.get(recipient)?.has(teamId) ?? false);
  return [
    ...teams.map((report): Mail => {
      const teamId = report.team.id;
      const recipients = recipientsOf(report.team, financeRecipients);
      return {
        about: { kind: "team-report", period, teamId, edition },
        to: recipients.filter((each) => !isToldOtherwise(each, teamId)),
        rendered:
          report.team.contacts.length > 0 || namesToFinance ? ownMail([report], ([own = report]) => renderTeamReport(own)) : renderTeamReport(report),
      };
    }),
    ...[...digests].map(([recipient, led]): Mail => {
      const alsoTellsOfTeams = led.map(({ team }) => team.id);
      return {
        about: { kind: "team-digest", period, recipient, edition, teamId: "", alsoTellsOfTeams },
        to: [recipient],
        rendered: ownMail(led, (reports) => renderDigest(finance, reports)),
      };
    }),
    {
      about: { kind: "finance-report", period, edition },
      to: financeRecipients,
      rendered: renderFinanceSummary(finance),
    },
  ];
}

/** For the leads of these teams, with the words that others may read where they are not the same. */
function ownMail(
  reports: readonly TeamReport[],
  render: (reports: readonly TeamReport[]) => RenderedMail,
): RenderedMail {
  const mail = render(reports.map(ownEdition));
  return reports.some(({ own }) => own) ? { ...mail, textForOthers: render(reports).text } : mail;
}

function ledBy(teams: readonly TeamReport[]): Map<string, TeamReport[]> {
  const byLead = new Map<string, TeamReport[]>();
  for (const report of teams)
    for (const lead of new Set(report.team.contacts)) {
      const led = byLead.get(lead);
      if (led) led.push(report);
      else byLead.set(lead, [report]);
    }
  return byLead;
}
