import type { Day } from "@apportion/domain/period";
import { dayText } from "@apportion/reports/format";
import { exactCents, grouped } from "../data/amounts.js";
import type { Quarantined } from "../data/shapes.js";
import { CodeBlock } from "../document/block.js";

type Held = Quarantined["readings"][number];

/** What was held back, why, and what was decided. */
export function Quarantine({ of: { readings, waiting } }: { readonly of: Quarantined }) {
  if (readings.length === 0)
    return <p className="quiet">None: every reading was like those before it, so all of them count.</p>;
  return (
    <>
      <p>
        {waiting === 0
          ? "All are decided."
          : `${waiting === 1 ? "1 waits" : `${waiting} wait`} for two people: one who proposes, another who agrees. Until then the reading before it counts.`}
      </p>
      <ul className="held">
        {readings.map((each) => (
          <li key={each.id}>
            <Evidence of={each} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Evidence({ of }: { readonly of: Held }) {
  return (
    <>
      <h3>
        {`${of.dataset} of ${of.source}, ${of.scope}, ${dayText(of.day as Day)}`}{" "}
        <span className={`badge ${of.isPending ? "" : "plain"}`}>{of.isPending ? "waits" : of.decision}</span>
      </h3>
      <p>{of.reason}</p>
      <p className="quiet">
        {`It says ${of.unit} ${grouped(exactCents(of.amount))} in ${of.rows} rows, read ${of.readAt.slice(0, 16).replace("T", " ")} UTC; ${of.unit} ${grouped(exactCents(of.visibleAmount))} counts now. Id ${of.id}.`}
      </p>
      {!of.isPending && <p className="quiet">{`Decided by ${of.decidedBy}: ${of.decisionReason}`}</p>}
      {of.commands.map((command) => (
        <CodeBlock key={command} text={command} />
      ))}
    </>
  );
}
