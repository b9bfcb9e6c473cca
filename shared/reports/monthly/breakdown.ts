import type { WorkloadCost } from "@apportion/books/compare/workload-costs";
import { type CostLine, sumBy, sumOf } from "@apportion/books/months/month";
import { centsThatFoot, sumOfCents } from "@apportion/domain/cents";
import type { Statement } from "@apportion/domain/statement";
import { workloadName } from "../compare/words.js";
import { hiddenWorkload } from "@apportion/books/compare/hidden";
import type { CostValues } from "../document/document.js";
import { countText } from "../format.js";

export interface NamedCents {
  readonly name: string;
  readonly cents: bigint;
  /** By which costs it is the sum of. */
  readonly costs: CostValues;
}

/** What a statement charges where, in rows that add up to it: clusters, what is on none, shares of pools. The largest first. */
export function byCluster(lines: readonly CostLine[], statement: Statement): NamedCents[] {
  const places = new Map(lines.map((line) => [placeOf(line), line]));
  const sums = sumBy(lines, placeOf).map(({ key, picos }) => {
    const { basis, cluster } = places.get(key) ?? { basis: "", cluster: "" };
    return { key, picos, costs: basis === "shared" ? { basis } : { cluster } };
  });
  return rounded(sums, statement);
}

function placeOf({ basis, cluster }: CostLine): string {
  if (basis === "shared") return SHARES;
  return cluster === "" ? "On no cluster: S3, network and other services" : cluster;
}

/** What costs most, at the bill's price. Rows and the rest add up to the statement. */
export interface TopCosts {
  readonly workloads: readonly NamedCents[];
  /** Smaller workloads, shares of pools, idle capacity: what the statement has beside them. */
  readonly others: readonly NamedCents[];
}

const WORKLOADS_SHOWN = 10;
const SHARES = "Shares of services and pools";

/**
 * @param costs of the month, by workload
 * @param own id of the team that pays them, where it may read names of its own workloads
 */
export function topCosts(
  costs: readonly WorkloadCost[],
  lines: readonly CostLine[],
  statement: Statement,
  own = "",
): TopCosts {
  const shown = costs.map(({ name, picos }) => ({ picos, of: name, name: workloadName(hiddenWorkload(name, own)) }));
  const named = sumBy(shown, ({ name }) => name);
  const places = new Map(shown.map(({ name, of }) => [name, placeOfWorkload(of)]));
  const top = named
    .slice(0, WORKLOADS_SHOWN)
    .map(({ key, picos }) => ({ key, picos, costs: places.get(key) ?? {} }));
  const direct = sumOf(lines.filter(({ basis }) => basis === "direct"));
  const rest = direct - sumOf(top);
  const smaller = named.length - top.length;
  const beside = [
    {
      key: smaller > 0 ? countText(smaller, "smaller one") : "Not of any workload",
      picos: rest,
      costs: { basis: "direct" },
    },
    ...[
      { key: SHARES, of: "shared" },
      { key: "Idle capacity of your own nodes", of: "idle" },
    ].map(({ key, of }) => ({
      key,
      picos: sumOf(lines.filter(({ basis }) => basis === of)),
      costs: { basis: of },
    })),
  ].filter(({ picos }) => picos !== 0n);
  const all = rounded([...top, ...beside], statement);
  return { workloads: all.slice(0, top.length), others: all.slice(top.length) };
}

/** As finely as lines of statements tell a workload from others. */
function placeOfWorkload({ cluster, namespace, service }: WorkloadCost["name"]): CostValues {
  return {
    basis: "direct",
    ...(cluster !== "" && { cluster }),
    ...(namespace !== "" && { namespace }),
    ...(service !== "" && { service }),
  };
}

interface Sum {
  readonly key: string;
  readonly picos: bigint;
  readonly costs: CostValues;
}

/** In cents that add up to the statement. What it has lines of its own for, such as shares of pools, has their cents in every table. */
function rounded(sums: readonly Sum[], statement: Statement): NamedCents[] {
  const stated = ({ costs: { basis } }: Sum): bigint | undefined =>
    basis === undefined || basis === "direct"
      ? undefined
      : sumOfCents(statement.lines.filter((line) => line.basis === basis));
  const known = sums.map(stated);
  const rest = known.reduce<bigint>((left, cents = 0n) => left - cents, statement.cents);
  const others = centsThatFoot(
    sums.filter((_, at) => known[at] === undefined).map(({ picos }) => picos),
    rest,
  );
  return sums.map(({ key, costs }, at) => ({ name: key, cents: known[at] ?? others.shift() ?? 0n, costs }));
}
