import { teamForecasts, type TeamForecast } from "@apportion/books/forecast/history";
import { readHistory } from "@apportion/books/forecast/read-history";
import { readLastForecasts } from "@apportion/books/forecast/read-stored";
import { saysTheSame, type StoredForecast } from "@apportion/books/forecast/stored-forecast";
import { sumOf } from "@apportion/books/months/month";
import { readMonth } from "@apportion/books/months/read-month";
import { EVERYBODY } from "@apportion/books/viewer";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { sha256 } from "@apportion/domain/hash";
import { formatPicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { Clock } from "@apportion/runtime/service";

/** Forecasts the month of each team, and puts on record what says something else than what was said last. @returns what it put there */
export async function storeForecasts(
  {
    clickhouse,
    clock,
    registry,
  }: { readonly clickhouse: ClickHouse; readonly clock: Clock; readonly registry: Registry },
  period: BillingPeriod,
  signal?: AbortSignal,
): Promise<StoredForecast[]> {
  const month = await readMonth(clickhouse, period, signal);
  const history = await readHistory(clickhouse, EVERYBODY, period, registry, signal);
  const last = await readLastForecasts(clickhouse, period, signal);
  const made = teamForecasts(month, registry.teams, { registry, history })
    .flatMap((each) => stored(each, period))
    .filter((each) => {
      const before = last.get(each.teamId);
      return !before || !saysTheSame(before, each);
    });
  if (made.length === 0) return [];
  // Of a clock that was set back, what is said now is the last all the same.
  const after = Math.max(0, ...Array.from(last.values(), ({ madeAtMs }) => madeAtMs)) + 1;
  const madeAt = new Date(Math.max(clock().getTime(), after)).toISOString();
  const rows = made.map((each) => toRow(each, madeAt));
  const token = `${period}/${madeAt}/${sha256(JSON.stringify(rows)).slice(0, 32)}`;
  await insertRows(clickhouse, "forecasts", rows, { token });
  return made;
}

function stored({ team, counted, forecast }: TeamForecast, period: BillingPeriod): StoredForecast[] {
  if (forecast?.kind !== "forecast") return [];
  const { asOf, ahead, method, picos, low, high } = forecast;
  const spent = sumOf(counted);
  return [{ period, teamId: team.id, asOf, daysAhead: ahead.length, method, spent, picos, low, high }];
}

function toRow(forecast: StoredForecast, madeAt: string): Record<string, unknown> {
  return {
    billing_period: forecast.period,
    team_id: forecast.teamId,
    made_at: madeAt,
    as_of: forecast.asOf,
    days_ahead: forecast.daysAhead,
    method: forecast.method,
    spent: formatPicos(forecast.spent),
    expected: formatPicos(forecast.picos),
    low: formatPicos(forecast.low),
    high: formatPicos(forecast.high),
  };
}
