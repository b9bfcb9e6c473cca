import type { Finding } from "./finding.js";
import { runMeasured } from "./measured.js";
import type { GrowthDay } from "./growth-day.js";
import type { CompanySize } from "./size.js";

const BASE: CompanySize = { containers: 60_000, teams: 200, pools: 20 };
/** From here on a day costs what its lines cost; below it, what its facts and its requests do. */
const MANY_LINES = 100_000;
const LINES_A_SECOND_LEAST = 150_000;
const MIB_MOST = 600;

const SIZES: readonly CompanySize[] = [
  { ...BASE, containers: 6_000 },
  BASE,
  { ...BASE, containers: 600_000 },
  { ...BASE, teams: 50 },
  { ...BASE, teams: 1_000 },
  { ...BASE, teams: 5_000 },
  { ...BASE, teams: 1_000, pools: 100 },
  { ...BASE, teams: 2_000, pools: 100 },
  { ...BASE, teams: 1_000, pools: 200 },
  { ...BASE, teams: 5_000, pools: 200 },
];

/** How time and memory of a re-allocated day grow with containers, teams and pools, each size in a process of its own. */
export async function benchGrowth(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const size of SIZES) findings.push(await growthOf(size));
  return findings;
}

async function growthOf(size: CompanySize): Promise<Finding> {
  const program = new URL("growth-day.js", import.meta.url).pathname;
  const { stdout, peakMib } = await runMeasured([program, JSON.stringify(size)]);
  const { lines, took, scan } = JSON.parse(stdout) as GrowthDay;
  const speed = lines / took;
  const isFast = lines < MANY_LINES || speed >= LINES_A_SECOND_LEAST;
  const number = (value: number): string => Math.round(value).toLocaleString("en");
  return {
    what: `a day of ${number(size.containers)} containers, ${number(size.teams)} teams, ${size.pools} pools allocated again`,
    measured: `${took.toFixed(2)} s beside ${scan.toFixed(2)} s of the bare GROUP BY, ${number(lines)} lines, ${number(speed)} a second, ${peakMib} MiB`,
    limit: `under ${MIB_MOST} MiB${lines < MANY_LINES ? "" : `, ${number(LINES_A_SECOND_LEAST)} lines a second or more`}`,
    ok: peakMib < MIB_MOST && isFast,
  };
}
