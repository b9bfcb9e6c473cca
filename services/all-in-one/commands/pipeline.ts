import type { Day } from "@apportion/domain/period";
import { TOPICS } from "@apportion/events/catalogue";
import { addSummaries, type CollectSummary } from "@apportion/readings/collect-summary";
import type { CollectProgress } from "@apportion/readings/collector";
import {
  ADVISOR_GROUP,
  ALLOCATION_GROUP,
  GROUP_TOPICS,
  INTAKE_GROUP,
  LEDGER_GROUP,
  NOTIFIER_GROUP,
} from "@apportion/recovery/groups";
import type { Service } from "@apportion/runtime/service";
import { sideBySide } from "@apportion/runtime/side-by-side";
import { untilCaughtUp } from "../drain.js";
import type { System } from "../system.js";
import { bar, type CommandContext, progressLine } from "./context.js";

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

/** Collectors that read at once: a source that does not answer delays only its own. Each reads some of its scopes at once too. */
const COLLECTORS_AT_ONCE = 8;
const BAR_WIDTH = 24;
/** Scopes that are named while they are read, before the line gets too long. */
const SCOPES_NAMED = 3;

/** Progress of several collectors as one: all days of all scopes, and which of them is still read. */
export function readingProgress(): (progress: CollectProgress) => string {
  const scopes = new Map<string, CollectProgress>();
  return (progress) => {
    const name = `${progress.source} ${progress.scope}`;
    scopes.set(name, progress);
    if (progress.done === progress.total) return `Reading ${name}: ${barOf([progress])}`;
    const open = [...scopes].filter(([, each]) => each.done < each.total).map(([each]) => each);
    const more = open.length > SCOPES_NAMED ? " …" : "";
    return `Reading ${barOf([...scopes.values()])}: ${open.slice(0, SCOPES_NAMED).join(", ")}${more}`;
  };
}

function barOf(scopes: readonly CollectProgress[]): string {
  const done = scopes.reduce((sum, each) => sum + each.done, 0);
  const total = scopes.reduce((sum, each) => sum + each.total, 0);
  return `${bar(done / total, BAR_WIDTH)} ${done} of ${total} days`;
}

/** Reads the days from every source with progress, side by side, and waits until what was read is visible. */
export async function collectStage(
  context: CommandContext,
  system: System,
  request: CollectRequest,
): Promise<CollectSummary> {
  const line = progressLine(context);
  const textOf = readingProgress();
  const onProgress = (progress: CollectProgress): void =>
    line.update(textOf(progress), progress.done === progress.total);
  const chosen = system.collectors.filter(
    ({ sources }) => request.source === undefined || sources.some(({ name }) => name === request.source),
  );
  if (!system.isBeside) await system.intake.start();
  try {
    const summaries = await sideBySide(chosen, COLLECTORS_AT_ONCE, (collector) =>
      collector.collect({
        from: request.from,
        to: request.to,
        onProgress,
        ...(request.skipFinal && { skipFinal: true }),
        ...(request.again && { again: true }),
      }),
    );
    line.update(`Read ${chosen.map(({ name }) => name.replace("collector-", "")).join(", ")}`, true);
    await untilCaughtUp(system.platform.log, INTAKE_GROUP, [TOPICS.readings.name], {
      deadlineMs: STAGE_DEADLINE_MS,
      onLag: (lag) => line.update(`Storing what was read: ${lag} messages to go`, false),
    });
    return addSummaries(summaries);
  } finally {
    line.end();
    if (!system.isBeside) await system.intake.stop();
  }
}

/** Allocates what was requested, and waits until the runs are sealed and closed months corrected. */
export async function allocateStage(context: CommandContext, system: System): Promise<void> {
  await runUntilCaughtUp(
    context,
    system,
    system.allocator,
    ALLOCATION_GROUP,
    (lag) => `Allocating: ${lag} requests to go`,
  );
  await runUntilCaughtUp(
    context,
    system,
    system.ledger,
    LEDGER_GROUP,
    (lag) => `Looking at closed months: ${lag} events to go`,
  );
}

/** Forecasts what was sealed, evaluates its budgets, reports what was closed, and waits until every mail that is due was sent. */
export async function notifyStage(context: CommandContext, system: System): Promise<void> {
  await runUntilCaughtUp(
    context,
    system,
    system.advisor,
    ADVISOR_GROUP,
    (lag) => `Forecasting the running month: ${lag} events to go`,
  );
  if (!system.notifier) return;
  await runUntilCaughtUp(
    context,
    system,
    system.notifier,
    NOTIFIER_GROUP,
    (lag) => `Checking budgets and the ledger: ${lag} events to go`,
  );
}

/** Runs a service, where no other process does, until its group has handled all that lies in its topics. */
async function runUntilCaughtUp(
  context: CommandContext,
  { platform, isBeside }: System,
  service: Service,
  group: string,
  textOf: (lag: number) => string,
): Promise<void> {
  const line = progressLine(context);
  if (!isBeside) await service.start();
  try {
    await untilCaughtUp(platform.log, group, GROUP_TOPICS[group] ?? [], {
      deadlineMs: STAGE_DEADLINE_MS,
      onLag: (lag) => line.update(textOf(lag), false),
    });
  } finally {
    line.end();
    if (!isBeside) await service.stop();
  }
}
