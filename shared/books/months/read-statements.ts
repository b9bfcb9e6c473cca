import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import type { BillingPeriod } from "@apportion/domain/period";
import type { MonthStatements } from "@apportion/domain/statement";
import type { Team } from "@apportion/domain/tenancy";
import { readMonthLines } from "./month-lines.js";
import { statementsOf } from "./statements.js";

const CURRENT_RUNS = defineQuery({
  name: "runs that count of a month",
  sql: "SELECT run_id FROM current_runs WHERE billing_period = {period:String} ORDER BY charge_day",
  params: z.object({ period: z.string() }),
  row: z.object({ run_id: z.string() }),
});

/** Reads what runs of a month charge everybody; undefined where there are none. */
export type StatementsReader = (
  period: BillingPeriod,
  runIds: readonly string[],
) => Promise<MonthStatements | undefined>;

/**
 * The statements of a month as the runs have it that count: of a closed one, as it was posted. Undefined while nothing of it is allocated.
 * @param ofRuns where they were looked up already, so that a run which is sealed meanwhile changes nothing
 */
export async function readStatements(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  teams: readonly Pick<Team, "id">[] = [],
  ofRuns?: readonly string[],
): Promise<MonthStatements | undefined> {
  const runIds = ofRuns ?? (await select(clickhouse, CURRENT_RUNS, { period })).map(({ run_id }) => run_id);
  if (runIds.length === 0) return undefined;
  return statementsOf((await readMonthLines(clickhouse, period, runIds)).lines, teams);
}
