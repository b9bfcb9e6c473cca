import type { BillingPeriod, Day } from "@apportion/domain/period";
import { dayText, monthText } from "@apportion/reports/format";
import { changeInPercent, centsOf, grouped, signed } from "../data/amounts.js";
import { query, useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import { toPage, usePlace } from "../data/place.js";
import type { Overview as Answer } from "../data/shapes.js";
import { Difference, ReasonAmount } from "../parts/amount.js";
import { Link } from "../parts/link.js";
import { Answered } from "../parts/states.js";
import { DaysChart, TrendChart } from "./charts.js";
import { Movers } from "./movers.js";
import { TeamsTable } from "./teams-table.js";
import { Waiting } from "./waiting.js";

/** A month at a glance: what it is, what changed, whose budget is in danger, and what is open. */
export function Overview() {
  const { month } = useFrame();
  const answer = useAnswer<Answer>(`/overview${query({ month: month.month })}`);
  return (
    <Answered of={answer} computing={`${monthText(month.month as BillingPeriod)} for all teams`}>
      {(overview) => (
        <>
          <Headline of={overview} />
          <div className="two-columns">
            <DaysChart of={overview} />
            <TrendChart of={overview} />
          </div>
          <div className="two-columns">
            <Movers month={overview.month} />
            <Waiting of={overview} />
          </div>
          <TeamsTable of={overview} />
        </>
      )}
    </Answered>
  );
}

function Headline({ of }: { readonly of: Answer }) {
  const { currency, month, total, corrections, edition, asOf, compared, attributed, reasons } = of;
  const name = monthText(month as BillingPeriod);
  const { everybody } = useFrame();
  const place = usePlace();
  return (
    <header className="headline">
      <p className="kicker">
        {name} <span className={`badge ${edition}`}>{edition === "final" ? "posted" : "provisional"}</span>
      </p>
      <h1>
        <span className="unit">{currency}</span>{" "}
        <ReasonAmount
          of={total}
          reason={{ to: toPage(place, "/explore"), says: "by team" }}
          label={`${everybody}, ${name}`}
        />
      </h1>
      <p className="quiet">
        {edition === "final"
          ? `Paid by ${everybody} for ${name}: closed, and posted.`
          : `Paid by ${everybody} for ${name} so far, as of ${dayText(asOf as Day)}. Days are UTC.`}
      </p>
      {compared && (
        <p>
          <strong>
            {`${currency} `}
            <Difference
              of={compared.difference}
              reason={{ to: toPage(place, "/changes", { before: compared.month }), says: "what changed" }}
              label={everybody}
            />
          </strong>
          {` (${changeInPercent(centsOf(compared.before), centsOf(compared.now)) ?? "nothing before"}) against ${
            compared.isWhole ? "" : `the same ${compared.days.before} days of `
          }${monthText(compared.month as BillingPeriod)}. `}
          <Link to={toPage(place, "/changes", { before: compared.month })}>What changed</Link>
        </p>
      )}
      {centsOf(corrections) !== 0n && (
        <p className="quiet">
          {`Beside the statements ${currency} ${signed(corrections)} of earlier months are charged; they are not in these amounts, and are counted in `}
          <Link to={toPage(place, "/changes")}>What changed</Link>.
        </p>
      )}
      {reasons.length > 0 && (
        <details>
          <summary>Why it is provisional</summary>
          <ul>
            {reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </details>
      )}
      {attributed && (
        <p className="quiet">{`${currency} ${grouped(attributed.amount)} of ${grouped(attributed.of)} are attributed to who caused them.`}</p>
      )}
    </header>
  );
}
