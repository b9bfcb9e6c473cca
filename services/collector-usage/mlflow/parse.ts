import { z } from "zod";
import type { UsageFactRow } from "@apportion/domain/facts";
import { formatPicos } from "@apportion/domain/money";
import type { ChargePeriod } from "@apportion/domain/period";
import { ReadingError } from "@apportion/readings/source";
import { foreignText } from "@apportion/runtime/foreign-text";

const tags = z.array(z.object({ key: z.string(), value: z.string().default("") })).default([]);

/** MLflow's REST API, "Search Experiments": https://mlflow.org/docs/latest/rest-api.html. A search without a hit answers `{}`. */
export const experimentsPage = z.object({
  experiments: z.array(z.object({ experiment_id: z.string(), tags })).default([]),
  next_page_token: z.string().optional(),
});

/** "Search Runs" of the same API; what is not used is left out. A run that has not ended has no end time. */
export const runsPage = z.object({
  runs: z
    .array(
      z.object({
        info: z.object({
          run_id: z.string(),
          experiment_id: z.string(),
          start_time: z.int(),
          end_time: z.int().optional(),
        }),
        data: z.object({ tags }).prefault({}),
      }),
    )
    .default([]),
  next_page_token: z.string().optional(),
});

/** "List Artifacts" of the same API. */
export const artifactsPage = z.object({
  files: z
    .array(
      z.object({
        path: z.string(),
        is_dir: z.boolean().default(false),
        file_size: z.coerce.number().pipe(z.int().min(0)).default(0),
      }),
    )
    .default([]),
  next_page_token: z.string().optional(),
});

export type Experiment = z.infer<typeof experimentsPage>["experiments"][number];
export type Run = z.infer<typeof runsPage>["runs"][number];

/** The runs of the period, each once: one that is logged while pages are read can move to the next page and come twice. */
export function distinctRuns(runs: readonly Run[], { start, end }: ChargePeriod): Run[] {
  for (const { info } of runs)
    if (info.start_time < Date.parse(start) || info.start_time >= Date.parse(end))
      throw new ReadingError(
        "malformed",
        `run ${foreignText(info.run_id)} started outside of the day that was asked for`,
      );
  return [...new Map(runs.map((run) => [run.info.run_id, run])).values()];
}

export interface UsageOptions {
  readonly meter: string;
  readonly unit: string;
  readonly teamTag: string;
  /** Quantity of a run in units of 10⁻¹². */
  readonly quantityOf: (run: Run) => bigint;
}

/** Usage by team: by the run's own tag, else its experiment's, else nobody's (an empty label). */
export function usageByTeam(
  runs: readonly Run[],
  experiments: readonly Experiment[],
  { meter, unit, teamTag, quantityOf }: UsageOptions,
): UsageFactRow[] {
  const teamOf = (all: Experiment["tags"]): string => all.find(({ key }) => key === teamTag)?.value ?? "";
  const byExperiment = new Map(experiments.map((each) => [each.experiment_id, teamOf(each.tags)]));
  const sums = new Map<string, bigint>();
  for (const run of runs) {
    const team = teamOf(run.data.tags) || (byExperiment.get(run.info.experiment_id) ?? "");
    sums.set(team, (sums.get(team) ?? 0n) + quantityOf(run));
  }
  return Array.from(sums, ([team, sum]) => ({
    meter,
    unit,
    team_label: team,
    namespace: "",
    quantity: formatPicos(sum),
  }));
}

const PICOS = 10n ** 12n;
const MS_PER_HOUR = 3_600_000n;

/** One. */
export function oneRun(): bigint {
  return PICOS;
}

/** The runs that ran in the period, each once: one that ends between two searches comes twice, and the later answer has its end. */
export function distinctRunning(runs: readonly Run[], { start, end }: ChargePeriod): Run[] {
  for (const { info } of runs)
    if (info.start_time >= Date.parse(end) || (info.end_time ?? Infinity) <= Date.parse(start))
      throw new ReadingError(
        "malformed",
        `run ${foreignText(info.run_id)} did not run on the day that was asked for`,
      );
  return [...new Map(runs.map((run) => [run.info.run_id, run])).values()];
}

/**
 * How long the run ran within the period; one that has not ended, to the period's end, or until now while the period lasts. What lies
 * on other days counts there, so that it does not matter when a day is read.
 */
export function runHours({ info }: Run, { start, end }: ChargePeriod, now: Date): bigint {
  const { start_time, end_time = Infinity } = info;
  if (end_time < start_time)
    throw new ReadingError("absurd", `run ${foreignText(info.run_id)} ended before it started`);
  const fromMs = Math.max(start_time, Date.parse(start));
  const toMs = Math.min(end_time, Date.parse(end), now.getTime());
  return (BigInt(Math.max(0, Math.round(toMs - fromMs))) * PICOS) / MS_PER_HOUR;
}
