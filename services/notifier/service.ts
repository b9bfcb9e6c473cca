import type { ClickHouse } from "@apportion/clickhouse/client";
import {
  billingPeriodOf,
  dayOf,
  parseBillingPeriod,
  previousBillingPeriod,
  type BillingPeriod,
} from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { decodeEvent, EVENTS, TOPICS } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import type { BatchHandler, DeadLetter, EventLog, RunningSubscription } from "@apportion/event-log/log";
import type { Logger } from "@apportion/runtime/logger";
import type { Clock, Service } from "@apportion/runtime/service";
import { alertMails } from "./alerts/mails.js";
import { messageIdDomainOf, type NotifierConfig } from "./config.js";
import { readCorrections } from "./costs/read-corrections.js";
import { readMonth, readUnits } from "./costs/read-month.js";
import { createDelivery, type DeliverySummary } from "./delivery/deliver.js";
import { createSmtpMailer, type Mailer } from "./delivery/mailer.js";
import { createDeliveryRecords } from "./delivery/records.js";
import type { RenderedMail } from "./mail/mail.js";
import { composeReports, type MonthReports } from "./reports/compose.js";
import { chargingBasisOf } from "./reports/charging-basis.js";
import { renderFinanceSummary } from "./reports/finance-report.js";
import { reportMails } from "./reports/mails.js";
import { startReportSchedule } from "./reports/schedule.js";
import { renderTeamReport } from "./reports/team-report.js";

export interface NotifierDeps {
  readonly log: EventLog;
  readonly clickhouse: ClickHouse;
  readonly registry: Registry;
  readonly currency: string;
  /** How dollars of the bill are counted, in words: part of what every report prints. */
  readonly billBasis: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** By default SMTP as configured. It is closed when the service stops. */
  readonly mailer?: Mailer;
}

/** Reports of a month as mails and files; `edition` is part of what is sent only once. */
export interface RenderedReports {
  readonly period: BillingPeriod;
  readonly edition: "provisional" | "final";
  readonly teams: readonly (RenderedMail & { readonly teamId: string })[];
  readonly finance: RenderedMail;
}

export interface Notifier extends Service {
  /** Sends the alerts that are due in these months. @throws as `Delivery.deliver` */
  sendAlerts(periods: readonly BillingPeriod[], signal?: AbortSignal): Promise<DeliverySummary>;
  /**
   * Sends the reports of a month to the teams and finance, each once for an edition: a month that was reported provisionally
   * is reported once more when it is final. Sends nothing when nothing of the month is allocated.
   */
  sendMonthlyReports(period: BillingPeriod): Promise<DeliverySummary>;
  /** The same reports without sending them; undefined when nothing of the month is allocated. */
  renderReports(period: BillingPeriod): Promise<RenderedReports | undefined>;
  /** Resolves when the mail server lets us in. For `doctor`. */
  verifyMailServer(): Promise<void>;
}

export const NOTIFIER_GROUP = "notifier";
const BATCH_MESSAGES_MAX = 500;
const HOUR_MS = 3_600_000;

/** Tells teams and finance: budget alerts as allocations are sealed, reports once a month. */
export function createNotifier(deps: NotifierDeps, config: NotifierConfig): Notifier {
  const { log, clickhouse, registry, currency, clock, logger } = deps;
  const mailer = deps.mailer ?? createSmtpMailer(config.smtp, config);
  const records = createDeliveryRecords(clickhouse);
  const delivery = createDelivery(
    { mailer, records, clock, logger },
    {
      finance: config.finance,
      messageIdDomain: messageIdDomainOf(config),
      giveUpAfterMs: config.giveUpAfterHours * HOUR_MS,
    },
  );
  let subscription: RunningSubscription | undefined;
  let reportSchedule: { stop(): Promise<void> } | undefined;

  const sendAlerts: Notifier["sendAlerts"] = async (periods, signal) => {
    const mails = [];
    // A backfill, or new rules, re-allocates months long past: nobody can act on their budgets any more.
    const oldest = previousBillingPeriod(billingPeriodOf(dayOf(clock())));
    for (const period of new Set(periods.filter((each) => each >= oldest))) {
      const month = await readMonth(clickhouse, period, signal);
      mails.push(...alertMails(month, await records.alertsOf(period), { registry, currency }, config));
    }
    return delivery.deliver(mails, signal);
  };

  const composeMonth = async (period: BillingPeriod): Promise<MonthReports | undefined> => {
    const month = await readMonth(clickhouse, period);
    return composeReports({
      month,
      previous: await readMonth(clickhouse, previousBillingPeriod(period)),
      corrections: await readCorrections(clickhouse, period),
      units: await readUnits(clickhouse, period),
      registry,
      currency,
      today: dayOf(clock()),
      settleDay: config.reports.settleDay,
      chargingBasis: config.reports.chargingBasis ?? chargingBasisOf(month, deps.billBasis, deps.registry),
      questionsTo: config.reports.questionsTo ?? config.finance.join(", "),
    });
  };

  const sendMonthlyReports: Notifier["sendMonthlyReports"] = async (period) => {
    const reports = await composeMonth(period);
    if (!reports) logger.warn({ period }, "nothing of the month is allocated, so there is no report to send");
    const summary = await delivery.deliver(reports ? reportMails(reports, config.finance) : []);
    logger.info({ period, ...summary }, "monthly reports");
    return summary;
  };

  return {
    name: NOTIFIER_GROUP,
    sendAlerts,
    sendMonthlyReports,
    async renderReports(period) {
      const reports = await composeMonth(period);
      if (!reports) return undefined;
      const teams = reports.teams.map((report) => ({ teamId: report.team.id, ...renderTeamReport(report) }));
      return { period, edition: reports.status.kind, teams, finance: renderFinanceSummary(reports.finance) };
    },
    verifyMailServer: () => mailer.verify(),
    async start() {
      subscription = await log.subscribe({
        group: NOTIFIER_GROUP,
        topics: [TOPICS.allocations.name],
        deadLetterTopic: TOPICS.deadLetters.name,
        batchMessagesMax: BATCH_MESSAGES_MAX,
        handle: handlerOf(sendAlerts, logger),
      });
      const { schedule } = config.reports;
      if (schedule !== "off")
        reportSchedule = startReportSchedule({ send: sendMonthlyReports, clock, logger }, schedule);
    },
    async stop() {
      await reportSchedule?.stop();
      await subscription?.stop();
      mailer.close();
    },
  };
}

/** Many sealed days of a month are one evaluation: what is looked at is the month as it is now, not what an event says of it. */
function handlerOf(sendAlerts: Notifier["sendAlerts"], logger: Logger): BatchHandler {
  return async (batch, signal) => {
    const periods: BillingPeriod[] = [];
    const deadLetters: DeadLetter[] = [];
    for (const message of batch) {
      const type = eventTypeOf(message.headers);
      if (type !== EVENTS.allocationSealed.type) {
        deadLetters.push({
          message,
          reason: `The notifier knows no event of type ${type ?? "(not a CloudEvent)"}`,
        });
        continue;
      }
      const decoded = decodeEvent("allocationSealed", message.value);
      if (decoded.ok) periods.push(parseBillingPeriod(decoded.data.billingPeriod));
      else deadLetters.push({ message, reason: decoded.reason });
    }
    const summary = await sendAlerts(periods, signal);
    if (summary.sent + summary.refused > 0) logger.info({ ...summary }, "budget alerts");
    return deadLetters;
  };
}
