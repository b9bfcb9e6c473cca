import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Day } from "@apportion/domain/period";
import { seconds } from "./measured.js";
import type { CompanySize } from "./size.js";

/**
 * What the arithmetic of a month takes DuckDB on the same rows, exactly: facts grouped by day, cluster and namespace, each pool of each day
 * split by direct cost to the last unit of 10⁻¹² (largest remainder), and the month's totals by team. It keeps, proves and explains nothing.
 * @param folder where its file lies
 * @returns seconds
 */
export async function duckDbMonth(size: CompanySize, days: readonly Day[], folder: string): Promise<number> {
  const instance = await DuckDBInstance.create(join(folder, "month.duckdb"));
  const connection = await instance.connect();
  try {
    await connection.run(`CREATE TABLE facts AS SELECT day, 'cluster-' || (container % 3) AS cluster,
      CASE WHEN container % 20 = 0 THEN 'shared-' || ((container // 20) % ${size.pools}) ELSE 'team-' || (container % ${size.teams}) END AS namespace,
      2 * ((1 + container % 97)::DECIMAL(38, 12) / 1000)::DECIMAL(38, 12) AS cost
    FROM (SELECT unnest([${days.map((day) => `DATE '${day}'`).join(", ")}]) AS day) AS days,
      (SELECT i % ${size.containers} AS container FROM range(${size.containers * 24}) AS t(i)) AS hours`);
    const month = async (): Promise<void> => {
      const { currentRowCount } = await connection.runAndReadAll(MONTH);
      if (currentRowCount === 0) throw new Error("DuckDB has no totals");
    };
    await month(); // its file is in memory afterwards, as ClickHouse's is
    return await seconds(month);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const MONTH = `WITH
  direct AS (SELECT day, cluster, namespace, (sum(cost) * 1000000000000)::HUGEINT AS picos FROM facts GROUP BY day, cluster, namespace),
  pools AS (SELECT day, namespace AS pool, sum(picos)::HUGEINT AS picos FROM direct WHERE namespace LIKE 'shared-%' GROUP BY day, pool),
  takers AS (SELECT day, namespace AS team, sum(picos)::HUGEINT AS weight FROM direct WHERE namespace LIKE 'team-%' GROUP BY day, team),
  totals AS (SELECT day, sum(weight)::HUGEINT AS total FROM takers GROUP BY day),
  parts AS (SELECT day, pool, team, pools.picos AS picos, pools.picos * weight // total AS part, pools.picos * weight % total AS remainder
    FROM pools JOIN takers USING (day) JOIN totals USING (day)),
  ranked AS (SELECT team, part, picos - sum(part) OVER (PARTITION BY day, pool) AS left_over,
    row_number() OVER (PARTITION BY day, pool ORDER BY remainder DESC, team) AS place FROM parts),
  shares AS (SELECT team, sum(part + CASE WHEN place <= left_over THEN 1 ELSE 0 END) AS picos FROM ranked GROUP BY team)
SELECT team, sum(picos) AS owes FROM (SELECT team, picos FROM shares UNION ALL SELECT team, weight FROM takers) AS owed GROUP BY team`;
