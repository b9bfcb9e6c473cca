import type { Finding } from "./finding.js";
import { runMeasured } from "./measured.js";
import type { GrowthDays } from "./growth-day.js";
import type { CompanySize } from "./size.js";

const BASE: CompanySize = { containers: 60_000, teams: 200, pools: 20 };
/** From here on days cost what their lines cost; below it, what their facts and the requests do. */
const MANY_LINES = 300_000;
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
  // What services charge each other is solved with steps for each two of them and each team, so this row is not linear in its pools.
  { ...BASE, teams: 1_000, pools: 100, serving: 50 },
];

/** How time and memory of re-allocated days grow with containers, teams and pools, each size in a process of its own. */
export async function benchGrowth(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const size of SIZES) findings.push(await growthOf(size));
  return findings;
}

async function growthOf(size: CompanySize): Promise<Finding> {
  const program = new URL("growth-day.js", import.meta.url).pathname;
  const { stdout, peakMib } = await runMeasured([program, JSON.stringify(size)]);
  const { days, lines, took, scan } = JSON.parse(stdout) as GrowthDays;
  const speed = lines / took;
  const isCompared = lines < MANY_LINES || size.serving !== undefined;
  const isFast = isCompared || speed >= LINES_A_SECOND_LEAST;
  const number = (value: number): string => Math.round(value).toLocaleString("en");
  return {
    what: `${days} days of ${number(size.containers)} containers, ${number(size.teams)} teams, ${size.pools} pools${size.serving === undefined ? "" : ` (${size.serving} of which serve all others)`} allocated again`,
    measured: `${took.toFixed(2)} s beside ${scan.toFixed(2)} s of the bare GROUP BY, ${number(lines)} lines, ${number(speed)} a second, ${peakMib} MiB`,
    limit: `under ${MIB_MOST} MiB${isCompared ? "" : `, ${number(LINES_A_SECOND_LEAST)} lines a second or more`}`,
    ok: peakMib < MIB_MOST && isFast,
  };
}
