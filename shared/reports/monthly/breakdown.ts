import type { WorkloadCost } from "@apportion/books/compare/workload-costs";
import { type CostLine, sumBy, sumOf } from "@apportion/books/months/month";
import { centsThatFoot } from "@apportion/domain/cents";
import type { Statement } from "@apportion/domain/statement";
import { workloadName } from "../compare/words.js";
import { hiddenWorkload } from "../compare/hidden.js";
import { countText } from "../format.js";

export interface NamedCents {
  readonly name: string;
  readonly cents: bigint;
}

/** What a statement charges where, in rows that add up to it: clusters, what is on none, shares of pools. The largest first. */
export function byCluster(lines: readonly CostLine[], { cents }: Pick<Statement, "cents">): NamedCents[] {
  return rounded(sumBy(lines, placeOf), cents);
}

function placeOf({ basis, cluster }: CostLine): string {
  if (basis === "shared") return "Shares of services and pools";
  return cluster === "" ? "On no cluster: S3, network and other services" : cluster;
}

/** What costs most, at the bill's price. Rows and the rest add up to the statement. */
export interface TopCosts {
  readonly workloads: readonly NamedCents[];
  /** Smaller workloads, shares of pools, idle capacity: what the statement has beside them. */
  readonly others: readonly NamedCents[];
}

const WORKLOADS_SHOWN = 10;

/** @param costs of the month, by workload */
export function topCosts(
  costs: readonly WorkloadCost[],
  lines: readonly CostLine[],
  { cents }: Pick<Statement, "cents">,
): TopCosts {
  const named = sumBy(
    costs.map(({ name, picos }) => ({ picos, name: workloadName(hiddenWorkload(name)) })),
    ({ name }) => name,
  );
  const top = named.slice(0, WORKLOADS_SHOWN);
  const direct = sumOf(lines.filter(({ basis }) => basis === "direct"));
  const rest = direct - sumOf(top);
  const smaller = named.length - top.length;
  const beside = [
    { key: smaller > 0 ? countText(smaller, "smaller one") : "Not of any workload", picos: rest },
    { key: "Shares of services and pools", picos: sumOf(lines.filter(({ basis }) => basis === "shared")) },
    { key: "Idle capacity of your own nodes", picos: sumOf(lines.filter(({ basis }) => basis === "idle")) },
  ].filter(({ picos }) => picos !== 0n);
  const all = rounded([...top, ...beside], cents);
  return { workloads: all.slice(0, top.length), others: all.slice(top.length) };
}

function rounded(
  sums: readonly { readonly key: string; readonly picos: bigint }[],
  total: bigint,
): NamedCents[] {
  const cents = centsThatFoot(
    sums.map(({ picos }) => picos),
    total,
  );
  return sums.map(({ key }, index) => ({ name: key, cents: cents[index] ?? 0n }));
}
