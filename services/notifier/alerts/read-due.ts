import { type CostHistory, NO_HISTORY } from "@apportion/books/forecast/history";
import { readHistory } from "@apportion/books/forecast/read-history";
import { readLastForecasts, readTrackRecord } from "@apportion/books/forecast/read-stored";
import { readMonth } from "@apportion/books/months/read-month";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { type BillingPeriod, dayOf } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { Clock } from "@apportion/runtime/service";
import { meetBudgets } from "../budgets/versions.js";
import type { NotifierConfig } from "../config.js";
import type { Mail } from "../delivery/deliver.js";
import type { DeliveryRecords } from "../delivery/records.js";
import { forecastMails, teamsWithForecastMail } from "./due-forecast-mails.js";
import { alertMails } from "./due-mails.js";

interface DueDeps {
  readonly clickhouse: ClickHouse;
  readonly records: DeliveryRecords;
  readonly registry: Registry;
  readonly currency: string;
  readonly clock: Clock;
  readonly config: Pick<NotifierConfig, "thresholdsPercent" | "forecastThresholdsPercent" | "finance">;
}

/** Alerts of a month that were not delivered yet. */
interface DueAlerts {
  /** Of thresholds that were passed, or turn out not to have been. */
  ofWhatWasSpent(period: BillingPeriod, signal?: AbortSignal): Promise<Mail[]>;
  /** Of thresholds that are expected to be passed, or no longer are. */
  ofWhatIsExpected(period: BillingPeriod, signal?: AbortSignal): Promise<Mail[]>;
}

export function dueAlerts({ clickhouse, records, registry, currency, clock, config }: DueDeps): DueAlerts {
  const { thresholdsPercent, forecastThresholdsPercent, finance } = config;
  return {
    async ofWhatWasSpent(period, signal) {
      const month = await readMonth(clickhouse, period, signal);
      const whenSeen = await meetBudgets(clickhouse, month, registry, clock());
      const told = await records.alertsOf(period, "budget-alert");
      const setting = { registry, currency, today: dayOf(clock()), thresholdsPercent, finance };
      const mailsWith = (history: CostHistory): Mail[] =>
        alertMails(month, { told, whenSeen }, { ...setting, history });
      // Mostly nothing is due: three months are read only to say how this one ends.
      if (mailsWith(NO_HISTORY).length === 0) return [];
      return mailsWith(await readHistory(clickhouse, period, registry, signal));
    },

    async ofWhatIsExpected(period, signal) {
      const told = await records.alertsOf(period, "forecast-alert");
      const expected = await readLastForecasts(clickhouse, period, signal);
      const of = { expected, told, thresholdsPercent: forecastThresholdsPercent };
      const teams = teamsWithForecastMail(registry.teams, period, of);
      if (teams.length === 0) return [];
      return forecastMails(await readMonth(clickhouse, period, signal), teams, {
        history: await readHistory(clickhouse, period, registry, signal),
        record: await readTrackRecord(clickhouse, signal),
        told,
        registry,
        currency,
        today: dayOf(clock()),
        thresholdsPercent: forecastThresholdsPercent,
        finance,
      });
    },
  };
}
