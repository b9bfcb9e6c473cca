import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import { sha256 } from "@apportion/domain/hash";
import type { BillingPeriod } from "@apportion/domain/period";
import type { EventLog, LogMessage } from "@apportion/event-log/log";
import { ANOMALIES_TOLD_MAX, encodeEvent } from "@apportion/events/catalogue";

/**
 * Tells the notifier to look at a month. Said also when nothing is new: whoever said it before may have died before it was told. More anomalies than
 * one event holds are several.
 */
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
    readonly anomalies: readonly Pick<Anomaly, "id" | "team" | "category" | "direction" | "day">[];
    readonly at: Date;
  },
): Promise<void> {
  const told = anomalies.map(({ id, team, category, direction, day }) => ({
    id,
    teamId: team,
    category,
    direction,
    day,
  }));
  const events: LogMessage[] = [];
  for (let from = 0; from === 0 || from < told.length; from += ANOMALIES_TOLD_MAX) {
    const data = { billingPeriod: period, forecasts, anomalies: told.slice(from, from + ANOMALIES_TOLD_MAX) };
    const attributes = {
      id: sha256(`${period}/${at.toISOString()}/${from}`).slice(0, 32),
      source: "/apportion/advisor",
      key: period,
      subject: period,
      time: at,
    };
    events.push(encodeEvent("adviceMade", data, attributes));
  }
  await log.publish(events);
}
