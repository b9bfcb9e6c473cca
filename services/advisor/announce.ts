import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import { sha256 } from "@apportion/domain/hash";
import type { BillingPeriod } from "@apportion/domain/period";
import type { EventLog } from "@apportion/event-log/log";
import { ANOMALIES_TOLD_MAX, encodeEvent } from "@apportion/events/catalogue";

/** Tells the notifier to look at a month. Said also when nothing is new: whoever said it before may have died before it was told. */
export async function announce(
  log: EventLog,
  {
    period,
    forecasts,
    anomalies,
    at,
  }: {
    readonly period: BillingPeriod;
    readonly forecasts: number;
    readonly anomalies: readonly Pick<Anomaly, "id" | "team" | "day">[];
    readonly at: Date;
  },
): Promise<void> {
  const told = anomalies.slice(0, ANOMALIES_TOLD_MAX).map(({ id, team, day }) => ({ id, teamId: team, day }));
  const data = { billingPeriod: period, forecasts, anomalies: told };
  const attributes = {
    id: sha256(`${period}/${at.toISOString()}`).slice(0, 32),
    source: "/apportion/advisor",
    key: period,
    subject: period,
    time: at,
  };
  await log.publish([encodeEvent("adviceMade", data, attributes)]);
}
