import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import { addDays, billingPeriodOf, type Day } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { renderAnomalies } from "@apportion/reports/alerts/anomaly-mail";
import type { Mail } from "../delivery/deliver.js";
import { type AnomalyTold, deliveryKey } from "../delivery/key.js";
import { recipientsOf } from "../delivery/recipients.js";

/** An anomaly of which the advisor told. */
export interface ToldAnomaly extends AnomalyTold {
  readonly id: string;
  readonly teamId: string;
}

/** Days after a surprise in which the like is the same one: see `surprisesIn`. */
export const SAME_DAYS = 6;

function keyOf({ teamId, day, category, direction }: Omit<ToldAnomaly, "id">): string {
  const period = billingPeriodOf(day);
  return deliveryKey({ kind: "anomaly-alert", period, teamId, day, category, direction, alsoTellsOf: [] });
}

/**
 * Those that were not told of. A day that came late can turn out to be the one on which a surprise began that was told of a later day: that is the same
 * surprise, and is not told of again.
 */
export function notToldOf(anomalies: readonly ToldAnomaly[], sentKeys: readonly string[]): ToldAnomaly[] {
  const sent = new Set(sentKeys);
  return anomalies.filter((each) => {
    for (let days = 0; days <= SAME_DAYS; days += 1)
      if (sent.has(keyOf({ ...each, day: addDays(each.day, days) }))) return false;
    return true;
  });
}

/** One mail for each team and day: its key is the same whatever else is found until it is sent. What is furthest from what was expected leads. */
export function anomalyMails(
  anomalies: readonly Anomaly[],
  {
    registry,
    currency,
    finance,
  }: { readonly registry: Registry; readonly currency: string; readonly finance: readonly string[] },
): Mail[] {
  const days = [...new Set(anomalies.map(({ day }) => day))].toSorted();
  return days.flatMap((day) =>
    registry.teams.flatMap((team): Mail[] => {
      const own = anomalies.filter((each) => each.team === team.id && each.day === day);
      const [furthest, ...others] = own.toSorted((a, b) => Number(offBy(b) - offBy(a)));
      const [first, ...rest] = own.toSorted((a, b) => (a.category < b.category ? -1 : 1));
      if (!furthest || !first) return [];
      const about = {
        kind: "anomaly-alert",
        teamId: team.id,
        period: billingPeriodOf(day),
        ...toldOf(first),
        alsoTellsOf: rest.map(toldOf),
      } as const;
      const rendered = renderAnomalies({ team, currency, registry, anomalies: [furthest, ...others] });
      return [{ about, rendered, to: recipientsOf(team, finance) }];
    }),
  );
}

function toldOf({ day, category, direction }: Anomaly): AnomalyTold & { readonly day: Day } {
  return { day, category, direction };
}

function offBy({ cost, expected }: Anomaly): bigint {
  const off = cost - expected;
  return off < 0n ? -off : off;
}
