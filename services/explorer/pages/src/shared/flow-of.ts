import { decimalOfCents } from "@apportion/domain/cents";
import type { Flow, FlowEnd } from "../charts/flow.js";
import { centsOf } from "../data/amounts.js";
import type { SharedServices } from "../data/shapes.js";
import { coloursOf } from "../explore/chart-of.js";

type Service = SharedServices["services"][number];

/** More are not told apart in a picture: the others flow together. */
const SERVICES_MAX = 9;
const PAYERS_MAX = 11;
/** Who pays beside those that are named, or is not seen. */
export const OTHERS = "/others";
const OTHER_SERVICES = "/services";

/** What a service is called by, where something of several has to be named. */
export function serviceKey({ category, pool }: Pick<Service, "category" | "pool">): string {
  return `${category} ${pool}`;
}

/** What nobody that is seen pays of a service. */
export function unseenOf({ amount, shares }: Service): bigint {
  return shares.reduce((left, share) => left - centsOf(share.amount), centsOf(amount));
}

/**
 * From services to who pays: the costliest of both by name. Of one team what it pays, beside what everybody else does.
 * @param nameOf of a payer
 */
export function flowOf(
  services: readonly Service[],
  team: string | undefined,
  nameOf: (payer: string) => string,
): Flow {
  const named = services.length <= SERVICES_MAX + 1 ? services : services.slice(0, SERVICES_MAX);
  const sums = new Map<string, bigint>();
  for (const { shares } of services)
    for (const { payer, amount } of shares) sums.set(payer, (sums.get(payer) ?? 0n) + centsOf(amount));
  const order = [...sums].toSorted(([, a], [, b]) => (a < b ? 1 : -1)).map(([payer]) => payer);
  const payers = new Set(
    team === undefined ? (order.length <= PAYERS_MAX + 1 ? order : order.slice(0, PAYERS_MAX)) : [team],
  );
  const streams = new Map<string, { from: string; to: string; cents: bigint }>();
  const add = (from: string, to: string, cents: bigint): void => {
    const key = JSON.stringify([from, to]);
    streams.set(key, { from, to, cents: (streams.get(key)?.cents ?? 0n) + cents });
  };
  for (const service of services) {
    const from = named.includes(service) ? serviceKey(service) : OTHER_SERVICES;
    for (const { payer, amount } of service.shares)
      add(from, payers.has(payer) ? payer : OTHERS, centsOf(amount));
    add(from, OTHERS, unseenOf(service));
  }
  const drawn = [...streams.values()].filter(({ cents }) => cents > 0n);
  const colourOf = coloursOf(undefined);
  const from: FlowEnd[] = [
    ...named.map((service) => ({
      id: serviceKey(service),
      name: service.name,
      colour: colourOf(serviceKey(service)),
    })),
    ...(named.length < services.length
      ? [{ id: OTHER_SERVICES, name: `${services.length - named.length} others`, colour: "idle-variance" }]
      : []),
  ];
  const to: FlowEnd[] = [
    ...[...payers].map((payer) => ({ id: payer, name: nameOf(payer), colour: "total" })),
    {
      id: OTHERS,
      name:
        team === undefined ? `${Math.max(order.length - payers.size, 0) || "The"} others` : "Everybody else",
      colour: "idle",
    },
  ];
  const isDrawn = ({ id }: FlowEnd): boolean => drawn.some((each) => each.from === id || each.to === id);
  return {
    from: from.filter(isDrawn),
    to: to.filter(isDrawn),
    streams: drawn.map((each) => ({
      ...each,
      ...(team !== undefined && each.to === OTHERS && { colour: "idle-variance" }),
    })),
  };
}

/** What services come to, and what of it a payer pays. */
export function sumsOf(
  services: readonly Service[],
  payer?: string,
): { readonly all: string; readonly own: string } {
  const own = services.flatMap(({ shares }) => shares.filter((share) => share.payer === payer));
  const sum = (each: readonly { readonly amount: string }[]): string =>
    decimalOfCents(each.reduce((all, { amount }) => all + centsOf(amount), 0n));
  return { all: sum(services), own: sum(own) };
}
