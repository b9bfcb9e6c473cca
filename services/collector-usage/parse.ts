import { z } from "zod";
import type { UsageFactRow } from "@apportion/domain/facts";
import type { ChargePeriod } from "@apportion/domain/period";
import { ReadingError } from "@apportion/readings/source";

const tags = z.array(z.object({ key: z.string(), value: z.string().default("") })).default([]);

/** MLflow's REST API, "Search Experiments": https://mlflow.org/docs/latest/rest-api.html. A search without a hit answers `{}`. */
export const experimentsPage = z.object({
  experiments: z.array(z.object({ experiment_id: z.string(), tags })).default([]),
  next_page_token: z.string().optional(),
});

/** "Search Runs" of the same API; what is not used is left out. */
export const runsPage = z.object({
  runs: z
    .array(
      z.object({
        info: z.object({ run_id: z.string(), experiment_id: z.string(), start_time: z.number() }),
        data: z.object({ tags }).prefault({}),
      }),
    )
    .default([]),
  next_page_token: z.string().optional(),
});

export type Experiment = z.infer<typeof experimentsPage>["experiments"][number];
export type Run = z.infer<typeof runsPage>["runs"][number];

export interface CountOptions {
  readonly meter: string;
  readonly teamTag: string;
  readonly chargePeriod: ChargePeriod;
}

/** Runs of the period by team: by the run's own tag, else its experiment's, else nobody's (an empty label). */
export function countRuns(
  runs: readonly Run[],
  experiments: readonly Experiment[],
  { meter, teamTag, chargePeriod }: CountOptions,
): UsageFactRow[] {
  const teamOf = (all: Experiment["tags"]): string => all.find(({ key }) => key === teamTag)?.value ?? "";
  const byExperiment = new Map(experiments.map((each) => [each.experiment_id, teamOf(each.tags)]));
  const counted = new Set<string>();
  const counts = new Map<string, number>();
  for (const { info, data } of runs) {
    refuseOther(info, chargePeriod);
    // A run that is logged while pages are read can move to the next page and come twice.
    if (counted.has(info.run_id)) continue;
    counted.add(info.run_id);
    const team = teamOf(data.tags) || (byExperiment.get(info.experiment_id) ?? "");
    counts.set(team, (counts.get(team) ?? 0) + 1);
  }
  return [...counts].map(([team, count]) => ({
    meter,
    unit: "runs",
    team_label: team,
    namespace: "",
    quantity: String(count),
  }));
}

function refuseOther({ run_id, start_time }: Run["info"], { start, end }: ChargePeriod): void {
  if (start_time >= Date.parse(start) && start_time < Date.parse(end)) return;
  throw new ReadingError("malformed", `run ${run_id} started outside of the day that was asked for`);
}
