import { foreignText } from "@apportion/runtime/foreign-text";
import { ReadingError } from "./source.js";

/**
 * Thanos and others answer with what they could reach, and say in a warning what they could not. PromQL's own remarks on the query
 * (https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview) stand beside them, and the answer is whole all the same.
 * @throws ReadingError when the answer is not whole
 */
export function refusePartial(warnings: readonly string[] = []): void {
  const partial = warnings.filter((warning) => !/^PromQL (info|warning): /.test(warning));
  if (partial.length > 0)
    throw new ReadingError(
      "unavailable",
      `Prometheus' answer is not whole: ${foreignText(partial.join("; "))}`,
    );
}
