import { networkClassOf } from "@apportion/aws/bill-lines";
import type { BillDay } from "@apportion/aws/parse";
import { regionOf } from "@apportion/aws/region";
import type { CostFactRow } from "@apportion/domain/facts";
import { parsePicos } from "@apportion/domain/money";
import { attributeLine, networkLinesOf, type NetworkLine, type Weights } from "./attribute.js";

/** Clusters whose bytes explain something of a reading. */
export function explainingClusters(rows: readonly CostFactRow[]): Set<string> {
  return new Set(rows.flatMap(({ cluster = "" }) => (cluster === "" ? [] : [cluster])));
}

/**
 * The bill of a day whose bytes are forgotten, by the shares of an earlier reading: each line is split as that reading split it, so the
 * same bill gives the same rows. A line that was not there is split like those of its class and region together; where there was none
 * of them either it is nobody's.
 */
export function attributeByShares(
  bill: BillDay,
  earlier: readonly CostFactRow[],
  account: string,
): CostFactRow[] {
  return networkLinesOf(bill).flatMap((one) => {
    const places = placesOf(rowsLike(one, earlier));
    const owned = places.filter(({ cluster }) => cluster !== "");
    const nobody = places.filter(({ cluster }) => cluster === "");
    return attributeLine(one, owned, weightsOf(owned, nobody), account);
  });
}

function rowsLike({ line, networkClass, region }: NetworkLine, rows: readonly CostFactRow[]): CostFactRow[] {
  const [service, usageType] = line.keys;
  const same = rows.filter((row) => row.service === service && row.usage_type === usageType);
  if (same.length > 0) return same;
  return rows.filter(
    ({ usage_type = "" }) => networkClassOf(usage_type) === networkClass && regionOf(usage_type) === region,
  );
}

/** What a namespace has of some rows, in picos. */
interface Place {
  readonly cluster: string;
  readonly namespace: string;
  readonly amounts: Readonly<Record<keyof Weights, bigint>>;
}

/** By cluster and namespace: of equal remainders the earlier one takes the last unit. */
function placesOf(rows: readonly CostFactRow[]): Place[] {
  const places = new Map<string, Place>();
  for (const row of rows) {
    const { cluster = "", namespace = "" } = row;
    const key = JSON.stringify([cluster, namespace]);
    const before = places.get(key)?.amounts;
    const amounts = {
      effective: size(row.effective_cost) + (before?.effective ?? 0n),
      unblended: size(row.billed_cost) + (before?.unblended ?? 0n),
      amortized: size(row.amortized_cost) + (before?.amortized ?? 0n),
      netAmortized: size(row.net_amortized_cost) + (before?.netAmortized ?? 0n),
    };
    places.set(key, { cluster, namespace, amounts });
  }
  return [...places].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, place]) => place);
}

/** A part has the sign of its line, and weighs what it is without it. Zeros are left out of published rows. */
function size(amount = "0"): bigint {
  const picos = parsePicos(amount);
  return picos < 0n ? -picos : picos;
}

/** Of each amount its own, so that what did not change is split as it was; where it had none, that of what is charged. */
function weightsOf(owned: readonly Place[], nobody: readonly Place[]): Weights {
  const of = (amount: keyof Weights): bigint[] => [
    ...owned.map(({ amounts }) => amounts[amount]),
    nobody.reduce((sum, { amounts }) => sum + amounts[amount], 0n),
  ];
  const weighs = (weights: readonly bigint[]): boolean => weights.some((weight) => weight > 0n);
  const effective = weighs(of("effective")) ? of("effective") : of("unblended");
  const own = (amount: keyof Weights): readonly bigint[] => (weighs(of(amount)) ? of(amount) : effective);
  return {
    effective,
    unblended: own("unblended"),
    amortized: own("amortized"),
    netAmortized: own("netAmortized"),
  };
}
