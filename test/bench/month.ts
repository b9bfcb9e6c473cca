import { DuckDBInstance } from "@duckdb/node-api";
import { rulesOn } from "@apportion/allocation/rules-of-day";
import { verifyMonth } from "@apportion/books/ledger/verify";
import { computeLines } from "@apportion/books/runs/compute-lines";
import { readDayFacts } from "@apportion/books/runs/day-facts";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { type Day, daysOf } from "@apportion/domain/period";
import { splitExactly } from "@apportion/domain/split";
import {
  groupAll,
  id,
  insertDay,
  insertUsage,
  MONTH,
  registryOf,
  rowsOfDay,
  seconds,
  withCompany,
} from "./company.js";
import type { Finding } from "./finding.js";

const SIZE = { containers: 60_000, teams: 200, pools: 20 };
const { containers: CONTAINERS, teams: TEAMS, pools: POOLS } = SIZE;
const SMALL_ROWS = 1_000_000;
const SMALL_DAY = "2026-09-01" as Day;
const ALL_READ = { "billing-month": new Set<string>(), day: new Set<string>() };

const registry = registryOf(SIZE);
const WITHOUT_POLICIES = {
  registry,
  policies: { pools: [], betweenServices: [] },
  expectedReadings: [],
  activatedAt: "",
};

/** A month of hourly facts of 60,000 containers, allocated, late, asked and verified, beside the bare GROUP BY over the same rows. */
export async function benchMonth(): Promise<Finding[]> {
  const fill = async (clickhouse: ClickHouse): Promise<void> => {
    for (const day of daysOf(MONTH)) await insertDay(clickhouse, SIZE, day, "first");
    await insertUsage(clickhouse, SIZE, daysOf(MONTH));
  };
  return withCompany(SIZE, fill, async ({ clickhouse, log, allocate }) => {
    const allocated = await besideScan(clickhouse, () => allocate(daysOf(MONTH)));
    const peakMib = Math.round(process.resourceUsage().maxRSS / 1024);

    await insertDay(clickhouse, SIZE, "2026-10-20" as Day, "late");
    const late = await seconds(() => allocate(["2026-10-20" as Day]));

    const statements: number[] = [];
    for (let index = 0; index < 100; index += 1)
      statements.push(await seconds(() => statementOf(clickhouse, `t${id(index)}`)));
    const p95 = (statements.toSorted((a, b) => a - b)[94] ?? 0) * 1000;

    const verified = await besideScan(clickhouse, async () => {
      const { findings, days } = await verifyMonth({ clickhouse, log }, MONTH);
      if (findings.length > 0 || days !== 31) throw new Error(`${findings[0]?.where}: ${findings[0]?.what}`);
    });
    const rows = (rowsOfDay(SIZE) * 31).toLocaleString("en");
    const times = ({ took, scan }: BesideScan): string =>
      `${took.toFixed(1)} s, ${(took / scan).toFixed(2)} × ${scan.toFixed(1)} s`;
    return [
      {
        what: `${rows} hourly facts, ${TEAMS} teams, ${POOLS} pools: 31 days allocated, beside the bare GROUP BY`,
        measured: times(allocated),
        limit: "2 × or less",
        ok: allocated.took <= 2 * allocated.scan,
      },
      {
        what: "  memory of the Node.js process",
        measured: `${peakMib} MiB`,
        limit: "under 1024 MiB",
        ok: peakMib < 1024,
      },
      {
        what: "  one late day allocated again",
        measured: `${late.toFixed(2)} s`,
        limit: "under 3 s",
        ok: late < 3,
      },
      {
        what: "  statement of a team and month, 95th percentile of 100",
        measured: `${p95.toFixed(0)} ms`,
        limit: "under 100 ms",
        ok: p95 < 100,
      },
      {
        what: "  the month verified",
        measured: times(verified),
        limit: "2 × or less",
        ok: verified.took <= 2 * verified.scan,
      },
      ...(await besideOthers(clickhouse)),
    ];
  });
}

async function statementOf(clickhouse: ClickHouse, team: string): Promise<void> {
  const answer = await clickhouse.query({
    query: `SELECT category, pool, sum(amount) AS owes FROM team_monthly_costs
WHERE billing_period = '${MONTH}' AND team_id = '${team}' GROUP BY category, pool`,
    format: "JSONEachRow",
  });
  if ((await answer.text()) === "") throw new Error(`${team} owes nothing`);
}

/** A million facts split by direct cost: by DuckDB in SQL, by a loop in memory that keeps the cents, and by us. */
async function besideOthers(clickhouse: ClickHouse): Promise<Finding[]> {
  await insertDay(clickhouse, SIZE, SMALL_DAY, "small", SMALL_ROWS);
  const snapshotId = `small-${SMALL_DAY}`;
  const inputs = {
    day: SMALL_DAY,
    costSnapshotIds: [snapshotId],
    billSnapshotIds: [],
    metersWithoutReading: ALL_READ,
  };
  let ourLines = 0;
  const ours = await seconds(async () => {
    const facts = (await readDayFacts(clickhouse, [inputs], registry)).get(SMALL_DAY);
    if (!facts) throw new Error("There are no facts to allocate");
    ourLines = computeLines(inputs, facts, [], rulesOn(WITHOUT_POLICIES, SMALL_DAY), new Map()).length;
  });
  const answer = await clickhouse.query({
    query: `SELECT namespace, toString(effective_cost) AS cost FROM cost_facts WHERE snapshot_id = '${snapshotId}'`,
    format: "JSONCompactEachRow",
  });
  const facts = await answer.json<[string, string]>();
  const loop = await seconds(async () => splitInMemory(facts));
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE facts AS SELECT
    CASE WHEN i % 20 = 0 THEN 'shared-' || lpad(((i // 20) % ${POOLS})::VARCHAR, 4, '0') ELSE 'team-' || lpad((i % ${TEAMS})::VARCHAR, 4, '0') END AS namespace,
    ((1 + i % ${CONTAINERS} % 97) / 1000.0)::DECIMAL(38, 12) AS cost FROM range(${SMALL_ROWS}) AS t(i)`);
  const duck = await seconds(async () => {
    const result =
      await connection.runAndReadAll(`WITH direct AS (SELECT namespace, sum(cost) AS cost FROM facts GROUP BY namespace),
      teams AS (SELECT namespace, cost::DOUBLE AS cost, cost::DOUBLE / sum(cost::DOUBLE) OVER () AS share FROM direct WHERE namespace LIKE 'team-%'),
      pools AS (SELECT sum(cost)::DOUBLE AS cost FROM direct WHERE namespace LIKE 'shared-%')
      SELECT namespace, teams.cost + share * pools.cost AS owes FROM teams, pools`);
    // Every twentieth container is a shared service's, and so are all containers of every twentieth team.
    if (result.currentRowCount !== TEAMS - TEAMS / 20) throw new Error("DuckDB lost a team");
  });
  connection.closeSync();
  return [
    {
      what: `  ${SMALL_ROWS.toLocaleString("en")} facts split by direct cost, by us: grouped in ClickHouse, allocated to the last picodollar, pool by pool`,
      measured: `${(ours * 1000).toFixed(0)} ms, ${ourLines.toLocaleString("en")} lines`,
      limit: "for comparison",
      ok: true,
    },
    {
      what: "  beside it, the same in DuckDB SQL in doubles, which loses cents",
      measured: `${(duck * 1000).toFixed(0)} ms`,
      limit: "for comparison",
      ok: true,
    },
    {
      what: "  beside it, the same in a TypeScript loop over rows in memory",
      measured: `${(loop * 1000).toFixed(0)} ms`,
      limit: "for comparison",
      ok: true,
    },
  ];
}

function splitInMemory(facts: readonly (readonly [string, string])[]): void {
  const direct = new Map<string, bigint>();
  let shared = 0n;
  for (const [namespace, cost] of facts) {
    const [whole = "0", fraction = ""] = cost.split(".");
    const picos = BigInt(whole + fraction.padEnd(12, "0"));
    if (namespace.startsWith("shared-")) shared += picos;
    else direct.set(namespace, (direct.get(namespace) ?? 0n) + picos);
  }
  const parts = splitExactly(shared, [...direct.values()]);
  if (parts.length === 0) throw new Error("nobody to split among");
}

interface BesideScan {
  readonly took: number;
  readonly scan: number;
}

/** In seconds, beside the mean of the bare scan right before and right after it: a shared machine changes its speed within a minute. */
async function besideScan(clickhouse: ClickHouse, work: () => Promise<void>): Promise<BesideScan> {
  const before = await seconds(() => groupAll(clickhouse, "first-%"));
  const took = await seconds(work);
  const after = await seconds(() => groupAll(clickhouse, "first-%"));
  return { took, scan: (before + after) / 2 };
}
