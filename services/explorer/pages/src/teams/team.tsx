import type { BillingPeriod } from "@apportion/domain/period";
import type { Block } from "@apportion/reports/document/document";
import { monthText } from "@apportion/reports/format";
import { useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import type { Json } from "../data/json.js";
import { toPage, usePlace } from "../data/place.js";
import type { Report } from "../data/shapes.js";
import { Blocks } from "../document/block.js";
import { Link } from "../parts/link.js";
import { Answered } from "../parts/states.js";
import { StatementTable } from "./statement-table.js";

/** A team's month: the report that it is mailed, and its statement, each line of which opens where it comes from. */
export default function Team({ parts: [team = ""] }: { readonly parts: readonly string[] }) {
  const { month, teamName } = useFrame();
  const place = usePlace();
  const name = monthText(month.month as BillingPeriod);
  const path = `/teams/${encodeURIComponent(team)}/months/${month.month}`;
  const report = useAnswer<Report>(`${path}/report`);
  return (
    <Answered of={report} computing={`${name} of ${teamName(team)}`}>
      {({ document, edition, currency }) => {
        const blocks = document.blocks as unknown as readonly Json<Block>[];
        const statement = { team, month: month.month };
        const head = blocks.filter(({ kind }) => kind !== "section");
        return (
          <>
            <header className="headline">
              <p className="kicker">
                {document.kicker}{" "}
                <span className={`badge ${edition}`}>{edition === "final" ? "posted" : "provisional"}</span>
              </p>
              <h1>{document.heading}</h1>
              <p className="links">
                <Link to={toPage(place, "/explore", { team, group: "category" })}>Explore</Link>
                <Link to={toPage(place, "/changes", { team })}>What changed</Link>
                <Link to={toPage(place, "/shared", { team })}>Shared services</Link>
                <Link to={toPage(place, "/recommendations", { team })}>What would save</Link>
              </p>
            </header>
            <div className="card">
              <Blocks of={head} currency={currency} statement={statement} />
            </div>
            <StatementTable team={team} month={month.month} />
            <div className="sections">
              <Blocks
                of={blocks.filter(({ kind }) => kind === "section")}
                currency={currency}
                statement={statement}
              />
            </div>
            <footer className="small-print">
              {document.footer.map((line) => (
                <p key={line}>{line}</p>
              ))}
            </footer>
          </>
        );
      }}
    </Answered>
  );
}
