import { useMemo } from "react";
import { decimalOfCents } from "@apportion/domain/cents";
import type { BillingPeriod } from "@apportion/domain/period";
import { monthText } from "@apportion/reports/format";
import { centsOf, grouped, signed } from "../data/amounts.js";
import { useAnswer } from "../data/ask.js";
import type { Statement } from "../data/shapes.js";
import { WhyAmount } from "../parts/amount.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Answered } from "../parts/states.js";

type Line = Statement["lines"][number];

/** The lines of a statement. */
export function StatementTable({ team, month }: { readonly team: string; readonly month: string }) {
  const answer = useAnswer<Statement>(`/teams/${encodeURIComponent(team)}/months/${month}/statement`);
  return (
    <section className="card" aria-labelledby="statement">
      <h2 id="statement">Statement of {monthText(month as BillingPeriod)}, line by line</h2>
      <p className="quiet">
        Each amount opens where it comes from: rule, driver, facts, and the reading they were in.
      </p>
      <Answered of={answer} computing="the statement">
        {(statement) => <Lines of={statement} />}
      </Answered>
    </section>
  );
}

export function Lines({
  of: { lines, team, month, currency, total, corrections, later },
  sumOf = "Statement",
}: {
  readonly of: Statement;
  readonly sumOf?: string;
}) {
  const columns = useMemo(
    (): Column<Line>[] => [
      { id: "line", head: "Line", of: "text", value: ({ name }) => name, foot: sumOf },
      {
        id: "basis",
        head: "Why it is here",
        of: "text",
        value: ({ basis }) => BASES[basis] ?? basis,
        show: ({ basis, reason }) =>
          reason === "" ? (BASES[basis] ?? basis) : `${BASES[basis] ?? basis}: ${reason}`,
      },
      {
        id: "amount",
        head: `Amount, ${currency}`,
        of: "number",
        value: ({ amount }) => centsOf(amount),
        show: ({ amount, line, name }) => <WhyAmount of={amount} why={{ team, month, line }} label={name} />,
        foot: grouped(total),
      },
    ],
    [currency, team, month, total, sumOf],
  );
  return (
    <>
      <DataTable
        label="Lines of the statement"
        columns={columns}
        rows={lines}
        idOf={({ line }) => String(line)}
        sortedBy="amount"
      />
      {corrections.length > 0 && (
        <ul className="bullets">
          {corrections.map(({ seq, name, correctsPeriod, amount }) => (
            <li key={`${seq} ${name} ${amount}`}>
              {`Beside it: ${name} of ${monthText(correctsPeriod as BillingPeriod)}, ${currency} ${grouped(amount)} (journal ${seq})`}
            </li>
          ))}
        </ul>
      )}
      <PostedSince of={{ later, corrections, month, currency, total }} />
    </>
  );
}

/** What was posted about the month after it was closed: charged in later ones, each journal once. */
function PostedSince({
  of: { later, corrections, month, currency, total },
}: {
  readonly of: Pick<Statement, "later" | "corrections" | "month" | "currency" | "total">;
}) {
  if (later.length === 0) return null;
  const name = monthText(month as BillingPeriod);
  const journals = [...new Set(later.map(({ seq }) => seq))].map((seq) => ({
    seq,
    entries: later.filter((each) => each.seq === seq),
  }));
  const about = [...corrections.filter(({ correctsPeriod }) => correctsPeriod === month), ...later];
  return (
    <>
      <h3>Posted about {name} since</h3>
      <ul className="bullets">
        {journals.map(({ seq, entries }) => (
          <li key={seq}>
            {`${currency} ${signed(togetherOf(entries))}, ${entries[0]?.kind}, charged in ${monthText(entries[0]?.billingPeriod as BillingPeriod)} (journal ${seq}): ${entries[0]?.reason}`}
          </li>
        ))}
      </ul>
      <p>{`${name} with all that was posted about it: ${currency} ${grouped(decimalOfCents(centsOf(total) + centsOf(togetherOf(about))))}`}</p>
    </>
  );
}

function togetherOf(entries: Statement["later"]): string {
  return decimalOfCents(entries.reduce((sum, { amount }) => sum + centsOf(amount), 0n));
}

const BASES: Readonly<Record<string, string>> = {
  direct: "its own use",
  shared: "a share of what teams use together",
  idle: "idle capacity",
  corporate: "a share of the company's",
};
