import type { BillingPeriod } from "@apportion/domain/period";
import { KEPT_APART } from "@apportion/domain/statement";
import { monthText } from "@apportion/reports/format";
import { useFrame } from "../data/frame.js";
import { Deed, ReasonField } from "../decisions/deed.js";
import { useDecisions } from "../decisions/use-act.js";
import { WaitingDecision } from "../decisions/waiting-decision.js";

/** Amounts that wait to be moved, and for who may a form to propose another; nothing for whoever has to do with neither. */
export function Adjustments() {
  const decisions = useDecisions();
  const { month, currency } = useFrame();
  const waiting = decisions?.waiting.filter(({ act }) => act === "adjust" || act === "decide") ?? [];
  if (!decisions || (waiting.length === 0 && !decisions.may.adjust)) return null;
  return (
    <section className="card" aria-labelledby="adjustments">
      <h2 id="adjustments">Adjustments and decisions</h2>
      {waiting.map((each) => (
        <WaitingDecision key={each.id} of={each} />
      ))}
      {decisions.may.adjust && (
        <div className="deeds">
          <Deed
            label="Propose an adjustment"
            confirm="Put it on record for approval"
            path="/adjustments"
            body={(said) => said}
          >
            <p>
              Moves an amount from one payer to another, or from one month to another. Nothing moves until
              somebody else approves it; then it is posted into the open month.
            </p>
            <PayerField name="from" label="Who pays less" />
            <PayerField name="to" label="Who pays more" />
            <label>
              <span>{`Amount, ${currency}`}</span>
              <input
                name="amount"
                required
                inputMode="decimal"
                pattern="\d{1,15}(\.\d{1,2})?"
                title="such as 120.50"
              />
            </label>
            <MonthField name="month" label="Less in" initial={month.month} />
            <MonthField name="toMonth" label="More in" initial={month.month} />
            <ReasonField label="Why; it stands on statements and in the ledger" />
          </Deed>
        </div>
      )}
    </section>
  );
}

function PayerField({ name, label }: { readonly name: string; readonly label: string }) {
  const { me, teamName } = useFrame();
  return (
    <label>
      <span>{label}</span>
      <select name={name} required defaultValue="">
        <option value="" disabled>
          Choose
        </option>
        {[...me.teamNames.map(({ id }) => id), ...KEPT_APART].map((id) => (
          <option key={id} value={id}>
            {teamName(id)}
          </option>
        ))}
      </select>
    </label>
  );
}

function MonthField({
  name,
  label,
  initial,
}: {
  readonly name: string;
  readonly label: string;
  readonly initial: string;
}) {
  const { months } = useFrame();
  return (
    <label>
      <span>{label}</span>
      <select name={name} defaultValue={initial}>
        {months.toReversed().map(({ month }) => (
          <option key={month} value={month}>
            {monthText(month as BillingPeriod)}
          </option>
        ))}
      </select>
    </label>
  );
}
