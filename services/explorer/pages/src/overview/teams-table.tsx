import { useMemo } from "react";
import { decimalOfCents } from "@apportion/domain/cents";
import type { BillingPeriod } from "@apportion/domain/period";
import { monthText } from "@apportion/reports/format";
import { centsOf, grouped } from "../data/amounts.js";
import { useFrame } from "../data/frame.js";
import { percentOf } from "../data/percent.js";
import { toPage, usePlace } from "../data/place.js";
import type { Overview } from "../data/shapes.js";
import { changesOf, Difference, WhyAmount } from "../parts/amount.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Link } from "../parts/link.js";
import { Meter } from "../parts/meter.js";

type Row = Partial<Overview["teams"][number]> & {
  readonly team: string;
  readonly name: string;
  readonly amount: string;
};

/** Every team beside its budget, and what is on no team's statement: rows that add up to the headline. */
export function TeamsTable({ of }: { readonly of: Overview }) {
  const { teamName } = useFrame();
  const place = usePlace();
  const { currency, month, teams, beside, total, compared } = of;
  const rows = useMemo(
    (): Row[] => [
      ...teams,
      ...beside.map(({ of: kind, amount, before }) => ({
        team: kind,
        name: teamName(kind),
        amount,
        ...(before !== undefined && { before, difference: differenceOf(amount, before) }),
      })),
    ],
    [teams, beside, teamName],
  );
  const columns = useMemo(
    (): Column<Row>[] => [
      {
        id: "team",
        head: "Who pays",
        of: "text",
        value: ({ name }) => name,
        show: ({ team, name, costCenter }) =>
          costCenter === undefined ? (
            <Link to={toPage(place, "/report")}>{name}</Link>
          ) : (
            <Link to={toPage(place, `/teams/${encodeURIComponent(team)}`)}>{name}</Link>
          ),
        foot: "All",
      },
      {
        id: "amount",
        head: `Charged, ${currency}`,
        of: "number",
        value: ({ amount }) => centsOf(amount),
        show: ({ team, amount, name }) => <WhyAmount of={amount} why={{ team, month }} label={name} />,
        foot: grouped(total),
      },
      {
        id: "used",
        head: "Of budget",
        of: "number",
        value: ({ used, budget }) =>
          used === undefined || budget === undefined ? undefined : percentOf(centsOf(used), centsOf(budget)),
        show: (row) => <BudgetUse row={row} currency={currency} />,
      },
      {
        id: "expected",
        head: `Expected, ${currency}`,
        of: "number",
        value: ({ expected }) => expected && centsOf(expected),
        show: ({ expected, budget }) =>
          expected === undefined ? (
            ""
          ) : (
            <span
              className={budget !== undefined && centsOf(expected) > centsOf(budget) ? "over" : undefined}
            >
              {grouped(expected)}
            </span>
          ),
      },
      {
        id: "budget",
        head: `Budget, ${currency}`,
        of: "number",
        value: ({ budget }) => budget && centsOf(budget),
        show: ({ budget, costCenter }) =>
          budget === undefined ? (
            <span className="quiet">{costCenter === undefined ? "" : "none"}</span>
          ) : (
            grouped(budget)
          ),
      },
      {
        id: "difference",
        head: compared ? `Against ${monthText(compared.month as BillingPeriod)}` : "Against before",
        of: "number",
        value: ({ difference }) => difference && centsOf(difference),
        show: ({ team, name, difference }) => (
          <Difference of={difference} reason={changesOf(place, team)} label={name} />
        ),
        ...(compared && { foot: <Difference of={compared.difference} /> }),
      },
    ],
    [place, currency, month, total, compared],
  );
  return (
    <section className="card" aria-labelledby="teams-heading">
      <h2 id="teams-heading">Every team beside its budget</h2>
      <DataTable
        label="Teams"
        columns={columns}
        rows={rows}
        idOf={({ team }) => team}
        sortedBy="amount"
        asCards
      />
      {teams.some(({ unsettled }) => centsOf(unsettled) !== 0n) && (
        <p className="quiet">
          {`Charged has ${currency} ${grouped(decimalOfCents(sumOf(teams)))} that is not settled: what AWS has not billed yet, or a reading is missing for. Of budget counts what is settled alone, as alerts do.`}
        </p>
      )}
      {compared && !compared.isWhole && (
        <p className="quiet">{`The last column compares the same ${compared.days.now} days of both months.`}</p>
      )}
    </section>
  );
}

function sumOf(teams: Overview["teams"]): bigint {
  return teams.reduce((sum, { unsettled }) => sum + centsOf(unsettled), 0n);
}

function differenceOf(now: string, before: string): string {
  return decimalOfCents(centsOf(now) - centsOf(before));
}

function BudgetUse({
  row: { used, budget, expected, name },
  currency,
}: {
  readonly row: Row;
  readonly currency: string;
}) {
  if (used === undefined || budget === undefined) return "";
  const percent = percentOf(centsOf(used), centsOf(budget));
  return (
    <span className="budget-use">
      <Meter
        used={centsOf(used)}
        expected={expected === undefined ? undefined : centsOf(expected)}
        budget={centsOf(budget)}
        label={`${name}: ${currency} ${grouped(used)} of ${grouped(budget)} used${
          expected === undefined ? "" : `, ${grouped(expected)} expected`
        }`}
      />
      <span className="percent">{percent === undefined ? "" : `${percent} %`}</span>
    </span>
  );
}
