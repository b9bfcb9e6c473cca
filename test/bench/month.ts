import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyMonth } from "@apportion/books/ledger/verify";
import type { Policies } from "@apportion/allocation/policy";
import {
  readMonthToSimulate,
  simulate,
  simulateMonth,
  type Simulation,
} from "@apportion/books/simulate/simulate";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { type Day, daysOf } from "@apportion/domain/period";
import {
  groupAll,
  id,
  insertDay,
  insertUsage,
  MONTH,
  policiesOf,
  rowsOfDay,
  withCompany,
} from "./company.js";
import { duckDbMonth } from "./duckdb.js";
import type { Finding } from "./finding.js";
import { percentile, seconds } from "./measured.js";

const SIZE = { containers: 60_000, teams: 200, pools: 20 };
const LATE = "2026-10-20" as Day;
/**
 * The bare scan, in seconds, on the quiet machine for which limits in seconds were set, when a month took 5.7 s to allocate. A slower machine may take
 * longer by as much, up to the slowest that was seen: beyond it nobody can tell.
 */
const SCAN_S = 3.6;
const SLOWER_MAX = 1.6;
/** How often a statement is asked for, and a month simulated. */
const STATEMENTS = 100;
const SIMULATIONS = 5;

/**
 * A month of hourly facts of 60,000 containers, allocated, late, asked, simulated and verified, each beside the bare GROUP BY over the same
 * facts, and beside DuckDB, which does the arithmetic alone.
 */
export async function benchMonth(): Promise<Finding[]> {
  const fill = async (clickhouse: ClickHouse): Promise<void> => {
    for (const day of daysOf(MONTH)) await insertDay(clickhouse, SIZE, day, "first");
    await insertUsage(clickhouse, SIZE, daysOf(MONTH));
  };
  return withCompany(SIZE, fill, async ({ clickhouse, log, allocate, activate }) => {
    await allocate(daysOf(MONTH)); // the service is at work; then somebody changes a policy
    await activate(CHANGED);
    const allocated = await besideScan(clickhouse, () => allocate(daysOf(MONTH)));
    const peakMib = Math.round(process.resourceUsage().maxRSS / 1024);

    await insertDay(clickhouse, SIZE, LATE, "late");
    const late = await besideScan(clickhouse, () => allocate([LATE]));

    // Before simulations, whose month fills the heap of this process, so that what is measured is the engine.
    const statement = await besideScan(clickhouse, async () => {
      const took: number[] = [];
      for (let index = 0; index < STATEMENTS; index += 1)
        took.push(await seconds(() => statementOf(clickhouse, `t${id(index)}`)));
      return percentile(took, 0.95);
    });

    const simulatedOnce = await besideScan(clickhouse, async () =>
      requireSimulated(await simulate(clickhouse, MONTH, { policies: EVENLY })),
    );
    const read = await readMonthToSimulate(clickhouse, MONTH);
    const simulated = await besideScan(clickhouse, () =>
      meanOf(SIMULATIONS, async () => requireSimulated(simulateMonth(read, { policies: EVENLY }))),
    );

    const verified = await besideScan(clickhouse, async () => {
      const { findings, days } = await verifyMonth({ clickhouse, log }, MONTH);
      if (findings.length > 0 || days !== 31) throw new Error(`${findings[0]?.where}: ${findings[0]?.what}`);
    });
    const duckDb = await besideScan(clickhouse, duckDbSeconds);
    const rows = (rowsOfDay(SIZE) * 31).toLocaleString("en");
    return [
      within(
        0.5,
        allocated,
        `${rows} hourly facts, ${SIZE.teams} teams, ${SIZE.pools} pools: 31 days allocated again, proofs and all`,
      ),
      {
        what: "  beside it, DuckDB on the same facts: the arithmetic alone, exactly",
        measured: times(duckDb),
        limit: "for comparison",
        ok: true,
      },
      {
        what: "  memory of the Node.js process",
        measured: `${peakMib} MiB`,
        limit: "under 600 MiB",
        ok: peakMib < 600,
      },
      withinSeconds(0.3, late, "  one late day allocated again"),
      withinSeconds(0.03, statement, `  statement of a team and month, 95th percentile of ${STATEMENTS}`),
      within(
        0.15,
        simulated,
        `  the month, once read, simulated under another policy, mean of ${SIMULATIONS}`,
      ),
      {
        what: "  reading it, and simulating it for the first time",
        measured: times(simulatedOnce),
        limit: "for comparison",
        ok: true,
      },
      within(1.5, verified, "  the month verified, from its facts"),
    ];
  });
}

function within(factor: number, beside: BesideScan, what: string): Finding {
  return {
    what,
    measured: times(beside),
    limit: `${factor} × the bare GROUP BY or less`,
    ok: beside.took <= factor * beside.scan,
  };
}

function withinSeconds(limit: number, { took, scan }: BesideScan, what: string): Finding {
  const here = limit * Math.min(SLOWER_MAX, Math.max(1, scan / SCAN_S));
  return {
    what,
    measured: `${took.toFixed(3)} s beside a scan of ${scan.toFixed(2)} s`,
    limit: `${here.toFixed(3)} s or less: ${limit} s where the scan takes ${SCAN_S} s, ${SLOWER_MAX} times that at most`,
    ok: took <= here,
  };
}

function times({ took, scan }: BesideScan): string {
  return `${took.toFixed(2)} s, ${(took / scan).toFixed(2)} × ${scan.toFixed(2)} s`;
}

/** The first pool evenly instead of by use. */
const CHANGED = ((): Policies => {
  const { pools, ...others } = policiesOf(SIZE);
  const changed = pools.map((pool, index) =>
    index === 0 ? { ...pool, methods: [{ kind: "even" as const }] } : pool,
  );
  return { pools: changed, ...others };
})();

/** All pools evenly instead of by use. */
const EVENLY = ((): Policies => {
  const { pools, ...others } = policiesOf(SIZE);
  return { pools: pools.map((pool) => ({ ...pool, methods: [{ kind: "even" }] })), ...others };
})();

function requireSimulated({ days, teams }: Simulation): void {
  if (days !== 31 || teams.every(({ now, simulated }) => now === simulated))
    throw new Error("Nothing was simulated");
}

async function meanOf(count: number, work: () => Promise<void>): Promise<number> {
  const took = await seconds(async () => {
    for (let time = 0; time < count; time += 1) await work();
  });
  return took / count;
}

async function duckDbSeconds(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "apportion-bench-"));
  try {
    return await duckDbMonth(SIZE, daysOf(MONTH), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function statementOf(clickhouse: ClickHouse, team: string): Promise<void> {
  const answer = await clickhouse.query({
    query: `SELECT category, pool, sum(amount) AS owes FROM team_monthly_costs
WHERE billing_period = '${MONTH}' AND team_id = '${team}' GROUP BY category, pool`,
    format: "JSONEachRow",
  });
  if ((await answer.text()) === "") throw new Error(`${team} owes nothing`);
}

interface BesideScan {
  readonly took: number;
  readonly scan: number;
}

/**
 * In seconds, beside the mean of the bare scan right before and right after it: a shared machine changes its speed within a minute.
 * @param work gives what it took where that is not all of its time
 */
async function besideScan(clickhouse: ClickHouse, work: () => Promise<number | void>): Promise<BesideScan> {
  const scanned = (): Promise<number> => seconds(() => groupAll(clickhouse, "first-%"));
  const before = await scanned();
  const start = performance.now();
  const told = await work();
  const took = told ?? (performance.now() - start) / 1000;
  const after = await scanned();
  return { took, scan: (before + after) / 2 };
}
