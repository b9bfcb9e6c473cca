import { z } from "zod";
import type { UsageFactRow } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { refusePartial } from "@apportion/readings/prometheus";
import { ReadingError } from "@apportion/readings/source";
import type { PrometheusMeterConfig } from "../config.js";
import { foreignText } from "@apportion/runtime/foreign-text";

/** An instant query's answer: https://prometheus.io/docs/prometheus/latest/querying/api/. Values are text, and may be "NaN" or "+Inf". */
export const vectorResponse = z.object({
  status: z.literal("success"),
  data: z.object({
    resultType: z.literal("vector", {
      error: "is not a vector: the query must give one value for each owner",
    }),
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
  warnings: z.array(z.string()).optional(),
});
export type VectorResponse = z.infer<typeof vectorResponse>;

/** Usage by owner, and cluster where that is known; a series without the label is nobody's. @throws ReadingError for what cannot be a quantity */
export function toUsage(
  { data, warnings }: VectorResponse,
  { meter, unit, ownedBy, label = ownedBy, cluster = "", clusterLabel }: PrometheusMeterConfig,
): UsageFactRow[] {
  refusePartial(warnings);
  const sums = new Map<string, { owner: string; place: string; sum: bigint }>();
  for (const { metric, value } of data.result) {
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
