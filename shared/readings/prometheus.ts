import { z } from "zod";
import type { ChargePeriod } from "@apportion/domain/period";
import { foreignText } from "@apportion/runtime/foreign-text";
import { ReadingError } from "./source.js";
import type { Upstream } from "./upstream.js";

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
export type Vector = z.infer<typeof vectorResponse>["data"]["result"];

/** @throws ReadingError where the answer is not whole */
export function wholeVector({ data, warnings }: z.infer<typeof vectorResponse>): Vector {
  refusePartial(warnings);
  return data.result;
}

/** Asks at an instant. @throws ReadingError, also where the answer is not whole */
export async function instantVector(
  upstream: Upstream,
  query: string,
  time: Date,
  signal: AbortSignal,
): Promise<Vector> {
  const params = { query, time: time.toISOString() };
  return wholeVector(
    await upstream.json({ method: "GET", path: "/api/v1/query", params, signal }, vectorResponse),
  );
}

/** Asks at the end of the period, or now while it runs. @param query counts over `$window`, which is the period as far as it has passed */
export async function vectorOfPeriod(
  upstream: Upstream,
  query: string,
  { start, end }: ChargePeriod,
  now: Date,
  signal: AbortSignal,
): Promise<Vector> {
  const time = new Date(Math.min(Date.parse(end), now.getTime()));
  const seconds = Math.max(1, Math.floor((time.getTime() - Date.parse(start)) / 1000));
  return instantVector(upstream, query.replaceAll("$window", `${seconds}s`), time, signal);
}

/**
 * Thanos and others answer with what they could reach, and say in a warning what they could not. PromQL's own remarks on the query
 * (https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview) stand beside them, and the answer is whole all the same.
 * @throws ReadingError when the answer is not whole
 */
function refusePartial(warnings: readonly string[] = []): void {
  const partial = warnings.filter((warning) => !/^PromQL (info|warning): /.test(warning));
  if (partial.length > 0)
    throw new ReadingError(
      "unavailable",
      `Prometheus' answer is not whole: ${foreignText(partial.join("; "))}`,
    );
}
