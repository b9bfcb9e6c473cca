import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import { billingPeriodOf, type BillingPeriod, type Day } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { renderAnomalies } from "@apportion/reports/alerts/anomaly-mail";
import type { Mail } from "../delivery/deliver.js";
import { deliveryKey } from "../delivery/key.js";

/** An anomaly of which the advisor told. */
export interface ToldAnomaly {
  readonly id: string;
  readonly teamId: string;
  readonly day: Day;
}

export function anomalyKey({ id, teamId, day }: ToldAnomaly): string {
  const period = billingPeriodOf(day);
  return deliveryKey({ kind: "anomaly-alert", period, teamId, anomalyId: id, alsoTellsOf: [] });
}

/** One mail for each team, of all its anomalies that were not told of yet; the furthest from what was expected leads. */
export function anomalyMails(
  anomalies: readonly Anomaly[],
  {
    registry,
    currency,
    finance,
  }: { readonly registry: Registry; readonly currency: string; readonly finance: readonly string[] },
): Mail[] {
  return registry.teams.flatMap((team): Mail[] => {
    const [first, ...others] = anomalies
      .filter((each) => each.team === team.id)
      .toSorted((a, b) => Number(offBy(b) - offBy(a)));
    if (!first) return [];
    const about = {
      kind: "anomaly-alert",
      teamId: team.id,
      ...subjectOf(first),
      alsoTellsOf: others.map(subjectOf),
    } as const;
    const rendered = renderAnomalies({ team, currency, registry, anomalies: [first, ...others] });
    return [{ about, rendered, to: team.contacts.length > 0 ? team.contacts : finance }];
  });
}

function subjectOf({ id, day }: Anomaly): { readonly anomalyId: string; readonly period: BillingPeriod } {
  return { anomalyId: id, period: billingPeriodOf(day) };
}

function offBy({ cost, expected }: Anomaly): bigint {
  const off = cost - expected;
  return off < 0n ? -off : off;
}
