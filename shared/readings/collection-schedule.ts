import type { Finding, Health } from "@apportion/runtime/health";
import type { Logger } from "@apportion/runtime/logger";
import { type Attempt, type Schedule, type ScheduleStart, startSchedule } from "@apportion/runtime/schedule";
import type { Clock } from "@apportion/runtime/service";
import type { CollectSummary } from "./collect-summary.js";
import type { ReadingPublisher } from "./publisher.js";
import type { Source } from "./source.js";

/** What is read as a whole and fails as one: a scope of a source. */
export interface Part {
  readonly source: Source;
  readonly scope: string;
}

/** What became of a part. An error is what is no fault of its upstream: a defect, the log that is away. */
export interface PartOutcome extends Part {
  readonly summary?: CollectSummary;
  readonly error?: unknown;
}

/** `dataset/source/scope`, for the log, the record of progress and health. */
function partName({ source, scope }: Part): string {
  return `${source.dataset}/${source.name}/${scope}`;
}

export interface CollectionSchedule {
  /** `collector-bill: recent days`: its key on record, so it must not change. */
  readonly name: string;
  readonly cron: string;
  readonly timeZone?: string | undefined;
  readonly parts: readonly Part[];
  /** Whether each start reads at once what reading costs nothing of; else only what is due by what is on record. */
  readonly atEachStart: boolean;
  /** Whether what has never been read is due at once; else from its next scheduled time on. */
  readonly atFirstStart: boolean;
  collect(parts: readonly Part[], signal: AbortSignal): Promise<PartOutcome[]>;
}

interface CollectionDeps {
  readonly publisher: ReadingPublisher;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
}

/**
 * Reads parts on a schedule. Each attempt is on record in the log when it begins and when it ends, so a process that is started again
 * reads what was due meanwhile, goes on with what was not finished, and does not pay once more for what was read.
 */
export async function startCollection(of: CollectionSchedule, deps: CollectionDeps): Promise<Schedule> {
  const { publisher, clock, logger } = deps;
  const { lastRead, start } = await goOn(of, deps);
  const failures = new Map<string, string>();
  const startedAt = clock();

  const run = async (attempt: Attempt, signal: AbortSignal): Promise<string[]> => {
    const names = of.parts.map(partName);
    const wanted = attempt.left ?? names;
    const progress = { schedule: of.name, beganAt: clock().toISOString(), failures: attempt.failures };
    const recordAllBut = (left: readonly string[]): Promise<void> =>
      publisher.recordProgress({ ...progress, done: names.filter((name) => !left.includes(name)) });

    await recordAllBut(wanted); // before anything is asked: who dies of an answer must not ask for ever
    const outcomes = await of.collect(
      of.parts.filter((part) => wanted.includes(partName(part))),
      signal,
    );
    signal.throwIfAborted();
    const tally = { published: 0, unchanged: 0, failed: 0 };
    for (const outcome of outcomes) {
      const { summary, error } = outcome;
      const name = partName(outcome);
      if (error !== undefined)
        logger.error({ schedule: of.name, part: name, err: error }, "could not be collected");
      const failure = error instanceof Error ? error : summary?.failures[0]?.error;
      if (failure) failures.set(name, failure.message);
      else failures.delete(name);
      // A source that has one of its days is read; what is wrong with another is on record.
      if (summary && (!failure || summary.published + summary.unchanged > 0))
        lastRead.set(name, new Date(progress.beganAt));
      tally.published += summary?.published ?? 0;
      tally.unchanged += summary?.unchanged ?? 0;
      tally.failed += summary?.failures.length ?? 1;
    }
    logger.info({ schedule: of.name, ...tally }, "readings collected");
    const left = outcomes.filter(isWorthAnotherAttempt).map(partName);
    await recordAllBut(left);
    return left;
  };

  const schedule = startSchedule(
    { name: of.name, cron: of.cron, timeZone: of.timeZone, run },
    { clock, logger },
    start,
  );
  const findings = (): Finding[] =>
    of.parts.map((part): Finding => {
      const name = partName(part);
      const readAt = lastRead.get(name);
      const failure = failures.get(name) ?? schedule.state().failure?.message;
      const said = [
        readAt ? `last read ${agoOf(readAt, clock())}` : "not read yet",
        schedule.state().running ? "being read" : `next at ${schedule.state().nextAt.toISOString()}`,
        ...(failure === undefined ? [] : [`failed: ${failure}`]),
      ];
      return {
        what: `${of.name}, ${name}`,
        ok: !schedule.missed(MISSED_MAX, readAt ?? startedAt),
        detail: said.join("; "),
      };
    });
  deps.health.add(async () => findings());
  return schedule;
}

/** Scheduled times that may pass without a reading before that is bad health. */
const MISSED_MAX = 2;

function isWorthAnotherAttempt({ source, summary, error }: PartOutcome): boolean {
  if (error !== undefined) return true;
  const failures = summary?.failures ?? [];
  return failures.some((failure) => failure.error.retriable) && (source.mayReadAgain?.() ?? true);
}

/** Where the schedule was, as the log has it. */
async function goOn(
  of: CollectionSchedule,
  { publisher, clock }: CollectionDeps,
): Promise<{ lastRead: Map<string, Date>; start: ScheduleStart }> {
  const now = clock();
  const progress = publisher.lastProgress(of.name);
  const names = of.parts.map(partName);
  if (!progress) {
    if (of.atFirstStart) return { lastRead: new Map(), start: { since: LONG_AGO } };
    // From here on scheduled times count, also those at which no process runs.
    await publisher.recordProgress({
      schedule: of.name,
      beganAt: now.toISOString(),
      failures: 0,
      done: names,
    });
    return { lastRead: new Map(), start: { since: now } };
  }
  const beganAt = new Date(progress.beganAt);
  const lastRead = new Map(progress.done.map((name) => [name, beganAt]));
  if (of.atEachStart) return { lastRead, start: { since: LONG_AGO } };
  const left = names.filter((name) => !progress.done.includes(name));
  if (left.length === 0) return { lastRead, start: { since: beganAt } };
  const unfinished = { failures: progress.failures + 1, left };
  return { lastRead, start: { since: beganAt, unfinished } };
}

const LONG_AGO = new Date(0);

function agoOf(instant: Date, now: Date): string {
  return `${Math.max(0, Math.round((now.getTime() - instant.getTime()) / 60_000))} min ago`;
}
