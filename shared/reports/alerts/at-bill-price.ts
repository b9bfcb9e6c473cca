import { isKubernetes, sumOf, type CostLine } from "@apportion/books/months/month";
import { splitExactly } from "@apportion/domain/split";

/**
 * A team's costs with Kubernetes at the bill's price: what the bill makes of the list prices of a namespace on a day goes to its costs,
 * in proportion to them, as it arose. By itself it is nothing that anybody runs.
 */
export function atBillPrice(lines: readonly CostLine[]): CostLine[] {
  const places = new Map<string, CostLine[]>();
  for (const line of lines) {
    const { day, basis, cluster, namespace } = line;
    const place = JSON.stringify([day, basis, cluster, namespace]);
    places.set(place, [...(places.get(place) ?? []), line]);
  }
  return [...places.values()].flatMap((place) => {
    const variance = place.filter(isRateVariance);
    const costs = place.filter((line) => isKubernetes(line) && line.picos > 0n);
    if (variance.length === 0 || costs.length === 0) return place;
    const shares = splitExactly(
      sumOf(variance),
      costs.map(({ picos }) => picos),
    );
    return [
      ...place.filter((line) => !variance.includes(line) && !costs.includes(line)),
      ...costs.map((line, index) => ({ ...line, picos: line.picos + (shares[index] ?? 0n) })),
    ];
  });
}

export function isRateVariance({ category }: Pick<CostLine, "category">): boolean {
  return category === "rate-variance";
}
