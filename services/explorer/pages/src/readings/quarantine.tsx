import type { Day } from "@apportion/domain/period";
import { dayText } from "@apportion/reports/format";
import { exactCents, grouped } from "../data/amounts.js";
import type { Quarantined } from "../data/shapes.js";
import { Deed, ReasonField } from "../decisions/deed.js";
import { useDecisions } from "../decisions/use-act.js";
import { WaitingDecision } from "../decisions/waiting-decision.js";
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
          : `${waiting === 1 ? "1 waits" : `${waiting} wait`} for two people: one who prepares, another who approves. Until then the reading before it counts.`}
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
        <span className={`badge ${of.isPending ? "" : "plain"}`}>
          {of.isPending ? "waits" : of.decision || "not needed"}
        </span>
      </h3>
      <p>{of.reason}</p>
      <p className="quiet">
        {`It says ${of.unit} ${grouped(exactCents(of.amount))} in ${of.rows} rows, read ${of.readAt.slice(0, 16).replace("T", " ")} UTC; ${of.unit} ${grouped(exactCents(of.visibleAmount))} counts now. Id ${of.id}.`}
      </p>
      {!of.isPending && (
        <p className="quiet">
          {of.decision === ""
            ? "It needs no decision any more: a later reading of the same period counts."
            : `Prepared by ${of.preparedBy}, approved by ${of.decidedBy}: ${of.decisionReason}`}
        </p>
      )}
      {of.isPending && <Deciding of={of} />}
    </>
  );
}

/** What somebody may do about a reading that waits: prepare what becomes of it, approve what another prepared, or read who may. */
function Deciding({ of: { id, commands } }: { readonly of: Held }) {
  const decisions = useDecisions();
  if (!decisions) return null;
  const waiting = decisions.waiting.find(({ act, about }) => act !== "close" && about === id);
  if (waiting) return <WaitingDecision of={waiting} />;
  if (!decisions.may.readings)
    return (
      <>
        <p className="quiet">{decisions.why}</p>
        {commands.map((command) => (
          <CodeBlock key={command} text={command} />
        ))}
      </>
    );
  return (
    <div className="deeds">
      <Prepare act="release" about={id} label="Prepare its release">
        What it says counts for its period, once somebody else approves it within seven days.
      </Prepare>
      <Prepare act="drop" about={id} label="Prepare its drop">
        It never counts, once somebody else approves it within seven days; what counts now goes on to.
      </Prepare>
    </div>
  );
}

function Prepare({
  act,
  about,
  label,
  children,
}: {
  readonly act: "release" | "drop";
  readonly about: string;
  readonly label: string;
  readonly children: string;
}) {
  return (
    <Deed
      label={label}
      confirm="Put it on record for approval"
      path="/decisions"
      body={({ reason }) => ({ act, about, reason })}
    >
      <p>{children}</p>
      <ReasonField label="Why; it stays on record" />
    </Deed>
  );
}
