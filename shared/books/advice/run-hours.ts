import { z } from "zod";
import { defineQuery } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import type { Owner } from "@apportion/domain/tenancy";

/** Hours in MLflow's runs by day and team tag, of meters that count them; a day that was read and has none is there with none. */
export const RUN_HOURS = defineQuery({
  name: "hours in runs of MLflow",
  sql: `WITH meters AS (SELECT DISTINCT scope FROM usage_facts WHERE source = 'mlflow' AND unit = 'hours' AND toDate(charge_period_start) IN {days:Array(Date)}),
visible AS (
  SELECT snapshot_id, toDate(charge_period_start) AS read_day FROM current_snapshots
  WHERE dataset = 'usage' AND source = 'mlflow' AND scope IN (SELECT scope FROM meters) AND toDate(charge_period_start) IN {days:Array(Date)}
)
SELECT toString(read_day) AS day, team_label, toString(sum(toDecimal256(quantity, 12))) AS hours
FROM visible LEFT JOIN (SELECT snapshot_id, team_label, quantity FROM usage_facts WHERE source = 'mlflow' AND toDate(charge_period_start) IN {days:Array(Date)}) AS facts
  ON facts.snapshot_id = visible.snapshot_id
GROUP BY day, team_label ORDER BY day, team_label`,
  params: z.object({ days: z.array(z.string()) }),
  row: z.object({
    day: z.string().transform((text) => text as Day),
    team_label: z.string(),
    hours: z.string().transform(parsePicos),
  }),
});
export type RunHoursRow = z.infer<(typeof RUN_HOURS)["row"]>;

/** Hours in runs of a team on a day, in units of 10⁻¹²; undefined on a day on which they were not read. */
export type RunHours = (team: string, day: Day) => bigint | undefined;

/** Runs that nobody can be told to own may be anybody's, and count for each team. */
export function runHoursOf(
  rows: readonly RunHoursRow[],
  ownerOf: (teamLabel: string) => Owner | undefined,
): RunHours {
  const read = new Map<Day, Map<string, bigint>>();
  for (const { day, team_label, hours } of rows) {
    const owner = ownerOf(team_label);
    const key = owner?.kind === "team" ? owner.id : ANYBODY;
    const ofDay = read.get(day) ?? new Map<string, bigint>();
    read.set(day, ofDay.set(key, (ofDay.get(key) ?? 0n) + hours));
  }
  return (team, day) => {
    const ofDay = read.get(day);
    return ofDay && (ofDay.get(team) ?? 0n) + (ofDay.get(ANYBODY) ?? 0n);
  };
}

/** No team has it: ids have letters. */
const ANYBODY = "";
