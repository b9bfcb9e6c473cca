import type { BillingPeriod } from "@apportion/domain/period";
import { monthText } from "@apportion/reports/format";
import { useFrame } from "../data/frame.js";
import { toPage, usePlace } from "../data/place.js";
import { ReportPage, useReport } from "../document/report.js";
import { Link } from "../parts/link.js";
import { Answered } from "../parts/states.js";
import { StatementTable } from "./statement-table.js";

/** A team's month: the report that it is mailed, and its statement, each line of which opens where it comes from. */
export default function Team({ parts: [team = ""] }: { readonly parts: readonly string[] }) {
  const { month, teamName } = useFrame();
  const place = usePlace();
  const name = monthText(month.month as BillingPeriod);
  const { of, rest } = useReport(`/teams/${encodeURIComponent(team)}/months/${month.month}/report`);
  return (
    <Answered of={of} computing={`${name} of ${teamName(team)}`}>
      {(report) => (
        <ReportPage
          of={report}
          rest={rest}
          statement={{ team, month: month.month }}
          links={
            <>
              <Link to={toPage(place, "/explore", { team, group: "category" })}>Explore</Link>
              <Link to={toPage(place, "/changes", { team })}>What changed</Link>
              <Link to={toPage(place, "/shared", { team })}>Shared services</Link>
              <Link to={toPage(place, "/recommendations", { team })}>What would save</Link>
            </>
          }
        >
          <StatementTable team={team} month={month.month} />
        </ReportPage>
      )}
    </Answered>
  );
}
