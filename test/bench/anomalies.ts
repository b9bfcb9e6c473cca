import { type AnomalyFloors, findAnomalies, type Found } from "@apportion/books/anomalies/find-anomalies";
import {
  type BillingPeriod,
  type Day,
  daysOf,
  parseBillingPeriod,
  previousBillingPeriod,
} from "@apportion/domain/period";
import { QUIET_MONTHS, simulatedCategories } from "./anomaly-series.js";
import type { Finding } from "./finding.js";
import { type KnownCosts, syntheticSeries } from "./forecast-series.js";

/** As the configuration has them where it says nothing. */
export const DEFAULT_FLOORS: AnomalyFloors = { atLeast: "50", atLeastPercent: 30 };
/** Nearly none: what the interval alone does. */
const NO_FLOORS: AnomalyFloors = { atLeast: "1", atLeastPercent: 1 };
const SEEDS = [1, 2, 3];
const FALSE_ALARMS_MAX = 1;
const TEAMS = 200;
const CATEGORIES_OF_A_TEAM = 10;
const SECONDS_MAX = 10;
/** Kinds of the synthetic series in which levels change or days burst: what is said of these is true. */
const EVENTFUL = ["step", "bursts"];
/** Planted on the 12th of November: a day's mean, and a little more than the floor. */
const PLANTED_ON = "2026-11-12";
const PLANTED_BEYOND_USD = 60;
const FOUND_PERCENT_MIN = 90;

/** False alarms of quiet quarters, what is found of what is planted into noise, and how long a month of a large company takes. */
export async function benchAnomalies(): Promise<Finding[]> {
  return [...SEEDS.flatMap((seed) => quietQuarter(seed)), ...synthetic(), speed()];
}

type Series = Pick<ReturnType<typeof simulatedCategories>, "days" | "costs" | "churn">;

/** Each month of the quarter judged by the three before it and its own days, as `anomalies list` does. */
export function saidInQuarter({ days, costs, churn }: Series, floors: AnomalyFloors): Found[] {
  return QUIET_MONTHS.map(parseBillingPeriod).flatMap((period) => {
    const settled = days.filter((day) => day >= firstOf(period) && day.slice(0, 7) <= period);
    return findAnomalies({ period, settled, costs, churn, floors });
  });
}

function firstOf(period: BillingPeriod): Day {
  const first = [1, 2, 3].reduce((month) => previousBillingPeriod(month), period);
  return daysOf(first)[0] ?? (`${first}-01` as Day);
}

function quietQuarter(seed: number): Finding[] {
  const series = simulatedCategories(seed);
  const teams = new Set(series.costs.map(({ team }) => team));
  const judge = (floors: AnomalyFloors): { readonly said: number; readonly most: number } => {
    const said = saidInQuarter(series, floors);
    const counts = [...teams].map((team) => said.filter((each) => each.team === team).length);
    return { said: said.length, most: Math.max(...counts) };
  };
  const [ours, bare] = [judge(DEFAULT_FLOORS), judge(NO_FLOORS)];
  return [
    {
      what: `false alarms in a quiet quarter, ${teams.size} teams of seed ${seed}, ${series.costs.length} series`,
      measured: `${ours.said}, at most ${ours.most} a team (with floors of USD 1 and 1 %: ${bare.said}, at most ${bare.most})`,
      limit: `at most ${FALSE_ALARMS_MAX} a team`,
      ok: ours.most <= FALSE_ALARMS_MAX,
    },
  ];
}

function synthetic(): Finding[] {
  const all = syntheticSeries();
  const isEventful = ({ name }: KnownCosts): boolean => EVENTFUL.some((kind) => name.startsWith(kind));
  const quiet = all.filter((series) => !isEventful(series));
  const counts = quiet.map((each) => saidInQuarter(seriesOf(each), DEFAULT_FLOORS).length);
  const eventful = all.filter(isEventful).map((each) => saidInQuarter(seriesOf(each), DEFAULT_FLOORS).length);
  const found = quiet.filter((each) =>
    saidInQuarter(seriesOf(each, true), DEFAULT_FLOORS).some(({ day }) => day === PLANTED_ON),
  );
  const most = Math.max(...counts);
  return [
    {
      what: `false alarms in a quarter of ${quiet.length} synthetic series with trends, weekdays, fees, noise`,
      measured: `${sum(counts)}, at most ${most} each; of ${eventful.length} with steps and bursts, which are there, ${sum(eventful)}`,
      limit: `at most ${FALSE_ALARMS_MAX} each`,
      ok: most <= FALSE_ALARMS_MAX,
    },
    {
      what: `found of days that cost twice the mean and USD ${PLANTED_BEYOND_USD} more, in the same series`,
      measured: `${found.length} of ${quiet.length}`,
      limit: `${FOUND_PERCENT_MIN} %`,
      ok: found.length * 100 >= FOUND_PERCENT_MIN * quiet.length,
    },
  ];
}

function seriesOf({ costs }: KnownCosts, isPlanted = false): Series {
  const usual = costs.filter(({ line }) => line === "");
  const units = (picos: bigint): number => Number(picos) / 1e12;
  const mean = sum(usual.map(({ picos }) => units(picos))) / usual.length;
  const lines = [...new Set(costs.map(({ line }) => line))];
  return {
    days: usual.map(({ day }) => day),
    costs: lines.map((line) => ({
      team: "one",
      category: "cpu",
      line,
      days: costs
        .filter((each) => each.line === line)
        .map(({ day, picos }) => {
          const more = isPlanted && line === "" && day === PLANTED_ON ? mean + PLANTED_BEYOND_USD : 0;
          return [day, units(picos) + more] as const;
        }),
    })),
    churn: [],
  };
}

function speed(): Finding {
  const all = syntheticSeries();
  const inputs = Array.from({ length: TEAMS }, (_, team) =>
    Array.from({ length: CATEGORIES_OF_A_TEAM }, (_category, number) =>
      seriesOf(all[(team * CATEGORIES_OF_A_TEAM + number) % all.length] as KnownCosts),
    ),
  );
  const period = parseBillingPeriod("2026-12");
  // Of the processor: other processes do not count.
  const began = process.cpuUsage();
  for (const series of inputs.flat()) {
    const settled = series.days.filter((day) => day >= firstOf(period));
    findAnomalies({ period, settled, costs: series.costs, churn: [], floors: DEFAULT_FLOORS });
  }
  const used = process.cpuUsage(began);
  const seconds = (used.user + used.system) / 1e6;
  return {
    what: `${TEAMS} teams with ${CATEGORIES_OF_A_TEAM} categories, a month judged`,
    measured: `${seconds.toFixed(2)} s of the processor`,
    limit: `under ${SECONDS_MAX} s`,
    ok: seconds < SECONDS_MAX,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
