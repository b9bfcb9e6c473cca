import { useFrame } from "../data/frame.js";
import { toPage, usePlace } from "../data/place.js";
import type { Overview } from "../data/shapes.js";
import { changesOf, Difference, ReasonAmount } from "../parts/amount.js";
import { Link } from "../parts/link.js";

/** Whose statements moved most, and what did it. */
export function Movers({ of: { movers, currency, compared } }: { readonly of: Overview }) {
  const { teamName } = useFrame();
  const place = usePlace();
  return (
    <section className="card" aria-labelledby="movers">
      <h2 id="movers">
        What changed most, <span className="quiet">{currency}</span>
      </h2>
      {movers.length === 0 && (
        <p className="quiet">
          {compared ? "No statement moved." : "There is no month before to compare with."}
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
    </section>
  );
}
