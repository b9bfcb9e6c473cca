import type { Day } from "@apportion/domain/period";
import { dayText } from "@apportion/reports/format";
import { Deed, UnderWay } from "./deed.js";
import type { Waiting } from "./use-act.js";

/** What somebody prepared: who may approve it, what it comes to, and why it cannot be approved by whoever looks. */
export function WaitingDecision({ of }: { readonly of: Waiting }) {
  return (
    <div className="waits">
      <p>
        <span className="badge">waits for approval</span>{" "}
        {`${of.title}: prepared by ${of.preparedBy} on ${timeText(of.preparedAt)}. It can be approved until ${timeText(of.expiresAt)}.`}
      </p>
      {of.reason !== "" && <p>{`Why: ${of.reason}`}</p>}
      <p>{of.effect}</p>
      {of.underWay && (
        <>
          <p>{`${of.underWay.by} approved it.`}</p>
          <UnderWay of={of.underWay} />
        </>
      )}
      {!of.mayApprove && <p className="quiet">{of.whyNot}</p>}
      {(of.mayApprove || of.mayWithdraw) && (
        <div className="deeds">
          {of.mayApprove && (
            <Deed
              label={`Approve: ${lowerFirst(of.title)}`}
              confirm={of.title}
              path={`/decisions/${of.id}/approve`}
              body={() => ({})}
            >
              <p>{`It is done at once, and put on record that ${of.preparedBy} prepared it and you approved it.`}</p>
            </Deed>
          )}
          {of.mayWithdraw && (
            <Deed
              label="Withdraw it"
              confirm="Withdraw it"
              path={`/decisions/${of.id}/withdraw`}
              body={() => ({})}
            >
              <p>It cannot be approved any more; whoever may can prepare it again.</p>
            </Deed>
          )}
        </div>
      )}
    </div>
  );
}

/** `2026-11-25T10:00:00.000Z` → `25 Nov 2026, 10:00 UTC` */
function timeText(at: string): string {
  return `${dayText(at.slice(0, 10) as Day)}, ${at.slice(11, 16)} UTC`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
