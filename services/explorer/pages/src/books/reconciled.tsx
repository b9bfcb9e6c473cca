import { useMemo } from "react";
import type { Chart } from "@apportion/reports/document/document";
import { ChartFigure } from "../charts/chart.js";
import { centsOf, exactCents, grouped } from "../data/amounts.js";
import type { Reconciliation } from "../data/shapes.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { decimalOfCents } from "@apportion/domain/cents";

type Row = Reconciliation["rows"][number];

/** What was attributed against what was billed, and what the difference is. */
export function Reconciled({ of }: { readonly of: Reconciliation }) {
  const { currency, hasBill, accuracyPercent, attributed, missed, billed, waterfall, rows, residuals } = of;
  const chart = useMemo(
    (): Chart => ({
      kind: "chart",
      shape: "waterfall",
      title: "From the invoice to what is charged",
      says: waterfall.map(({ name, exact }) => `${name} ${grouped(exactCents(exact))}`).join(", "),
      labels: waterfall.map(({ name }) => name),
      series: [
        {
          name: "Sums",
          colour: "total",
          cents: waterfall.map(({ exact }, at) =>
            isEnd(at, waterfall.length) ? centsOf(exactCents(exact)) : undefined,
          ),
        },
        {
          name: "Steps",
          colour: "up",
          cents: waterfall.map(({ exact }, at) =>
            isEnd(at, waterfall.length) ? undefined : centsOf(exactCents(exact)),
          ),
        },
      ],
    }),
    [waterfall],
  );
  const columns = useMemo((): Column<Row>[] => {
    const amount = (id: "billed" | "attributed", head: string): Column<Row> => ({
      id,
      head: `${head}, ${currency}`,
      of: "number",
      value: (row) => centsOf(exactCents(row[id])),
      show: (row) => <span title={row[id]}>{grouped(exactCents(row[id]))}</span>,
      foot: grouped(exactCents(id === "billed" ? billed : attributed)),
    });
    return [
      { id: "service", head: "Service", of: "text", value: ({ service }) => service || "none", foot: "All" },
      { id: "account", head: "Account", of: "text", value: ({ account }) => account },
      {
        id: "type",
        head: "Record type",
        of: "text",
        value: ({ recordType }) => (typeof recordType === "string" ? recordType : ""),
      },
      amount("billed", "Billed"),
      amount("attributed", "Attributed"),
      {
        id: "difference",
        head: `Difference, ${currency}`,
        of: "number",
        value: (row) => centsOf(exactCents(row.attributed)) - centsOf(exactCents(row.billed)),
        show: (row) =>
          grouped(decimalOfCents(centsOf(exactCents(row.attributed)) - centsOf(exactCents(row.billed)))),
        foot: grouped(decimalOfCents(centsOf(exactCents(attributed)) - centsOf(exactCents(billed)))),
      },
    ];
  }, [currency, billed, attributed]);
  if (!hasBill)
    return (
      <p className="quiet">
        No bill was read for this month, so there is nothing to reconcile with. Configure the collector of the
        bill.
      </p>
    );
  return (
    <>
      <p>
        <strong>{`${accuracyPercent} %`}</strong>
        {` of the bill is attributed to who caused it: ${currency} ${grouped(exactCents(missed))} of ${grouped(exactCents(billed))} is not.`}
      </p>
      <ChartFigure chart={chart} currency={currency} />
      {residuals.length > 0 && (
        <>
          <h3>What is left, and whose it is</h3>
          <ul className="bullets">
            {residuals.map((residual) => (
              <li key={`${residual.class} ${residual.what}`}>
                {`${residual.class === residual.what ? residual.class : `${residual.class}: ${residual.what}`}, ${currency} ${grouped(exactCents(residual.amount))}`}
              </li>
            ))}
          </ul>
        </>
      )}
      <DataTable
        label="Services of the bill"
        columns={columns}
        rows={rows}
        idOf={(row) => JSON.stringify(row)}
        sortedBy="billed"
      />
    </>
  );
}

function isEnd(at: number, length: number): boolean {
  return at === 0 || at === length - 1;
}
