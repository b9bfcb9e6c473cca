import { useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import { toPage, usePlace } from "../data/place.js";
import type { Movers as Answer } from "../data/shapes.js";
import { changesOf, Difference, ReasonAmount } from "../parts/amount.js";
import { Link } from "../parts/link.js";
import { Answered } from "../parts/states.js";

/** Whose statements moved most, and what did it: every workload is read for it, so the page does not wait. */
export function Movers({ month }: { readonly month: string }) {
  const answer = useAnswer<Answer>(`/months/${month}/movers`);
  return (
    <section className="card" aria-labelledby="movers">
      <h2 id="movers">
        What changed most
        {answer.data && (
          <>
            , <span className="quiet">{answer.data.currency}</span>
          </>
        )}
      </h2>
      <Answered of={answer} computing="what changed, workload by workload">
        {(found) => <MoverList of={found} />}
      </Answered>
    </section>
  );
}

function MoverList({ of: { movers, comparedWith } }: { readonly of: Answer }) {
  const { me, teamName } = useFrame();
  const place = usePlace();
  return (
    <>
      {movers.length === 0 && (
        <p className="quiet">
          {comparedWith === undefined
            ? "There is no month before to compare with."
            : me.teams === "all"
              ? "No statement moved."
              : "None of your statements is among those of the company that moved most."}
        </p>
      )}
      <ul className="movers">
        {movers.map(({ payer, difference, reasons }) => (
          <li key={payer}>
            <p className="mover">
              <Link to={toPage(place, "/changes", { team: payer })}>{teamName(payer)}</Link>
              <Difference of={difference} reason={changesOf(place, payer)} label={teamName(payer)} />
            </p>
            {reasons.length > 0 && (
              <ul className="quiet">
                {reasons.map(({ what, amount }) => (
                  <li key={what}>
                    <span>{what}</span>
                    <span>
                      <ReasonAmount of={amount} reason={changesOf(place, payer)} signed label={what} />
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
