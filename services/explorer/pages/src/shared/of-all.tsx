import { useCallback, useMemo } from "react";
import { decimalOfCents } from "@apportion/domain/cents";
import { centsOf, grouped } from "../data/amounts.js";
import { useFrame } from "../data/frame.js";
import { percentOf } from "../data/percent.js";
import { changed, toPage, usePlace } from "../data/place.js";
import type { SharedServices } from "../data/shapes.js";
import { ReasonAmount, WhyAmount } from "../parts/amount.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Link } from "../parts/link.js";
import { OpenButton } from "../parts/open-button.js";
import { serviceKey, sumsOf, unseenOf } from "./flow-of.js";
import { askedShare } from "./why-share.js";

type Service = SharedServices["services"][number];

/** A service, or who pays a part of it; empty for those that are not seen. */
interface Row {
  readonly key: string;
  readonly service: Service;
  readonly amount: string;
  readonly payer?: string;
}

/** Each service by what it is split, which opens to who pays for it. */
export function OfAll({ of: { services, currency, month } }: { readonly of: SharedServices }) {
  const { teamName } = useFrame();
  const place = usePlace();
  const opened = place.params.getAll("open").join("\n");
  const rows = useMemo(
    () => services.map((service): Row => ({ key: serviceKey(service), service, amount: service.amount })),
    [services],
  );
  const partsOf = useCallback(
    ({ key, service, payer }: Row) =>
      payer === undefined && opened.split("\n").includes(key) ? payersOf(service) : undefined,
    [opened],
  );
  const columns = useMemo(
    (): Column<Row>[] => [
      {
        id: "service",
        head: "Service, and who pays",
        of: "text",
        value: ({ service, payer }) => (payer === undefined ? service.name : teamName(payer)),
        show: ({ key, service, payer }) =>
          payer === undefined ? (
            <span className="opens">
              <OpenButton row={key} label={`${service.name}: who pays`} />
              {service.name}
            </span>
          ) : payer === "" ? (
            <span className="quiet">others</span>
          ) : (
            <Link to={changed(place, { team: payer, open: undefined })}>{teamName(payer)}</Link>
          ),
        foot: "All",
      },
      {
        id: "driver",
        head: "Split by",
        of: "text",
        value: ({ service }) => service.drivers.join("; "),
        show: ({ service, payer }) => (payer === undefined ? service.drivers.join("; ") : ""),
      },
      {
        id: "share",
        head: "Share",
        of: "number",
        value: ({ amount }) => centsOf(amount),
        show: ({ service, amount, payer }) =>
          payer === undefined ? "" : `${percentOf(centsOf(amount), centsOf(service.amount)) ?? 0} %`,
      },
      {
        id: "amount",
        head: `Amount, ${currency}`,
        of: "number",
        value: ({ amount }) => centsOf(amount),
        show: ({ service, amount, payer }) =>
          payer === undefined ? (
            <ReasonAmount
              of={amount}
              reason={{
                to: toPage(place, "/explore", {
                  pool: service.pool,
                  category: service.category,
                  basis: "shared",
                }),
                says: "by team",
              }}
              label={service.name}
            />
          ) : payer === "" ? (
            grouped(amount)
          ) : (
            <WhyAmount
              of={amount}
              why={askedShare(month, payer, service)}
              label={`${teamName(payer)}, ${service.name}`}
            />
          ),
        foot: grouped(sumsOf(services).all),
      },
    ],
    [services, currency, month, place, teamName],
  );
  return (
    <section className="card" aria-labelledby="services">
      <h2 id="services">Each service, by what it is split and who pays</h2>
      <DataTable
        label="Shared services"
        columns={columns}
        rows={rows}
        idOf={({ key }) => key}
        partsOf={partsOf}
        sortedBy="amount"
        asCards
      />
    </section>
  );
}

function payersOf(service: Service): Row[] {
  const unseen = unseenOf(service);
  const rest = unseen === 0n ? [] : [{ payer: "", amount: decimalOfCents(unseen) }];
  return [...service.shares, ...rest].map(({ payer, amount }) => ({
    key: `${serviceKey(service)}//${payer}`,
    service,
    payer,
    amount,
  }));
}
