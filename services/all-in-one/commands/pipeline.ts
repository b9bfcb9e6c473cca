import { ALLOCATION_GROUP, INTAKE_GROUP } from "@apportion/allocator/service";
import type { Day } from "@apportion/domain/period";
import { TOPICS } from "@apportion/events/catalogue";
import { NOTIFIER_GROUP, NOTIFIER_TOPICS } from "@apportion/notifier/service";
import { addSummaries, type CollectProgress, type CollectSummary } from "@apportion/readings/collector";
import { untilCaughtUp } from "../drain.js";
import type { System } from "../system.js";
import { bar, progressLine, type CommandContext } from "./context.js";

/** Longest time one stage may take to catch up, in milliseconds. */
const STAGE_DEADLINE_MS = 30 * 60_000;

interface CollectRequest {
  readonly from: Day;
  readonly to: Day;
  /** Name of one source; all where absent. */
  readonly source?: string;
  /** Leaves out days whose last reading was final. */
  readonly skipFinal?: boolean;
  /** Publishes also what has not changed. */
  readonly again?: boolean;
}

const BAR_WIDTH = 24;

/** Reads the days from every source with progress, and waits until what was read is visible. */
export async function collectStage(
  context: CommandContext,
  system: System,
  request: CollectRequest,
): Promise<CollectSummary> {
  const line = progressLine(context);
  const onProgress = ({ source, scope, done, total: days }: CollectProgress): void =>
    line.update(
      `Reading ${source} ${scope}: ${bar(done / days, BAR_WIDTH)} ${done} of ${days} days`,
      done === days,
    );
  const chosen = system.collectors.filter(
    ({ sources }) => request.source === undefined || sources.some(({ name }) => name === request.source),
  );
  await system.allocator.intake.start();
  try {
    const summaries = [];
    for (const collector of chosen)
      summaries.push(
        await collector.collect({
          from: request.from,
          to: request.to,
          onProgress,
          ...(request.skipFinal && { skipFinal: true }),
          ...(request.again && { again: true }),
        }),
      );
    await untilCaughtUp(system.platform.log, INTAKE_GROUP, [TOPICS.readings.name], {
      deadlineMs: STAGE_DEADLINE_MS,
      onLag: (lag) => line.update(`Storing what was read: ${lag} messages to go`, false),
    });
    return addSummaries(summaries);
  } finally {
    line.end();
    await system.allocator.intake.stop();
  }
}

/** Allocates what was requested, and waits until the runs are sealed. */
export async function allocateStage(context: CommandContext, system: System): Promise<void> {
  const line = progressLine(context);
  await system.allocator.allocation.start();
  try {
    await untilCaughtUp(system.platform.log, ALLOCATION_GROUP, [TOPICS.allocationRequests.name], {
      deadlineMs: STAGE_DEADLINE_MS,
      onLag: (lag) => line.update(`Allocating: ${lag} requests to go`, false),
    });
  } finally {
    line.end();
    await system.allocator.allocation.stop();
  }
}

/** Evaluates the budgets of what was sealed, reports what was closed, and waits until every mail that is due was sent. */
export async function notifyStage(context: CommandContext, system: System): Promise<void> {
  if (!system.notifier) return;
  const line = progressLine(context);
  await system.notifier.start();
  try {
    await untilCaughtUp(system.platform.log, NOTIFIER_GROUP, NOTIFIER_TOPICS, {
      deadlineMs: STAGE_DEADLINE_MS,
      onLag: (lag) => line.update(`Checking budgets and the ledger: ${lag} events to go`, false),
    });
  } finally {
    line.end();
    await system.notifier.stop();
  }
}
