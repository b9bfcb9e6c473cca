import type { BillingPeriod } from "@apportion/domain/period";
import { monthText } from "@apportion/reports/format";
import { query, useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import type { Overview } from "../data/shapes.js";
import { TeamsTable } from "../overview/teams-table.js";
import { Answered } from "../parts/states.js";

/** All teams of a month, and what is on no team's statement. */
export default function Teams() {
  const { month } = useFrame();
  const name = monthText(month.month as BillingPeriod);
  const answer = useAnswer<Overview>(`/overview${query({ month: month.month })}`);
  return (
    <>
      <header className="headline">
        <p className="kicker">{name}</p>
        <h1>Teams</h1>
      </header>
      <Answered of={answer} computing={`${name} for all teams`}>
        {(overview) => <TeamsTable of={overview} />}
      </Answered>
    </>
  );
}
