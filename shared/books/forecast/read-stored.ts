import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { StoredForecast } from "./stored-forecast.js";
import { DAYS_OF_HORIZON, recordKey, type TrackRecord } from "./track-record.js";

const picos = z.string().transform(parsePicos);

const LAST = defineQuery({
  name: "last forecasts of a month",
  sql: `SELECT team_id, toString(last.1) AS day, last.2 AS ahead, last.3 AS how, toString(last.4) AS spent_amount, toString(last.5) AS amount, toString(last.6) AS low_amount, toString(last.7) AS high_amount, at
FROM
(
  SELECT team_id, argMax((as_of, days_ahead, method, spent, expected, low, high), made_at) AS last, toUnixTimestamp64Milli(max(made_at)) AS at
  FROM forecasts WHERE billing_period = {period:String} GROUP BY team_id
)`,
  params: z.object({ period: z.string() }),
  row: z.object({
    team_id: z.string(),
    day: z.iso.date().transform((text) => text as Day),
    ahead: z.int(),
    how: z.string(),
    spent_amount: picos,
    amount: picos,
    low_amount: picos,
    high_amount: picos,
    at: z.coerce.number(),
  }),
});

/** What was said last of a month, by team. */
export async function readLastForecasts(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  abortSignal?: AbortSignal,
): Promise<ReadonlyMap<string, StoredForecast & { readonly madeAtMs: number }>> {
  const rows = await select(clickhouse, LAST, { period }, abortSignal ? { abortSignal } : {});
  return new Map(
    rows.map((row) => [
      row.team_id,
      {
        period,
        teamId: row.team_id,
        asOf: row.day,
        daysAhead: row.ahead,
        method: row.how,
        spent: row.spent_amount,
        picos: row.amount,
        low: row.low_amount,
        high: row.high_amount,
        madeAtMs: row.at,
      },
    ]),
  );
}

/** Months are judged that were closed lately: what forecasts were like years ago says nothing of today's. */
const MONTHS_JUDGED = 6;

const ERRORS = defineQuery({
  name: "how wrong forecasts were",
  sql: `SELECT team_id, week, count() AS months, quantileExactInclusive(0.5)(wrong) AS median
FROM
(
  SELECT billing_period, team_id, toUInt8(intDiv(greatest(days_ahead, 1) - 1, ${DAYS_OF_HORIZON})) AS week, avg(abs(assumeNotNull(error_percent))) AS wrong
  FROM forecast_errors
  WHERE error_percent IS NOT NULL AND billing_period IN (SELECT DISTINCT billing_period FROM forecast_errors ORDER BY billing_period DESC LIMIT {months:UInt8})
  GROUP BY billing_period, team_id, week
)
GROUP BY team_id, week`,
  params: z.object({ months: z.int() }),
  row: z.object({ team_id: z.string(), week: z.int(), months: z.coerce.number(), median: z.number() }),
});

/** How forecasts of the last closed months turned out. */
export async function readTrackRecord(
  clickhouse: ClickHouse,
  abortSignal?: AbortSignal,
): Promise<TrackRecord> {
  const options = abortSignal ? { abortSignal } : {};
  const rows = await select(clickhouse, ERRORS, { months: MONTHS_JUDGED }, options);
  return new Map(
    rows.map(({ team_id, week, months, median }) => [
      recordKey(team_id, week),
      { months, medianErrorPercent: median },
    ]),
  );
}
