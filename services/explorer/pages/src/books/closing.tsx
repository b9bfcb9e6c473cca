import type { Gates } from "../data/shapes.js";
import { Deed, ReasonField } from "../decisions/deed.js";
import { useDecisions } from "../decisions/use-act.js";
import { WaitingDecision } from "../decisions/waiting-decision.js";
import { CodeBlock } from "../document/block.js";

/** What somebody may do about a month that is open: prepare its close, approve what another prepared, or read who may. */
export function Closing({
  of: { month, canClose, canOverride, command },
  name,
}: {
  readonly of: Gates;
  readonly name: string;
}) {
  const decisions = useDecisions();
  if (!decisions) return null;
  const waiting = decisions.waiting.find(({ act, about }) => act === "close" && about === month);
  if (waiting) return <WaitingDecision of={waiting} />;
  if (!canClose && !canOverride) return null;
  const { close, override } = decisions.may;
  if (!close)
    return (
      <>
        <p className="quiet">{decisions.why}</p>
        {canClose && <CodeBlock text={command} />}
      </>
    );
  if (!canClose && !override)
    return <p className="quiet">Finance may close it all the same, with a reason that stays on record.</p>;
  return (
    <div className="deeds">
      <Deed
        label={canClose ? `Prepare the close of ${name}` : `Prepare the close of ${name} all the same`}
        confirm="Put it on record for approval"
        path="/decisions"
        body={({ reason }) => ({ act: "close", about: month, ...(!canClose && { reason }) })}
      >
        <p>
          {`Nothing is posted by that. Somebody else has to approve it within seven days; only then is ${name} computed again, and closed if every gate ${canClose ? "still passes" : "but that one passes"}.`}
        </p>
        {!canClose && (
          <ReasonField label="Why it may be closed although too little of the bill is attributed; it stays in the ledger" />
        )}
      </Deed>
    </div>
  );
}
