import type { UsageFactRow } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { Vector } from "@apportion/readings/prometheus";
import { ReadingError } from "@apportion/readings/source";
import type { PrometheusMeterConfig } from "../config.js";
import { foreignText } from "@apportion/runtime/foreign-text";

/** Usage by owner, and cluster where that is known; a series without the label is nobody's. @throws ReadingError for what cannot be a quantity */
export function toUsage(
  result: Vector,
  { meter, unit, ownedBy, label = ownedBy, cluster = "", clusterLabel }: PrometheusMeterConfig,
): UsageFactRow[] {
  const sums = new Map<string, { owner: string; place: string; sum: bigint }>();
  for (const { metric, value } of result) {
    const owner = metric[label] ?? "";
    const place = (clusterLabel === undefined ? undefined : metric[clusterLabel]) ?? cluster;
    const key = JSON.stringify([place, owner]);
    const sum = (sums.get(key)?.sum ?? 0n) + quantityOf(value[1], owner);
    sums.set(key, { owner, place, sum });
  }
  return Array.from(sums.values(), ({ owner, place, sum }) => ({
    meter,
    unit,
    team_label: ownedBy === "team" ? owner : "",
    ...(place !== "" && { cluster: place }),
    namespace: ownedBy === "namespace" ? owner : "",
    quantity: formatPicos(sum),
  }));
}

function quantityOf(text: string, owner: string): bigint {
  const isNumber = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text);
  const picos = isNumber ? parsePicos(text) : undefined;
  if (picos === undefined || picos < 0n)
    throw new ReadingError("absurd", `the quantity of "${foreignText(owner)}" is ${foreignText(text)}`);
  return picos;
}
