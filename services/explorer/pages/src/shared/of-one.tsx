import { useMemo } from "react";
import { centsOf, grouped } from "../data/amounts.js";
import { percentOf } from "../data/percent.js";
import type { SharedServices } from "../data/shapes.js";
import { WhyAmount } from "../parts/amount.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Meter } from "../parts/meter.js";
import { serviceKey, sumsOf } from "./flow-of.js";
import { askedShare } from "./why-share.js";

interface Row {
  readonly service: SharedServices["services"][number];
  readonly amount: string;
  readonly because: string;
}

/** Of one team: each service with how the share is found, and how much of all of it that is. */
export function OfOne({
  of: { currency, month },
  services,
  team,
}: {
  readonly of: SharedServices;
  readonly services: SharedServices["services"];
  readonly team: string;
}) {
  const rows = useMemo(
    () =>
      services.flatMap((service): Row[] =>
        service.shares
          .filter(({ payer }) => payer === team)
          .map(({ amount, because }) => ({ service, amount, because: because.join(" ") })),
      ),
    [services, team],
  );
  const columns = useMemo((): Column<Row>[] => {
    const { all, own } = sumsOf(services, team);
    return [
      { id: "service", head: "Service", of: "text", value: ({ service }) => service.name, foot: "All" },
      { id: "because", head: "How the share is found", of: "text", value: ({ because }) => because },
      {
        id: "all",
        head: `All of it, ${currency}`,
        of: "number",
        value: ({ service }) => centsOf(service.amount),
        show: ({ service }) => grouped(service.amount),
        foot: grouped(all),
      },
      {
        id: "share",
        head: "Share",
        of: "number",
        value: ({ service, amount }) => percentOf(centsOf(amount), centsOf(service.amount)),
        show: ({ service, amount }) => (
          <span className="budget-use">
            <Meter
              used={centsOf(amount)}
              expected={undefined}
              budget={centsOf(service.amount)}
              label={`${service.name}: ${grouped(amount)} of ${grouped(service.amount)}`}
            />
            <span className="percent">{`${percentOf(centsOf(amount), centsOf(service.amount)) ?? 0} %`}</span>
          </span>
        ),
      },
      {
        id: "amount",
        head: `Amount, ${currency}`,
        of: "number",
        value: ({ amount }) => centsOf(amount),
        show: ({ service, amount }) => (
          <WhyAmount of={amount} why={askedShare(month, team, service)} label={service.name} />
        ),
        foot: grouped(own),
      },
    ];
  }, [services, team, currency, month]);
  return (
    <section className="card" aria-labelledby="own">
      <h2 id="own">Each service, and why the share is as large as it is</h2>
      <DataTable
        label="Shares of shared services"
        columns={columns}
        rows={rows}
        idOf={({ service }) => serviceKey(service)}
        sortedBy="amount"
        asCards
      />
      <p className="quiet">
        Shares are found of exact amounts. What everybody is charged is rounded to cents statement by
        statement, so all of a service may differ by some cents from what the sentences say.
      </p>
    </section>
  );
}
