import { isPending, quarantinedReadings } from "@apportion/books/readings/quarantined";
import { addDays, dayOf, parseDay, type Day } from "@apportion/domain/period";
import { openSystem } from "../system.js";
import { commandLogger } from "./command-logger.js";
import { counted, parseFlag, print, printJson, UsageError, type CommandContext } from "./context.js";
import { type CommonOptions, findGround } from "./load.js";
import { allocateStage, collectStage } from "./pipeline.js";

export interface RangeOptions extends CommonOptions {
  readonly from: string;
  readonly to: string;
}

/** Reads [from, to) from the sources, stores it and allocates the days concerned. Fails when a day could not be read, or waits in quarantine. */
export async function collect(
  context: CommandContext,
  options: RangeOptions & { readonly source?: string; readonly resume?: boolean; readonly again?: boolean },
): Promise<boolean> {
  const range = parseRange(options, context.now());
  const { config, opening } = await findGround(context, options);
  const system = await openSystem(config, {
    ...opening,
    logger: commandLogger(config.logLevel),
  });
  try {
    const sources = system.collectors.flatMap((collector) => collector.sources.map(({ name }) => name));
    if (options.source !== undefined && !sources.includes(options.source))
      throw new UsageError(
        `--source: there is no source "${options.source}"; configured are ${[...new Set(sources)].join(", ")}`,
      );
    const summary = await collectStage(context, system, {
      ...range,
      ...(options.source !== undefined && { source: options.source }),
      ...(options.resume && { skipFinal: true }),
      ...(options.again && { again: true }),
    });
    await allocateStage(context, system);
    const failures = summary.failures.map(({ error }) => error.message);
    const waiting = (await quarantinedReadings(await system.platform.clickhouse())).filter(
      (reading) =>
        isPending(reading) &&
        isWithin(reading.period_start, range) &&
        (options.source === undefined || reading.source === options.source),
    );
    const quarantined = waiting.length;
    if (options.json) printJson(context, { ...range, ...summary, failures, quarantined });
    else {
      print(
        context,
        `${counted(summary.published, "reading")} published, ${summary.unchanged} unchanged, ${failures.length} failed${summary.skipped === 0 ? "" : `, ${summary.skipped} final ones not read again`}`,
      );
      for (const line of [...failures, ...summary.remarks]) print(context, `  ${line}`);
      if (quarantined > 0) print(context, `${quarantined} in quarantine: see \`apportion quarantine list\``);
    }
    return failures.length === 0 && quarantined === 0;
  } finally {
    await system.platform.close();
  }
}

function isWithin(instant: string, { from, to }: { readonly from: Day; readonly to: Day }): boolean {
  return instant >= from && instant < to;
}

/** Days of [--from, --to), neither empty nor beyond today. */
export function parseRange(options: RangeOptions, now: Date): { from: Day; to: Day } {
  const from = parseFlag("--from", options.from, parseDay);
  const to = parseFlag("--to", options.to, parseDay);
  if (from >= to) throw new UsageError(`--from ${from} must lie before --to ${to}, which is exclusive`);
  const tomorrow = addDays(dayOf(now), 1);
  if (to > tomorrow)
    throw new UsageError(`--to ${to} lies in the future; at most ${tomorrow} (exclusive) can be read today`);
  return { from, to };
}
