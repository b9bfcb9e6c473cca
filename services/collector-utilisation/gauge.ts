import type { UtilisationFactRow } from "@apportion/domain/facts";
import type { ChargePeriod } from "@apportion/domain/period";
import { type Vector, vectorOfPeriod } from "@apportion/readings/prometheus";
import { ReadingError } from "@apportion/readings/source";
import { createUpstream } from "@apportion/readings/upstream";
import type { PrometheusConfig } from "./config.js";
import { MEASURES, OWNERS, QUOTAS } from "./queries.js";
import { toQuotas } from "./quotas.js";
import { secondsAhead } from "./time-zone.js";
import { type Measured, toUtilisation } from "./utilisation.js";

export interface Gauge {
  /** Of the period; until now, while it runs. @throws ReadingError */
  read(period: ChargePeriod, now: Date, signal: AbortSignal): Promise<UtilisationFactRow[]>;
}

/**
 * What Prometheus knows of a cluster's containers, each number by an instant query at the end of the day. A number that it never measures is
 * unknown; without use of CPU or memory, or without the owners of pods, there is no reading.
 * A cluster without quotas has no rows of them.
 * @param timeZone whose nights and weekends count as hours in which nobody works
 */
export function prometheusGauge(config: PrometheusConfig, timeZone: string): Gauge {
  const upstream = createUpstream(config);
  return {
    async read(period, now, signal) {
      const zone = String(secondsAhead(timeZone, period));
      const ask = (query: string): Promise<Vector> =>
        vectorOfPeriod(upstream, query.replaceAll("$zone", zone), period, now, signal);
      const owners = {
        ofPods: required(await ask(OWNERS.ofPods), "kube_pod_owner of kube-state-metrics"),
        ofReplicaSets: await ask(OWNERS.ofReplicaSets),
      };
      const measured: Measured[] = [];
      for (const { column, query, needs } of MEASURES) {
        const vector = await ask(query);
        measured.push({ column, vector: needs === undefined ? vector : required(vector, needs) });
      }
      const quotas = toQuotas(await ask(QUOTAS.hard), await ask(QUOTAS.used));
      return [...toUtilisation(measured, owners), ...quotas];
    },
  };
}

function required(vector: Vector, metric: string): Vector {
  if (vector.length > 0) return vector;
  throw new ReadingError(
    "rejected",
    `Prometheus has no ${metric} in the period: utilisation needs the metrics of cAdvisor and kube-state-metrics`,
  );
}
