import type { BillingPeriod } from "@apportion/domain/period";
import { monthText } from "@apportion/reports/format";
import { useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import { toPage, usePlace } from "../data/place.js";
import type { Gates, Journals, Reconciliation } from "../data/shapes.js";
import { Link } from "../parts/link.js";
import { Answered } from "../parts/states.js";
import { Words } from "../parts/words.js";
import { Adjustments } from "./adjustments.js";
import { Closing } from "./closing.js";
import { JournalList } from "./journals.js";
import { Reconciled } from "./reconciled.js";

/** Whether a month may be closed and what is missing, from the invoice to what is charged, and what was posted. */
export default function Books() {
  const { month } = useFrame();
  const name = monthText(month.month as BillingPeriod);
  const gates = useAnswer<Gates>(`/months/${month.month}/gates`);
  const reconciliation = useAnswer<Reconciliation>(`/months/${month.month}/reconciliation`);
  const journals = useAnswer<Journals>("/journals");
  return (
    <>
      <header className="headline">
        <p className="kicker">{name}</p>
        <h1>Books</h1>
      </header>
      <section className="card" aria-labelledby="gates">
        <h2 id="gates">{`May ${name} be closed?`}</h2>
        <Answered of={gates} computing={`the gates of ${name}: each line is computed again`}>
          {(found) => (
            <GateList of={found} name={name} preparedBy={month.preparedBy} approvedBy={month.approvedBy} />
          )}
        </Answered>
      </section>
      <Adjustments />
      <section className="card" aria-labelledby="reconciled">
        <h2 id="reconciled">From the invoice to what is charged</h2>
        <Answered of={reconciliation} computing={`the bill of ${name} against what was attributed`}>
          {(found) => <Reconciled of={found} />}
        </Answered>
      </section>
      <section className="card" aria-labelledby="journals">
        <h2 id="journals">What was posted</h2>
        <Answered of={journals} computing="the journals">
          {(found) => <JournalList of={found} />}
        </Answered>
      </section>
    </>
  );
}

function GateList({
  of,
  name,
  preparedBy,
  approvedBy,
}: {
  readonly of: Gates;
  readonly name: string;
  readonly preparedBy: string;
  readonly approvedBy: string;
}) {
  const place = usePlace();
  const { isClosed, canClose, gates } = of;
  if (isClosed)
    return (
      <p>
        {`${name} is closed: prepared by ${preparedBy}, approved by ${approvedBy}. What its sources say later is charged as a correction of a later month.`}
      </p>
    );
  const missing = gates.filter(({ passed }) => !passed).length;
  return (
    <>
      <p>
        <span className={`badge ${canClose ? "good" : "bad"}`}>
          {canClose
            ? "yes"
            : `not yet: ${missing} of ${gates.length} gates ${missing === 1 ? "does" : "do"} not pass`}
        </span>{" "}
        {canClose
          ? "All gates are passed. Two people close it: who prepares it and who approves it."
          : "What is missing, and what mends it:"}
      </p>
      <ul className="gates">
        {gates
          .toSorted((a, b) => Number(a.passed) - Number(b.passed))
          .map((gate) => (
            <li key={gate.name}>
              <span className={`dot ${gate.passed ? "good" : "bad"}`} aria-hidden="true" />
              <div>
                <p>
                  <strong>{gate.name.replaceAll("-", " ")}</strong>
                  <span className="unseen">{gate.passed ? ", passed" : ", not passed"}</span>{" "}
                  <Words text={gate.says} />
                </p>
                {gate.remedy !== "" && (
                  <p>
                    To mend it: <Words text={gate.remedy} />
                    {gate.name === "quarantine" && (
                      <>
                        {" "}
                        <Link to={toPage(place, "/readings")}>Look at what is held back</Link>
                      </>
                    )}
                  </p>
                )}
              </div>
            </li>
          ))}
      </ul>
      <Closing of={of} name={name} />
    </>
  );
}
