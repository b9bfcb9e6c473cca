import type { BillingPeriod, Day } from "@apportion/domain/period";
import { dayText, monthText } from "@apportion/reports/format";
import { type Place, toPage, usePlace } from "../data/place.js";
import type { Overview } from "../data/shapes.js";
import { Link } from "../parts/link.js";
import { Words } from "../parts/words.js";
import { useDecisions, type Waiting as Waits } from "../decisions/use-act.js";

/** Where what waits can be approved. */
const PLACES: Readonly<Record<Waits["act"], (place: Place, about: string) => string>> = {
  close: (place, about) => toPage(place, "/books", { month: about }),
  adjust: (place) => toPage(place, "/books"),
  decide: (place) => toPage(place, "/books"),
  release: (place) => toPage(place, "/readings"),
  drop: (place) => toPage(place, "/readings"),
};

/** What is open before the month can be closed. */
export function Waiting({
  of: { waiting, quarantined, edition, month, settlesOn },
}: {
  readonly of: Overview;
}) {
  const place = usePlace();
  const name = monthText(month as BillingPeriod);
  const decisions = useDecisions()?.waiting ?? [];
  const isOpen = waiting.length > 0 || quarantined > 0 || decisions.length > 0;
  return (
    <section className="card" aria-labelledby="waiting">
      <h2 id="waiting">Open before {name} can be closed</h2>
      {edition === "final" && <p>{name} is closed; what comes later is a correction beside it.</p>}
      {edition !== "final" && !isOpen && (
        <p>Nothing that is known. The gates are computed on the page of the books.</p>
      )}
      <ul className="plain-list">
        {waiting.map(({ gate, says }) => (
          <li key={gate}>
            <strong>{gate.replaceAll("-", " ")}</strong>: <Words text={says} />
          </li>
        ))}
        {quarantined > 0 && (
          <li>
            <Link to={toPage(place, "/readings")}>
              {quarantined === 1 ? "1 reading is held back" : `${quarantined} readings are held back`}
            </Link>{" "}
            until two people decide
          </li>
        )}
        {decisions.map(({ id, act, about, title, preparedBy, mayApprove }) => (
          <li key={id}>
            <Link to={PLACES[act](place, about)}>{title}</Link>
            {`: prepared by ${preparedBy}, waits for ${mayApprove ? "you or somebody else" : "somebody else"} to approve it`}
          </li>
        ))}
        {settlesOn && <li>Leads can object until {dayText(settlesOn as Day)}.</li>}
      </ul>
      <p>
        <Link to={toPage(place, "/books")}>Gates of {name}</Link>
      </p>
    </section>
  );
}
