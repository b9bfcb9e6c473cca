import { type CostHistory, NO_HISTORY } from "@apportion/books/forecast/history";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { Registry, Team } from "@apportion/domain/tenancy";
import type { Alert } from "@apportion/reports/alerts/compose";
import { type ReportAdvice, teamAdvice } from "@apportion/reports/monthly/team-advice";
import type { WhatChanged } from "@apportion/month-reports/what-changed";

/** What is said beside a threshold: how the month ends, why it costs what it does, and what would help. */
export interface AroundAlerts {
  /** What teams cost before the month. */
  readonly history: CostHistory;
  readonly changed: WhatChanged;
  /** Undefined where it was not read. */
  readonly advice: ReportAdvice | undefined;
}

export const NOTHING_AROUND: AroundAlerts = {
  history: NO_HISTORY,
  changed: new Map(),
  advice: undefined,
};

/** What mails about thresholds are made with. */
export interface AlertSetting extends AroundAlerts {
  readonly registry: Registry;
  readonly currency: string;
  readonly today: Day;
  /** From the lowest to the highest. */
  readonly thresholdsPercent: readonly number[];
  /** Who receives the mails of teams without contacts. */
  readonly finance: readonly string[];
}

/** What is said beside a threshold, of one team. */
export function besides(
  { id }: Team,
  period: BillingPeriod,
  { changed, advice }: AroundAlerts,
): Pick<Alert, "changes" | "advice"> {
  return { changes: changed.get(id), advice: advice && teamAdvice(advice, id, period) };
}
