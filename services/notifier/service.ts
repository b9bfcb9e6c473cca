import type { AnomalyFloors } from "@apportion/books/anomalies/find-anomalies";
import type { CloseConfig } from "@apportion/books/ledger/gates";
import { readCorrectedLater } from "@apportion/books/months/read-corrections";
import { readMonth } from "@apportion/books/months/read-month";
import { readClosedSince } from "@apportion/books/months/read-posted";
import type { ClickHouse } from "@apportion/clickhouse/client";
import {
  billingPeriodOf,
  DAY_MS,
  dayOf,
  firstDayOf,
  parseBillingPeriod,
  parseDay,
  previousBillingPeriod,
  type BillingPeriod,
} from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { BatchHandler, DeadLetter, EventLog, RunningSubscription } from "@apportion/event-log/log";
import { decodeEvent, EVENTS, TOPICS, unknownEvent } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import { mergeTraces, traceparentOf } from "@apportion/events/trace";
import type { ProcessIdentity } from "@apportion/platform/platform";
import type { NamesShownTo } from "@apportion/platform/roles";
import { NOTIFIER_GROUP, NOTIFIER_TOPICS } from "@apportion/recovery/groups";
import type { Recovery } from "@apportion/recovery/recovery";
import type { MonthReports } from "@apportion/reports/monthly/compose";
import { editionOf } from "@apportion/reports/monthly/status";
import type { Health } from "@apportion/runtime/health";
import type { Logger } from "@apportion/runtime/logger";
import type { Schedule } from "@apportion/runtime/schedule";
import type { Clock, Service } from "@apportion/runtime/service";
import type { ToldAnomaly } from "./alerts/due-anomaly-mails.js";
import { dueAlerts } from "./alerts/read-due.js";
import { dueSpans } from "./alerts/read-due-spans.js";
import { budgetsOfTeams, meetBudgets } from "./budgets/versions.js";
import { messageIdDomainOf, type NotifierConfig, reportSettingsOf } from "./config.js";
import { createDeliveryClaims } from "./delivery/claims.js";
import { createChannel } from "./channels/channel.js";
import { noticesOf, noticesOfTold } from "./channels/notice.js";
import { createSending } from "./channels/sending.js";
import { createDelivery, isPutOff, type DeliverySummary, type Mail } from "./delivery/deliver.js";
import { keptMail, queuedNotice } from "./delivery/kept.js";
import { deliveryKey } from "./delivery/key.js";
import { heldBack } from "./delivery/limit.js";
import { cronOfEnd, isQuiet, rouses } from "./quiet-hours.js";
import { createSmtpMailer, type Mailer } from "./delivery/mailer.js";
import { createMessages } from "./delivery/messages.js";
import { createRecipientOutcomes } from "./delivery/outcomes.js";
import { createDeliveryRecords } from "./delivery/records.js";
import { recipientsOf } from "./delivery/recipients.js";
import { askForRetry, type RetryRequest } from "./delivery/retry.js";
import { monthComposer } from "@apportion/month-reports/compose-month";
import { monthAdviceReader } from "@apportion/month-reports/month-advice";
import { ownNamesOf } from "@apportion/month-reports/own-names";
import { reportMails } from "./reports/due-mails.js";
import { notClosedMails } from "./reports/not-closed.js";
import { sinceDayBegan, sinceMonthBegan, sinceQuietHours, startMailSchedule } from "./reports/schedule.js";
import { movementsReader } from "@apportion/month-reports/what-changed";

export interface NotifierDeps {
  readonly log: EventLog;
  readonly clickhouse: ClickHouse;
  readonly recovery: Recovery;
  readonly process: ProcessIdentity;
  readonly registry: Registry;
  readonly currency: string;
  /** To whom names of workloads of teams under HIPAA or PCI are shown. */
  readonly namesShownTo: NamesShownTo;
  /** How dollars of the bill are counted, in words: part of what every report prints. */
  readonly billBasis: string;
  /** Decimal amount of a month: less is not recommended. */
  readonly recommendedAMonth: string;
  /** What a day has to be off by to be an anomaly. */
  readonly anomalyFloors: AnomalyFloors;
  /** Of cron expressions, where `notifier.reports` has none of its own. */
  readonly timeZone: string;
  /** What a close promises; undefined: nothing is said of months that cannot close. */
  readonly closeRules: CloseConfig | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  /** By default SMTP as configured. It is closed when the service stops. */
  readonly mailer?: Mailer;
}

export interface Notifier extends Service {
  /** Sends the alerts that are due in these months. @throws as `Delivery.deliver` */
  sendAlerts(periods: readonly BillingPeriod[], signal?: AbortSignal): Promise<DeliverySummary>;
  /** Sends what is due of how the running month is expected to end, and of these days that nobody expected. @throws as `Delivery.deliver` */
  sendAdvice(anomalies: readonly ToldAnomaly[], signal?: AbortSignal): Promise<DeliverySummary>;
  /**
   * Sends the reports of a month to the teams and finance, each once for an edition: a month that was reported provisionally
   * is reported once more when it is closed, as it was posted. Sends nothing when nothing of the month is allocated.
   */
  sendMonthlyReports(period: BillingPeriod, signal?: AbortSignal): Promise<DeliverySummary>;
  /** Tells finance why the month before is not closed, once a day, once it has settled; in quiet hours when they end. @throws as `Delivery.deliver` */
  sendNotClosed(signal?: AbortSignal): Promise<DeliverySummary>;
  /** Sends what quiet hours held up, once they are over. @throws as `Delivery.deliver` */
  sendWhatWaited(): Promise<void>;
  /** One attempt at what waits for channels, and at what somebody has sent again. For commands: a notifier that is started does so by itself. */
  sendWaiting(): Promise<void>;
  /** Sends a message again to whom it did not reach, once; gives the key of that. @throws NothingToRetryError */
  retry(request: RetryRequest): Promise<string>;
  /** What reports are rendered from, with what was corrected later: for files. Undefined when nothing of the month is allocated. */
  composeReports(period: BillingPeriod): Promise<MonthReports | undefined>;
  /** Resolves when the mail server lets us in. For `doctor`. */
  verifyMailServer(): Promise<void>;
  /** Channels by their names; each resolves when it lets us connect. For `doctor`. */
  readonly reachChannels: ReadonlyMap<string, () => Promise<void>>;
}

const BATCH_MESSAGES_MAX = 500;
const BATCH_BYTES_MAX = 8 * 1024 * 1024;
const HOUR_MS = 3_600_000;
const NOTHING: DeliverySummary = { sent: 0, repeated: 0, refused: 0 };
/** A notifier that is new to an old ledger does not report years that are long known. */
const CLOSED_DAYS_MAX = 35;

/** Tells teams and finance: budget alerts as allocations are sealed, reports early in the next month and when it is closed. */
export function createNotifier(deps: NotifierDeps, config: NotifierConfig): Notifier {
  const { log, clickhouse, recovery, registry, clock, logger } = deps;
  const mailer = deps.mailer ?? createSmtpMailer(config.smtp, config);
  const records = createDeliveryRecords(clickhouse, log);
  const claims = createDeliveryClaims(clickhouse, deps);
  const outcomes = createRecipientOutcomes(clickhouse, log);
  const messages = createMessages(clickhouse, log);
  const { finance } = config;
  const { timeZone = deps.timeZone } = config.reports;
  const giveUpAfterMs = config.giveUpAfterHours * HOUR_MS;
  const stores = { records, claims, outcomes, clock, logger, beforeSending: () => recovery.requireWhole() };
  const toChannels = () => ({ channels: config.channels, finance, now: clock() });
  const delivery = createDelivery(
    {
      ...stores,
      mailer,
      async tellChannels(mails) {
        if (config.channels.length === 0 || mails.length === 0) return;
        await messages.put(mails.flatMap((mail) => noticesOf(mail, toChannels()).map(queuedNotice)));
        sending.wake();
      },
      heldBack: (subjects) => heldBack(clickhouse, clock, config.limits, subjects),
      keep: (mail, missed) => messages.put(keptMail(mail, missed, clock())),
    },
    { finance, messageIdDomain: messageIdDomainOf(config), giveUpAfterMs },
  );
  const channels = config.channels.map(createChannel);
  const sending = createSending({ ...stores, channels, messages, delivery }, { finance, giveUpAfterMs });
  let subscription: RunningSubscription | undefined;
  const schedules: Schedule[] = [];

  const ownNames = ownNamesOf(registry, deps.namesShownTo);
  const readsNames = (recipient: string, teamId: string): boolean => {
    const team = registry.teams.find(({ id }) => id === teamId);
    if (!team || !ownNames.has(teamId)) return false;
    const mayBe = team.contacts.length > 0 || deps.namesShownTo.includes("finance");
    return mayBe && recipientsOf(team, finance).some((each) => each.toLowerCase() === recipient);
  };
  const movements = movementsReader(clickhouse, registry, logger, ownNames);
  const adviceOf = monthAdviceReader(deps);
  const due = dueAlerts({ ...deps, records, config, movements, adviceOf });
  const spans = dueSpans({ ...deps, records, config });
  const { quietHours } = config;
  const quiet = quietHours && { ...quietHours, timeZone: quietHours.timeZone ?? deps.timeZone };
  /** What quiet hours hold up in this process, until it is out: a new one looks again at what is due. */
  const waiting = {
    anomalies: new Map<string, ToldAnomaly>(),
    reports: false,
    closed: false,
    notClosed: false,
  };
  const unlessQuiet = (mails: readonly Mail[]): readonly Mail[] =>
    isQuiet(quiet, clock) ? mails.filter(({ about }) => rouses(about)) : mails;
  const sendAlerts: Notifier["sendAlerts"] = async (periods, signal) => {
    const mails: Mail[] = [];
    // A backfill, or new rules, re-allocates months long past: nobody can act on their budgets any more.
    const oldest = previousBillingPeriod(billingPeriodOf(dayOf(clock())));
    // What is so of a closed month is in its final report, by the budget that it was closed with: the configured one may be another by now.
    const closed: ReadonlySet<BillingPeriod> = new Set(
      await readClosedSince(clickhouse, new Date(firstDayOf(oldest))),
    );
    const isOpen = (period: BillingPeriod): boolean => period >= oldest && !closed.has(period);
    for (const period of new Set(periods.filter(isOpen)))
      mails.push(...(await due.ofWhatWasSpent(period, signal)));
    // A year still runs of which a month long past is read again.
    mails.push(...(await spans.due(periods, closed, signal)));
    return delivery.deliver(unlessQuiet(mails), signal);
  };
  const sendAdvice: Notifier["sendAdvice"] = async (anomalies, signal) => {
    if (isQuiet(quiet, clock)) {
      for (const anomaly of anomalies) waiting.anomalies.set(anomaly.id, anomaly);
      return NOTHING;
    }
    const running = billingPeriodOf(dayOf(clock()));
    const expected: Mail[] = [];
    // What was said of the month before can have to be taken back when its last days settle.
    for (const period of [previousBillingPeriod(running), running])
      expected.push(...(await due.ofWhatIsExpected(period, signal)));
    let summary = NOTHING;
    const deliver = async (mails: readonly Mail[]): Promise<void> => {
      summary = addSummaries(summary, await delivery.deliver(mails, signal));
    };
    await eachInTurn([
      () => deliver(expected),
      async () => deliver(await due.ofAnomalies(anomalies, signal)),
    ]);
    return summary;
  };

  const settings = reportSettingsOf(config);
  const composeFigures = monthComposer({ ...deps, settings });
  const composeMonth = monthComposer({
    ...deps,
    settings,
    movements,
    adviceOf: monthAdviceReader({ ...deps, ownNames }),
    ownNames,
  });

  const mailsOf = async (reports: MonthReports): Promise<Mail[]> => {
    const reached = await records.reportsOf(reports.finance.period, editionOf(reports.status));
    return reportMails(reports, finance, reached, deps.namesShownTo.includes("finance"));
  };
  const sendMonthlyReports: Notifier["sendMonthlyReports"] = async (period, signal) => {
    const figures = await composeFigures(period);
    if (!figures) logger.warn({ period }, "nothing of the month is allocated, so there is no report to send");
    const mails = figures ? await mailsOf(figures) : [];
    const known = await records.known(mails.map(({ about }) => deliveryKey(about)));
    // What nobody gets is on no record: channels may be told of it.
    const isDue = ({ about, to }: Mail): boolean =>
      !known.has(deliveryKey(about)) && (to.length > 0 || config.channels.length > 0);
    // What is told workload by workload is most of the work, and a month's reports are looked at with each journal that is posted.
    const reports = mails.some(isDue) ? await composeMonth(period) : undefined;
    const summary = reports
      ? await delivery.deliver(await mailsOf(reports), signal)
      : { sent: 0, repeated: known.size, refused: 0 };
    logger.info({ period, ...summary }, "monthly reports");
    return summary;
  };

  /** Months that were closed of late, as they were posted. */
  const reportClosed = async (signal?: AbortSignal): Promise<void> => {
    waiting.closed = true;
    if (isQuiet(quiet, clock)) return;
    const since = new Date(clock().getTime() - CLOSED_DAYS_MAX * DAY_MS);
    const closed = await readClosedSince(clickhouse, since);
    await eachInTurn(closed.map((period) => () => sendMonthlyReports(period, signal)));
    waiting.closed = false;
  };

  const reportWhatIsDue = async (): Promise<void> => {
    waiting.reports = true;
    if (isQuiet(quiet, clock)) return;
    const lastMonth = previousBillingPeriod(billingPeriodOf(dayOf(clock())));
    await eachInTurn([() => sendMonthlyReports(lastMonth), () => reportClosed()]);
    waiting.reports = false;
  };

  const sendNotClosed: Notifier["sendNotClosed"] = async (signal) => {
    waiting.notClosed = true;
    if (isQuiet(quiet, clock)) return NOTHING;
    const { closeRules: rules } = deps;
    const about = { clickhouse, log, records, clock, timeZone, finance };
    const summary = await delivery.deliver(rules ? await notClosedMails({ ...about, rules }) : [], signal);
    waiting.notClosed = false;
    return summary;
  };

  const sendWhatWaited: Notifier["sendWhatWaited"] = async () => {
    const running = billingPeriodOf(dayOf(clock()));
    await eachInTurn([
      () => sendAlerts([previousBillingPeriod(running), running]),
      async () => {
        await sendAdvice([...waiting.anomalies.values()]);
        if (!isQuiet(quiet, clock)) waiting.anomalies.clear();
      },
      async () => {
        if (waiting.reports) await reportWhatIsDue();
        else if (waiting.closed) await reportClosed();
      },
      async () => {
        if (waiting.notClosed) await sendNotClosed();
      },
    ]);
  };

  const consuming: Service = {
    name: NOTIFIER_GROUP,
    async start() {
      const { schedule, notClosed } = config.reports;
      // Before anything new is counted: a budget that came with this start is met at what was spent until now.
      const current = billingPeriodOf(dayOf(clock()));
      const month = await readMonth(clickhouse, current);
      await meetBudgets(clickhouse, current, budgetsOfTeams(month, registry), clock());
      await spans.meet();
      subscription = await log.subscribe({
        group: NOTIFIER_GROUP,
        topics: NOTIFIER_TOPICS,
        deadLetterTopic: TOPICS.deadLetters.name,
        batchMessagesMax: BATCH_MESSAGES_MAX,
        batchBytesMax: BATCH_BYTES_MAX,
        handle: recovery.withProgress(
          NOTIFIER_GROUP,
          handlerOf(
            {
              sendAlerts,
              sendAdvice,
              reportClosed: schedule === "off" ? async () => undefined : reportClosed,
            },
            logger,
          ),
        ),
      });
      sending.start();
      const about = { clock, logger, health: deps.health, timeZone };
      if (quiet) {
        const since = sinceDayBegan(clock, quiet.timeZone);
        const end = { name: "end of quiet hours", cron: cronOfEnd(quiet), send: sendWhatWaited, since };
        schedules.push(startMailSchedule(end, { ...about, timeZone: quiet.timeZone }));
      }
      if (schedule === "off") return;
      const reports = { name: "monthly reports", send: reportWhatIsDue, since: sinceMonthBegan(clock) };
      schedules.push(startMailSchedule({ ...reports, cron: schedule }, about));
      if (notClosed === "off") return;
      const send = async (): Promise<void> => void (await sendNotClosed());
      const day = sinceDayBegan(clock, timeZone);
      // What was due in the evening, and was held up, is due in the morning for a process that is new then.
      const night = quiet && sinceQuietHours(quiet, clock);
      const since = night && night < day ? night : day;
      const reminder = { name: "month that is not closed", send, since };
      schedules.push(startMailSchedule({ ...reminder, cron: notClosed }, about));
    },
    async stop() {
      await Promise.all(schedules.map((each) => each.stop()));
      await subscription?.stop();
      await sending.stop();
      mailer.close();
    },
  };

  return {
    sendAlerts,
    sendAdvice,
    sendMonthlyReports,
    sendNotClosed,
    sendWhatWaited,
    // Mails say nothing of later corrections: each attempt at an edition says the same, and the month that has them says so.
    composeReports: async (period) => composeMonth(period, await readCorrectedLater(clickhouse, period)),
    sendWaiting: () => sending.sendWaiting(),
    async retry(request) {
      await recovery.requireWhole();
      const key = await askForRetry(
        {
          messages,
          records,
          noticesOf: (mail) => noticesOfTold(mail, toChannels()).map(queuedNotice),
          readsNames,
        },
        request,
        clock(),
      );
      await sending.sendWaiting();
      return key;
    },
    verifyMailServer: () => mailer.verify(),
    reachChannels: new Map(channels.map((each) => [each.name, () => each.reach()])),
    ...recovery.whenWhole(consuming),
  };
}

/**
 * One after another, also where mails of one of them wait, for the mail server or for another process that has claimed them: that holds up no mail of the
 * others, and is thrown at the end. Anything else is thrown at once: then no mail gets through.
 */
async function eachInTurn(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  let putOff: Error | undefined;
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      if (!isPutOff(error)) throw error;
      putOff ??= error;
    }
  }
  if (putOff) throw putOff;
}

function addSummaries(one: DeliverySummary, other: DeliverySummary): DeliverySummary {
  return {
    sent: one.sent + other.sent,
    repeated: one.repeated + other.repeated,
    refused: one.refused + other.refused,
  };
}

/**
 * Many sealed days of a month are one evaluation, many journals one look at the ledger: what is looked at is what is there now,
 * not what an event says of it.
 */
function handlerOf(
  {
    sendAlerts,
    sendAdvice,
    reportClosed,
  }: Pick<Notifier, "sendAlerts" | "sendAdvice"> & {
    readonly reportClosed: (signal: AbortSignal) => Promise<void>;
  },
  logger: Logger,
): BatchHandler {
  return async (batch, signal) => {
    const periods: BillingPeriod[] = [];
    const deadLetters: DeadLetter[] = [];
    let closed = false;
    let advised: ToldAnomaly[] | undefined;
    for (const message of batch) {
      const type = eventTypeOf(message.headers);
      if (type === EVENTS.allocationSealed.type) {
        const decoded = decodeEvent("allocationSealed", message.value);
        if (decoded.ok) periods.push(parseBillingPeriod(decoded.data.billingPeriod));
        else deadLetters.push({ message, reason: decoded.reason });
      } else if (type === EVENTS.journalPosted.type) {
        const decoded = decodeEvent("journalPosted", message.value);
        if (decoded.ok) closed ||= decoded.data.kind === "statement";
        else deadLetters.push({ message, reason: decoded.reason });
      } else if (type === EVENTS.adviceMade.type) {
        const decoded = decodeEvent("adviceMade", message.value);
        if (decoded.ok)
          advised = [
            ...(advised ?? []),
            ...decoded.data.anomalies.map((each) => ({ ...each, day: parseDay(each.day) })),
          ];
        else deadLetters.push({ message, reason: decoded.reason });
      } else {
        deadLetters.push({ message, reason: unknownEvent("the notifier", type) });
      }
    }
    const trace = mergeTraces(batch.map(({ headers }) => traceparentOf(headers))).fields;
    await eachInTurn([
      async () => {
        if (closed) await reportClosed(signal);
      },
      async () => {
        const summary = await sendAlerts(periods, signal);
        const evaluated = { billingPeriods: [...new Set(periods)], ...trace };
        if (periods.length > 0) logger.info({ ...evaluated, ...summary }, "budgets evaluated");
      },
      // After what was spent: a threshold that is passed by now is no forecast any more.
      async () => {
        if (advised) logger.info({ ...(await sendAdvice(advised, signal)), ...trace }, "advice evaluated");
      },
    ]);
    return deadLetters;
  };
}
