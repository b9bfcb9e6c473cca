import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { CATEGORIES } from "@apportion/domain/category";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { OF_SEALED_ATTEMPTS } from "../runs/sealed-attempts.js";
import { type DayRun, type MonthStanding, settledDays } from "./month.js";
import { readStandings } from "./read-month.js";

const PLACES = defineQuery({
  name: "where there was cost, by day",
  sql: `SELECT DISTINCT toString(charge_day) AS day, cluster, category FROM allocation_lines
WHERE billing_period IN {periods:Array(String)} AND run_id IN {runs:Array(String)} AND ${OF_SEALED_ATTEMPTS} AND cluster != ''`,
  params: z.object({ periods: z.array(z.string()), runs: z.array(z.string()) }),
  row: z.object({
    day: z.iso.date().transform((text) => text as Day),
    cluster: z.string(),
    category: z.enum(CATEGORIES),
  }),
});

const CLOSED = defineQuery({
  name: "closed months among some",
  sql: `SELECT DISTINCT billing_period FROM journals WHERE kind = 'statement' AND billing_period IN {periods:Array(String)}`,
  params: z.object({ periods: z.array(z.string()) }),
  row: z.object({ billing_period: z.string() }),
});

/** Those of some months that are closed. */
export async function readClosed(
  clickhouse: ClickHouse,
  periods: readonly BillingPeriod[],
  abortSignal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const options = abortSignal ? { abortSignal } : {};
  const closed = await select(clickhouse, CLOSED, { periods: [...periods] }, options);
  return new Set(closed.map(({ billing_period }) => billing_period));
}

/** The runs of settled days of some months, in the order of the months and of their days. Of closed months it is every day. */
export async function readSettled(
  clickhouse: ClickHouse,
  periods: readonly BillingPeriod[],
  registry: Pick<Registry, "accounts">,
  abortSignal?: AbortSignal,
): Promise<DayRun[]> {
  const options = abortSignal ? { abortSignal } : {};
  const months = [...periods];
  const standings = await readStandings(clickhouse, months, abortSignal);
  const runs = standings.flatMap(({ days }) => days.map(({ runId }) => runId));
  const places =
    runs.length === 0 ? [] : await select(clickhouse, PLACES, { periods: months, runs }, options);
  const closedMonths = await readClosed(clickhouse, months, abortSignal);
  return standings.flatMap((standing) => {
    // What a closed month charged is what it cost, however it was read.
    if (closedMonths.has(standing.period)) return [...standing.days];
    const lines = places.filter((place) => place.day.startsWith(standing.period));
    const month: MonthStanding = { ...standing, lines };
    const isSettled = new Set(settledDays(month, registry));
    return standing.days.filter(({ day }) => isSettled.has(day));
  });
}
