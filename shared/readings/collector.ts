import { type Reading, readingName } from "@apportion/domain/facts";
import { MoneyError } from "@apportion/domain/money";
import { chargePeriodOf, type Day, dayOf, daysBetween } from "@apportion/domain/period";
import { MisfitError } from "@apportion/events/misfit";
import type { Health } from "@apportion/runtime/health";
import type { Logger } from "@apportion/runtime/logger";
import type { Schedule } from "@apportion/runtime/schedule";
import type { Clock, Service } from "@apportion/runtime/service";
import { sideBySide } from "@apportion/runtime/side-by-side";
import { addSummaries, type CollectSummary } from "./collect-summary.js";
import {
  type CollectionSchedule,
  type Part,
  type PartOutcome,
  startCollection,
} from "./collection-schedule.js";
import { closedMonthsDays, type FinalityOf, type LookbackConfig, recentDays } from "./days-to-read.js";
import type { PublishOptions, PublishOutcome, ReadingPublisher } from "./publisher.js";
import { failedReading, type FailedReading, isFailed, type Source } from "./source.js";

export interface CollectorConfig extends LookbackConfig {
  /** Cron expression, in the deployment's time zone: when the recent days are read. */
  readonly schedule: string;
  /** Cron expression, likewise: when the months before them are. */
  readonly closedMonths: LookbackConfig["closedMonths"] & { readonly schedule: string };
}

export interface CollectOptions {
  /** Half-open [from, to) in UTC days. */
  readonly from: Day;
  readonly to: Day;
  /** Leaves out days whose last reading was final: a backfill that was interrupted goes on where it was. */
  readonly skipFinal?: boolean;
  /** Publishes also what has not changed: what intake refused once it may take after an upgrade. */
  readonly again?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CollectProgress) => void;
}

export interface CollectProgress {
  readonly source: string;
  readonly scope: string;
  readonly done: number;
  readonly total: number;
}

export interface Collector extends Service {
  readonly sources: readonly Source[];
  collect(options: CollectOptions): Promise<CollectSummary>;
  /** Reads what the schedule reads. */
  collectRecent(): Promise<CollectSummary>;
  /** Reads what the schedule of closed months reads. */
  collectClosedMonths(): Promise<CollectSummary>;
}

interface CollectorDeps {
  readonly name: string;
  readonly sources: readonly Source[];
  readonly publisher: ReadingPublisher;
  /** Of the cron expressions; UTC where absent. */
  readonly timeZone?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
}

/**
 * Reads sources on a schedule and on request. Some scopes are read at once, each on its own: one that is down delays only
 * itself. Two readings never overlap within a collector, so a slow one cannot overtake a newer.
 */
export function createCollector(deps: CollectorDeps, config: CollectorConfig): Collector {
  const { name, sources, clock } = deps;
  const parts = sources.flatMap((source) => source.scopes.map((scope) => ({ source, scope })));
  const stopping = new AbortController();
  const schedules: Schedule[] = [];
  let queue: Promise<unknown> = Promise.resolve();

  const inTurn = async (wanted: readonly Part[], options: ReadOptions): Promise<PartOutcome[]> => {
    const signal = options.signal ? AbortSignal.any([options.signal, stopping.signal]) : stopping.signal;
    const turn = queue.then(() => collectParts(deps, wanted, { ...options, signal }));
    queue = turn.catch(() => undefined); // the caller of this turn sees its error; the next turn starts afresh
    return turn;
  };
  const all = async (options: ReadOptions): Promise<CollectSummary> => {
    const outcomes = await inTurn(parts, options);
    const broken = outcomes.find(({ error }) => error !== undefined);
    if (broken) throw broken.error;
    return addSummaries(outcomes.flatMap(({ summary }) => summary ?? []));
  };
  const recent = (finalityOf: FinalityOf): Day[] => recentDays(config, dayOf(clock()), finalityOf);
  const closedMonths = (): Day[] => closedMonthsDays(config, dayOf(clock()));
  const scheduled = (what: string, cron: string, daysOf: ReadOptions["daysOf"]) => ({
    name: `${name}: ${what}`,
    cron,
    timeZone: deps.timeZone,
    parts,
    collect: (wanted: readonly Part[], signal: AbortSignal) => inTurn(wanted, { daysOf, signal }),
  });

  return {
    name,
    sources,
    collect: (options) => all({ ...options, daysOf: () => daysBetween(options.from, options.to) }),
    collectRecent: () => all({ daysOf: recent }),
    collectClosedMonths: () => all({ daysOf: closedMonths }),
    async start() {
      const wanted: CollectionSchedule[] = [
        // Pages of the bill cost money: a process that is started again and again must not read it each time.
        {
          ...scheduled("recent days", config.schedule, recent),
          atFirstStart: true,
          atEachStart: !config.readsBill,
        },
      ];
      if (config.closedMonths.days > 0)
        wanted.push({
          ...scheduled("closed months", config.closedMonths.schedule, closedMonths),
          atFirstStart: false,
          atEachStart: false,
        });
      try {
        for (const each of wanted) schedules.push(await startCollection(each, deps));
      } catch (error) {
        await this.stop(); // who did not start must not go on reading
        throw error;
      }
    },
    async stop() {
      stopping.abort();
      await Promise.all(schedules.map((each) => each.stop()));
      await queue;
    },
  };
}

interface ReadOptions extends Omit<CollectOptions, "from" | "to"> {
  /** Days to read of a scope, in order. */
  readonly daysOf: (finalityOf: FinalityOf) => Day[];
}

/** Scopes that are read at once: one that is down must delay only itself, and memory holds a day of each. */
const SCOPES_AT_ONCE = 4;

/** A part that throws is an outcome: the others are read. @throws what the log says when it cannot be read */
async function collectParts(
  deps: CollectorDeps,
  parts: readonly Part[],
  options: ReadOptions & { signal: AbortSignal },
): Promise<PartOutcome[]> {
  await deps.publisher.refresh();
  return sideBySide(parts, SCOPES_AT_ONCE, async (part) => {
    try {
      return { ...part, summary: await collectScope(deps, part.source, part.scope, options) };
    } catch (error) {
      return { ...part, error };
    }
  });
}

async function collectScope(
  deps: CollectorDeps,
  source: Source,
  scope: string,
  options: ReadOptions & { signal: AbortSignal },
): Promise<CollectSummary> {
  const finalityOf: FinalityOf = (day) =>
    deps.publisher.lastSeal({
      dataset: source.dataset,
      source: source.name,
      scope,
      chargePeriod: chargePeriodOf(day),
    })?.finality;
  const all = options.daysOf(finalityOf);
  const days = options.skipFinal ? all.filter((day) => finalityOf(day) !== "final") : all;
  const tally = { published: 0, unchanged: 0, skipped: all.length - days.length };
  const failures: FailedReading[] = [];
  const remarks: string[] = [];
  if (days.length === 0) return { ...tally, failures, remarks };
  const progress = (done: number): void =>
    options.onProgress?.({ source: source.name, scope, done, total: days.length });
  let done = 0;
  // Before the source is asked: an answer that was made before midnight must not pass for one of a day that is over.
  const readAt = deps.clock();
  for await (const result of source.read(scope, days, options.signal)) {
    options.signal.throwIfAborted();
    const outcome = isFailed(result)
      ? result
      : await publish(deps, result, { readAt, again: options.again ?? false });
    if (isFailed(outcome)) {
      failures.push(outcome);
      await report(deps, outcome);
    } else {
      tally[outcome.kind] += 1;
      if (outcome.remark !== undefined) remarks.push(outcome.remark);
    }
    done += 1;
    progress(done);
  }
  if (done < days.length) progress(days.length); // an inventory has a reading for the last day only
  return { ...tally, failures, remarks };
}

/** A reading with a row that no table can hold is refused as if its source had said so: nothing of it is published. */
async function publish(
  deps: CollectorDeps,
  reading: Reading,
  options: PublishOptions,
): Promise<{ readonly kind: PublishOutcome["kind"]; readonly remark?: string } | FailedReading> {
  const name = readingName(reading.key);
  let outcome: PublishOutcome;
  try {
    outcome = await deps.publisher.publish(reading, options);
  } catch (error) {
    if (error instanceof MisfitError || error instanceof MoneyError) return failedReading(reading.key, error);
    throw error;
  }
  if (outcome.kind === "published") {
    const { seal, traceId } = outcome;
    deps.logger.info({ reading: name, snapshotId: seal.snapshotId, traceId }, "reading published");
  }
  if (reading.remark === undefined) return { kind: outcome.kind };
  deps.logger.warn({ reading: name }, reading.remark);
  return { kind: outcome.kind, remark: `${name}: ${reading.remark}` };
}

/** What is merely unavailable is read again after a pause; what must not be charged goes on record. */
async function report(deps: CollectorDeps, { key, error }: FailedReading): Promise<void> {
  deps.logger.warn({ reading: readingName(key), code: error.code }, error.message);
  if (error.code === "malformed" || error.code === "absurd") await deps.publisher.refuse(key, error.message);
}
