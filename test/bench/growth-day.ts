import type { Day } from "@apportion/domain/period";
import { groupAll, insertDay, insertUsage, withCompany } from "./company.js";
import { seconds } from "./measured.js";
import type { CompanySize } from "./size.js";

/** What `growth-day.js SIZE` prints. */
export interface GrowthDay {
  readonly lines: number;
  /** To allocate the day again, in seconds, and to scan its facts for what ownership needs. */
  readonly took: number;
  readonly scan: number;
}

const DAYS = ["2026-10-05", "2026-10-06"] as Day[];
const LATE = "2026-10-06" as Day;

/** Two days of a company are allocated; then one of them is read again and allocated again. */
const size = JSON.parse(process.argv[2] ?? "") as CompanySize;
const result = await withCompany(
  size,
  async (clickhouse) => {
    for (const day of DAYS) await insertDay(clickhouse, size, day, "first");
    await insertUsage(clickhouse, size, DAYS);
  },
  async ({ clickhouse, allocate }): Promise<GrowthDay> => {
    await allocate(DAYS);
    await insertDay(clickhouse, size, LATE, "late");
    const took = await seconds(() => allocate([LATE]));
    const scan = await seconds(() => groupAll(clickhouse, `late-${LATE}`));
    const answer = await clickhouse.query({
      query: `SELECT line_count AS lines FROM allocation_runs WHERE charge_day = '${LATE}' ORDER BY input_version DESC LIMIT 1`,
      format: "JSONEachRow",
    });
    const [run] = await answer.json<{ lines: number }>();
    return { lines: run?.lines ?? 0, took, scan };
  },
);
process.stdout.write(JSON.stringify(result));
