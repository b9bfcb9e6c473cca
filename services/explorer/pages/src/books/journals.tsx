import type { BillingPeriod } from "@apportion/domain/period";
import { monthText } from "@apportion/reports/format";
import { grouped } from "../data/amounts.js";
import { useFrame } from "../data/frame.js";
import type { Journals } from "../data/shapes.js";
import { WhyAmount } from "../parts/amount.js";
import { ScrollTable } from "../parts/scroll-table.js";

/** Journals in the order in which they were posted; each holds the hash of the one before it. */
export function JournalList({ of: { journals, currency, head } }: { readonly of: Journals }) {
  if (journals.length === 0)
    return <p className="quiet">Nothing is posted yet: the first close posts the first statements.</p>;
  return (
    <>
      <ScrollTable label="Journals">
        <thead>
          <tr>
            <th scope="col">Journal</th>
            <th scope="col">Month</th>
            <th scope="col">Posted, UTC</th>
            <th scope="col">Prepared by, approved by</th>
            <th scope="col">To whom</th>
            <th scope="col" className="number">{`Amount, ${currency}`}</th>
          </tr>
        </thead>
        <tbody>
          {journals.map((journal) => (
            <tr key={journal.seq}>
              <th scope="row">
                {`${journal.seq}, ${journal.kind}`}
                <br />
                <small className="quiet">{`${journal.previousHash.slice(0, 8)} → ${journal.hash.slice(0, 8)}`}</small>
              </th>
              <td>
                {monthText(journal.billingPeriod as BillingPeriod)}
                {journal.correctsPeriod !== "" && (
                  <small className="quiet">{`, corrects ${monthText(journal.correctsPeriod as BillingPeriod)}`}</small>
                )}
              </td>
              <td>{journal.postedAt.slice(0, 16).replace("T", " ")}</td>
              <td>
                {[journal.preparedBy, journal.approvedBy].filter((name) => name !== "").join(", ")}
                {journal.reason !== "" && <small className="quiet">{` ${journal.reason}`}</small>}
              </td>
              <td>
                <Payers of={journal} />
              </td>
              <td className="number">{grouped(journal.amount)}</td>
            </tr>
          ))}
        </tbody>
      </ScrollTable>
      <p className="quiet">
        {`The chain ends at journal ${head.seq} with ${head.hash.slice(0, 16)}…; `}
        <code>apportion verify</code> follows it from its beginning.
      </p>
    </>
  );
}

/** A payer's amount opens the month's statement, beside which what was posted later stands. */
function Payers({ of: { payers, billingPeriod, seq } }: { readonly of: Journals["journals"][number] }) {
  const { teamName } = useFrame();
  return (
    <details>
      <summary>{payers.length === 1 ? "1 payer" : `${payers.length} payers`}</summary>
      <ul>
        {payers.map(({ payer, amount }) => (
          <li key={payer}>
            {`${teamName(payer)} `}
            <WhyAmount
              of={amount}
              why={{ team: payer, month: billingPeriod }}
              label={`${teamName(payer)}, journal ${seq}`}
            />
          </li>
        ))}
      </ul>
    </details>
  );
}
