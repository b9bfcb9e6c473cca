import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import type { AnomalyFloors } from "@apportion/books/anomalies/find-anomalies";
import { cannotBeRead, readUnexpected } from "@apportion/books/anomalies/read-anomalies";
import { readHistory } from "@apportion/books/forecast/read-history";
import { readLastForecasts, readTrackRecord } from "@apportion/books/forecast/read-stored";
import type { MonthCosts } from "@apportion/books/months/month";
import { readMonth } from "@apportion/books/months/read-month";
import { EVERYBODY } from "@apportion/books/viewer";
import type { ClickHouse } from "@apportion/clickhouse/client";
import {
  addDays,
  type BillingPeriod,
  billingPeriodOf,
  dayOf,
  previousBillingPeriod,
} from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { ReportAdvice } from "@apportion/reports/monthly/team-advice";
import type { Logger } from "@apportion/runtime/logger";
import type { Clock } from "@apportion/runtime/service";
import { budgetsOfTeams, meetBudgets } from "../budgets/versions.js";
import type { NotifierConfig } from "../config.js";
import type { Mail } from "../delivery/deliver.js";
import type { DeliveryRecords } from "../delivery/records.js";
import type { MovementsReader } from "@apportion/month-reports/what-changed";
import { anomalyMails, notToldOf, SAME_DAYS, type ToldAnomaly } from "./due-anomaly-mails.js";
import { forecastMails, teamsWithForecastMail } from "./due-forecast-mails.js";
import { alertMails } from "./due-mails.js";
import { type AroundAlerts, NOTHING_AROUND } from "./setting.js";

interface DueDeps {
  readonly clickhouse: ClickHouse;
  readonly records: DeliveryRecords;
  readonly registry: Registry;
  readonly currency: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly movements: MovementsReader;
  readonly anomalyFloors: AnomalyFloors;
  readonly adviceOf: (period: BillingPeriod) => Promise<ReportAdvice | undefined>;
  readonly config: Pick<NotifierConfig, "thresholdsPercent" | "forecastThresholdsPercent" | "finance">;
}

/** Alerts of a month that were not delivered yet. */
interface DueAlerts {
  /** Of thresholds that were passed, or turn out not to have been. */
  ofWhatWasSpent(period: BillingPeriod, signal?: AbortSignal): Promise<readonly Mail[]>;
  /** Of days that nobody expected. */
  ofAnomalies(told: readonly ToldAnomaly[], signal?: AbortSignal): Promise<readonly Mail[]>;
  /** Of thresholds that are expected to be passed, or no longer are. */
  ofWhatIsExpected(period: BillingPeriod, signal?: AbortSignal): Promise<readonly Mail[]>;
}

export function dueAlerts(deps: DueDeps): DueAlerts {
  const { clickhouse, records, registry, currency, clock, config } = deps;
  const { thresholdsPercent, forecastThresholdsPercent, finance } = config;
  /** What a mail does without where it cannot be read: a threshold that was passed does not wait for what stands beside it. */
  const beside = async <T>(
    what: string,
    reading: Promise<T>,
    without: T,
    signal?: AbortSignal,
  ): Promise<T> => {
    try {
      return await reading;
    } catch (error) {
      if (signal?.aborted === true) throw error;
      deps.logger.warn({ err: error }, `alerts are sent without ${what}`);
      return without;
    }
  };
  const readChanged = async (month: MonthCosts, teamIds: readonly string[], signal?: AbortSignal) =>
    deps.movements.ofTeams(
      await readMonth(clickhouse, previousBillingPeriod(month.period), signal),
      month,
      teamIds,
    );
  /** Mostly nothing is due: only then it is read how the month ends, what it differs by from the last one, and what would save most. */
  const around = async (
    month: MonthCosts,
    teamIds: readonly string[],
    signal?: AbortSignal,
  ): Promise<AroundAlerts> => {
    const { history, changed, advice } = NOTHING_AROUND;
    const reading = readHistory(clickhouse, EVERYBODY, month.period, registry, signal);
    return {
      history: await beside("forecasts", reading, history, signal),
      changed: await beside("what changed", readChanged(month, teamIds, signal), changed, signal),
      advice: await beside("what would save", deps.adviceOf(month.period), advice, signal),
    };
  };
  return {
    async ofWhatWasSpent(period, signal) {
      const month = await readMonth(clickhouse, period, signal);
      const met = budgetsOfTeams(month, registry);
      const whenSeen = await meetBudgets(clickhouse, period, met, clock());
      const told = await records.alertsOf(period, "budget-alert");
      const setting = { registry, currency, today: dayOf(clock()), thresholdsPercent, finance };
      const mailsWith = (known: AroundAlerts): Mail[] =>
        alertMails(month, { told, whenSeen }, { ...setting, ...known });
      const due = mailsWith(NOTHING_AROUND).flatMap(({ about }) => ("teamId" in about ? [about.teamId] : []));
      return due.length === 0 ? [] : mailsWith(await around(month, [...new Set(due)], signal));
    },

    async ofWhatIsExpected(period, signal) {
      const today = dayOf(clock());
      const told = await records.alertsOf(period, "forecast-alert");
      const expected = await readLastForecasts(clickhouse, period, signal);
      const of = { expected, told, today, thresholdsPercent: forecastThresholdsPercent };
      const teams = teamsWithForecastMail(registry.teams, period, of);
      if (teams.length === 0) return [];
      const month = await readMonth(clickhouse, period, signal);
      const history = await readHistory(clickhouse, EVERYBODY, period, registry, signal);
      const record = await readTrackRecord(clickhouse, signal);
      const all = [...new Set([...thresholdsPercent, ...forecastThresholdsPercent])].toSorted(
        (a, b) => a - b,
      );
      const setting = {
        registry,
        currency,
        today,
        thresholdsPercent: all,
        forecastThresholdsPercent,
        finance,
      };
      const mailsWith = (known: AroundAlerts): ReturnType<typeof forecastMails> =>
        forecastMails(month, teams, { ...setting, ...known, history, told, record });
      const { mails, heldBack } = mailsWith(NOTHING_AROUND);
      if (heldBack.length > 0)
        deps.logger.info(
          { period, teams: heldBack },
          "forecast alerts wait: days are not settled, or forecasts that far ahead have not been right",
        );
      const due = mails.flatMap(({ about }) => ("teamId" in about ? [about.teamId] : []));
      return due.length === 0 ? [] : mailsWith(await around(month, due, signal)).mails;
    },

    async ofAnomalies(told, signal) {
      // A surprise of the last days of a month can have been told of the next month's first.
      const periods = new Set(told.flatMap(({ day }) => [day, addDays(day, SAME_DAYS)].map(billingPeriodOf)));
      const due = notToldOf(told, await records.keysOf([...periods], "anomaly-alert"));
      const unexpected = await readDue(deps, due, signal);
      return anomalyMails(unexpected, { registry, currency, finance });
    },
  };
}

/** Whoever marked one as expected in between has said all there is to say. */
async function readDue(
  { clickhouse, registry, anomalyFloors: floors, logger }: DueDeps,
  due: readonly ToldAnomaly[],
  signal: AbortSignal | undefined,
): Promise<Anomaly[]> {
  const ids = new Set(due.map(({ id }) => id));
  const isWanted = ({ id }: { readonly id: string }): boolean => ids.has(id);
  const periods = due.map(({ day }) => billingPeriodOf(day));
  try {
    return await readUnexpected(clickhouse, { periods, registry, floors, isWanted }, signal);
  } catch (error) {
    if (!cannotBeRead(error)) throw error;
    // The advisor tells of them again; budgets do not wait for what cannot be computed now.
    logger.warn({ err: error }, "anomalies are not told of");
    return [];
  }
}
