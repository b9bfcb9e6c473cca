import { addDays, type Day, daysBetween } from "@apportion/domain/period";
import { insertAccepted, insertMeasuredDay } from "./advice-company.js";
import type { AdviceDay, AdviceDayDone } from "./advice-day.js";
import { insertUsage, withCompany } from "./company.js";
import type { Finding } from "./finding.js";
import { runMeasured } from "./measured.js";
import type { CompanySize } from "./size.js";

const SIZE: CompanySize = { containers: 60_000, teams: 200, pools: 20 };
const TODAY = "2026-10-16" as Day;
const HISTORY_DAYS = 92;
const ACCEPTED = { count: 200, day: "2026-09-10" as Day };
const SECONDS_MAX = 30;
const MIB_MAX = 600;

/** What the advisor says on one day: recommendations, where each stands, and forecasts of a company whose use is measured. */
export async function benchAdvice(): Promise<Finding[]> {
  const days = daysBetween(addDays(TODAY, -HISTORY_DAYS), TODAY);
  return withCompany(
    SIZE,
    async (clickhouse) => {
      for (const day of days) await insertMeasuredDay(clickhouse, SIZE, day);
      await insertUsage(clickhouse, SIZE, days);
      await insertAccepted(clickhouse, SIZE, ACCEPTED);
    },
    async ({ engine, allocate }) => {
      await allocate(days);
      const { url, database, username } = engine;
      const told: AdviceDay = {
        engine: { url, database, username, password: engine.password.reveal() },
        size: SIZE,
        today: TODAY,
      };
      const program = new URL("advice-day.js", import.meta.url).pathname;
      const { stdout, peakMib, besideMib } = await runMeasured([program, JSON.stringify(told)], engine.pid);
      return findingsOf(JSON.parse(stdout) as AdviceDayDone, peakMib, besideMib);
    },
  );
}

function findingsOf(done: AdviceDayDone, peakMib: number, engineMib: number): Finding[] {
  const { took } = done;
  const all = Object.values(took).reduce((sum, each) => sum + each, 0);
  const part = (what: string, seconds: number, isThere: boolean): Finding => ({
    what: `  ${what}`,
    measured: `${seconds.toFixed(2)} s`,
    limit: "all together below the limit",
    ok: isThere,
  });
  const { containers, teams } = SIZE;
  return [
    {
      what: `${containers.toLocaleString("en")} containers, ${teams} teams, ${HISTORY_DAYS} days: recommendations and forecasts of a day`,
      measured: `${all.toFixed(1)} s`,
      limit: `under ${SECONDS_MAX} s`,
      ok: all < SECONDS_MAX,
    },
    part(
      `${done.recommendations.toLocaleString("en")} recommendations`,
      took.advice,
      done.recommendations > 0,
    ),
    part(
      `where each stands, ${done.measured} of them measured since they were accepted`,
      took.lives,
      done.measured === ACCEPTED.count,
    ),
    part(`forecasts of ${done.forecasts} teams`, took.forecasts, done.forecasts === teams),
    {
      what: "  besides, two whole months of one team compared",
      measured: `${done.compared.toFixed(2)} s`,
      limit: "for comparison",
      ok: true,
    },
    {
      what: "  memory of the Node.js process",
      measured: `${peakMib} MiB`,
      limit: `under ${MIB_MAX} MiB`,
      ok: peakMib < MIB_MAX,
    },
    {
      what: "  beside it, memory of the engine",
      measured: `${engineMib} MiB`,
      limit: "for comparison",
      ok: true,
    },
  ];
}
