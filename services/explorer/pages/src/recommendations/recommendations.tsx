import type { Day } from "@apportion/domain/period";
import { countText, dayText } from "@apportion/reports/format";
import { query, useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import { usePlace } from "../data/place.js";
import type { Recommendations as Answer } from "../data/shapes.js";
import { Deed, ReasonField } from "../decisions/deed.js";
import { useDecisions } from "../decisions/use-act.js";
import { CodeBlock } from "../document/block.js";
import { Answered } from "../parts/states.js";
import { TeamPicker } from "../parts/team-picker.js";

/** What would save how much, the largest first. */
export default function Recommendations() {
  const { teamName } = useFrame();
  const place = usePlace();
  const team = place.params.get("team") ?? undefined;
  const answer = useAnswer<Answer>(`/recommendations${query({ team })}`);
  return (
    <>
      <header className="headline">
        <p className="kicker">{team === undefined ? "All teams" : teamName(team)}</p>
        <h1>What would save</h1>
        <TeamPicker />
      </header>
      <Answered of={answer} computing="what would save, from the days that are complete">
        {(found) => <Found of={found} />}
      </Answered>
    </>
  );
}

function Found({ of: { recommendations, days } }: { readonly of: Answer }) {
  const { teamName } = useFrame();
  const resting = days ? ` from ${dayText(days.from as Day)} to ${dayText(days.to as Day)}` : "";
  return (
    <section className="card" aria-label="Recommendations">
      <p className="quiet">
        {recommendations.length === 0
          ? `Nothing is advised: of the complete days${resting} nothing would save enough to be worth the work.`
          : `${countText(recommendations.length, "recommendation")}, resting on the complete days${resting}. Savings are of a month; what is freeable is capacity, and cash only once nodes go.`}
      </p>
      <ol className="recommendations">
        {recommendations.map((each) => (
          <li key={each.id}>
            <p className="mover">
              <span>{each.headline}</span>
              <span>{each.saving}</span>
            </p>
            <p className="quiet">{`${teamName(each.owner)}: ${each.evidence}`}</p>
            <p>
              <span className="badge plain">{each.stands}</span>
            </p>
            <Deciding of={each} />
          </li>
        ))}
      </ol>
    </section>
  );
}

/** To accept it or dismiss it, for who may; for others what does so on the command line. */
function Deciding({
  of: { id, owner, commands, saving, state },
}: {
  readonly of: Answer["recommendations"][number];
}) {
  const decisions = useDecisions();
  if (!decisions) return null;
  const { advice } = decisions.may;
  const path = `/recommendations/${encodeURIComponent(id)}/decision`;
  if (advice !== "all" && !advice.includes(owner))
    return (
      <details>
        <summary>Accept or dismiss it</summary>
        {commands.map((command) => (
          <CodeBlock key={command} text={command} />
        ))}
      </details>
    );
  return (
    <div className="deeds">
      {state !== "accepted" && (
        <Deed label="Accept it" confirm="Accept it" path={path} body={() => ({ decision: "accepted" })}>
          <p>{`${saving}. What it saves is measured from tomorrow on; nothing is changed on any cluster by it.`}</p>
        </Deed>
      )}
      <Deed
        label="Dismiss it"
        confirm="Dismiss it"
        path={path}
        body={({ reason, until }) => ({ decision: "dismissed", reason, ...(until && { until }) })}
      >
        <p>It is not said again, or not until a day.</p>
        <ReasonField label="Why; whoever sees it again asks" />
        <label>
          <span>Until this day, UTC; for good where it is empty</span>
          <input type="date" name="until" />
        </label>
      </Deed>
    </div>
  );
}
