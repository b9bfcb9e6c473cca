import { budgetLines } from "@apportion/books/budgets/lines";
import { countedReader } from "@apportion/books/budgets/read-counted";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { lastMonthOf } from "@apportion/domain/budget-span";
import { type BillingPeriod, billingPeriodOf, dayOf, previousBillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { SpanStanding } from "@apportion/reports/alerts/span-alert";
import type { Clock } from "@apportion/runtime/service";
import { meetBudgets, type SpentWhenSeen } from "../budgets/versions.js";
import type { NotifierConfig } from "../config.js";
import type { Mail } from "../delivery/deliver.js";
import type { DeliveryRecords } from "../delivery/records.js";
import { metBudget, spanMails, spansOf, standingOf } from "./due-span-mails.js";

/** Budgets beside those of teams for whole months: of quarters and years, of some costs, of cost centers and departments. */
interface DueSpans {
  /** Puts on record what is spent of those that are new, before anything further is counted. */
  meet(signal?: AbortSignal): Promise<void>;
  /** Alerts that were not delivered yet of the spans in which some months lie, but of those whose last month is closed. */
  due(
    periods: readonly BillingPeriod[],
    closed: ReadonlySet<BillingPeriod>,
    signal?: AbortSignal,
  ): Promise<readonly Mail[]>;
}

interface SpanDeps {
  readonly clickhouse: ClickHouse;
  readonly records: Pick<DeliveryRecords, "alertsOf">;
  readonly registry: Registry;
  readonly currency: string;
  readonly clock: Clock;
  readonly config: Pick<NotifierConfig, "thresholdsPercent" | "finance">;
}

export function dueSpans({ clickhouse, records, registry, currency, clock, config }: SpanDeps): DueSpans {
  const lines = budgetLines(registry);
  const readCounted = countedReader(clickhouse, lines, registry);
  const { thresholdsPercent, finance } = config;

  const standingsOf = async (
    periods: readonly BillingPeriod[],
    closed: ReadonlySet<BillingPeriod>,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<BillingPeriod, readonly SpanStanding[]>> => {
    const running = billingPeriodOf(dayOf(clock()));
    const spans = spansOf(lines, periods, previousBillingPeriod(running), registry).filter(
      ({ months }) => !closed.has(lastMonthOf(months)),
    );
    const months = spans.flatMap((span) => span.months).filter((month) => month <= running);
    if (months.length === 0) return new Map();
    const counted = await readCounted(months, signal);
    const standings = spans.map((span) => standingOf(span, counted));
    const starts = [...new Set(spans.map((span) => span.months[0]))].toSorted();
    return new Map(starts.map((start) => [start, standings.filter(({ of }) => of.months[0] === start)]));
  };
  const met = (start: BillingPeriod, standings: readonly SpanStanding[]): Promise<SpentWhenSeen> =>
    meetBudgets(
      clickhouse,
      start,
      standings.map(({ of, costs }) => metBudget(of, costs)),
      clock(),
    );

  return {
    async meet(signal) {
      const standings = await standingsOf([billingPeriodOf(dayOf(clock()))], new Set(), signal);
      for (const [start, each] of standings) await met(start, each);
    },

    async due(periods, closed, signal) {
      const setting = { registry, currency, today: dayOf(clock()), thresholdsPercent, finance };
      const mails: Mail[] = [];
      for (const [start, standings] of await standingsOf(periods, closed, signal)) {
        const whenSeen = await met(start, standings);
        const told = await records.alertsOf(start, "budget-alert");
        mails.push(...standings.flatMap((each) => spanMails(each, { told, whenSeen }, setting)));
      }
      return mails;
    },
  };
}
