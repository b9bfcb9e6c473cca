import { compareMonths } from "@apportion/books/compare/compare";
import { readAdvice } from "@apportion/books/advice/read-advice";
import { readLives } from "@apportion/books/advice/read-life";
import { teamForecast } from "@apportion/books/forecast/history";
import { readHistory } from "@apportion/books/forecast/read-history";
import { countedLines, linesOfTeam, settledDays } from "@apportion/books/months/month";
import { readMonth } from "@apportion/books/months/read-month";
import { EVERYBODY, WITHOUT_NAMES } from "@apportion/books/viewer";
import { type ClickHouse, createClickHouse } from "@apportion/clickhouse/client";
import { billingPeriodOf, type Day, parseBillingPeriod } from "@apportion/domain/period";
import { Secret } from "@apportion/runtime/secret";
import { registryOf } from "./company.js";
import { seconds } from "./measured.js";
import type { CompanySize } from "./size.js";

/** What `advice-day.js` is told: where the company's engine is, and which day it is. */
export interface AdviceDay {
  readonly engine: {
    readonly url: string;
    readonly database: string;
    readonly username: string;
    readonly password: string;
  };
  readonly size: CompanySize;
  readonly today: Day;
}

/** What it prints: how much was said, and what it took, in seconds. */
export interface AdviceDayDone {
  readonly recommendations: number;
  readonly measured: number;
  readonly forecasts: number;
  readonly took: { readonly advice: number; readonly lives: number; readonly forecasts: number };
  /** Two whole months of one team, which is not a part of each day. */
  readonly compared: number;
}

/** All that the advisor says on one morning, in a process that does nothing else. */
const { engine, size, today } = JSON.parse(process.argv[2] ?? "") as AdviceDay;
const registry = registryOf(size);
const clickhouse = createClickHouse({ ...engine, password: new Secret(engine.password) });
const request = { registry, today, minimumAMonth: "10", viewer: WITHOUT_NAMES };
let advice: Awaited<ReturnType<typeof readAdvice>> = { days: [], recommendations: [], unseen: [] };
let measured = 0;
let forecasts = 0;
const took = {
  advice: await seconds(async () => {
    advice = await readAdvice(clickhouse, request);
  }),
  lives: await seconds(async () => {
    const lives = await readLives(clickhouse, request, advice);
    measured = lives.filter(({ realised }) => realised !== undefined).length;
  }),
  forecasts: await seconds(async () => {
    forecasts = await forecastAll(clickhouse);
  }),
};
const months = { before: parseBillingPeriod("2026-08"), after: parseBillingPeriod("2026-09") };
const compared = await seconds(async () => {
  const { payers } = await compareMonths(clickhouse, months, registry, {
    viewer: EVERYBODY,
    payers: ["t0007"],
  });
  if (payers.length !== 1) throw new Error("Nothing was compared");
});
await clickhouse.close();
const done: AdviceDayDone = {
  recommendations: advice.recommendations.length,
  measured,
  forecasts,
  took,
  compared,
};
process.stdout.write(JSON.stringify(done));

/** How many teams have a forecast. */
async function forecastAll(client: ClickHouse): Promise<number> {
  const period = billingPeriodOf(today);
  const month = await readMonth(client, period);
  const history = await readHistory(client, EVERYBODY, period, registry);
  const settled = settledDays(month, registry);
  const lines = countedLines(month, registry);
  const found = registry.teams.map(({ id }) =>
    teamForecast(id, { period, settled, counted: linesOfTeam(lines, id), history }),
  );
  return found.filter((each) => each?.kind === "forecast").length;
}
