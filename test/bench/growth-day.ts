import type { Day } from "@apportion/domain/period";
import { groupAll, insertDay, insertUsage, withCompany } from "./company.js";
import { seconds } from "./measured.js";
import type { CompanySize } from "./size.js";

/** What `growth-day.js SIZE` prints. */
export interface GrowthDays {
  readonly days: number;
  /** Of all days. */
  readonly lines: number;
  /** To allocate the days again, in seconds, and to scan their facts for what ownership needs. */
  readonly took: number;
  readonly scan: number;
}

const DAYS = ["2026-10-05", "2026-10-06", "2026-10-07"] as Day[];

/** Some days of a company are allocated, then read again and allocated again. */
const size = JSON.parse(process.argv[2] ?? "") as CompanySize;
const result = await withCompany(
  size,
  async (clickhouse) => {
    for (const day of DAYS) await insertDay(clickhouse, size, day, "first");
    await insertUsage(clickhouse, size, DAYS);
  },
  async ({ clickhouse, allocate }): Promise<GrowthDays> => {
    await allocate(DAYS.slice(0, 1));
    for (const day of DAYS) await insertDay(clickhouse, size, day, "late");
    const took = await seconds(() => allocate(DAYS));
    const scan = await seconds(() => groupAll(clickhouse, "late-%"));
    const answer = await clickhouse.query({
      query: `SELECT sum(line_count) AS lines FROM (SELECT argMax(line_count, input_version) AS line_count FROM allocation_runs GROUP BY charge_day)`,
      format: "JSONEachRow",
    });
    const [runs] = await answer.json<{ lines: string }>();
    return { days: DAYS.length, lines: Number(runs?.lines), took, scan };
  },
);
process.stdout.write(JSON.stringify(result));
