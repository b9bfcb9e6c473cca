import type { ClickHouse } from "@apportion/clickhouse/client";
import { canonicalJson } from "@apportion/domain/hash";
import type { BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { readStandings } from "../months/read-month.js";
import { readClosed } from "../months/read-settled.js";
import { readSums } from "../months/read-sums.js";
import { type CountedMonth, countMonth } from "./counted-months.js";
import type { BudgetLine } from "./lines.js";

/** Reads what counts of some months for the budget lines, in the order of the months. */
export type CountedReader = (
  periods: readonly BillingPeriod[],
  abortSignal?: AbortSignal,
) => Promise<readonly CountedMonth[]>;

/**
 * A year has many days and few of them change: a month is read again when a run of it, a bill or its close is another than when it was read last.
 * Runs never change, so what was counted of the same ones is the same.
 */
export function countedReader(
  clickhouse: ClickHouse,
  lines: readonly BudgetLine[],
  registry: Pick<Registry, "accounts">,
): CountedReader {
  const remembered = new Map<BillingPeriod, { readonly of: string; readonly counted: CountedMonth }>();
  return async (periods, signal) => {
    const months = [...new Set(periods)].toSorted();
    const standings = await readStandings(clickhouse, months, signal);
    const closed = await readClosed(clickhouse, months, signal);
    const found: CountedMonth[] = [];
    for (const standing of standings) {
      const { period, days, bills } = standing;
      const isClosed = closed.has(period);
      const seen = days.map(({ runId, missing, elapsed }) => ({ runId, missing, elapsed }));
      const priced = Object.fromEntries(
        [...bills].map(([account, ofBill]) => [account, [...ofBill].toSorted()]),
      );
      const of = canonicalJson({ seen, priced, isClosed });
      const before = remembered.get(period);
      if (before?.of === of) {
        found.push(before.counted);
        continue;
      }
      const sums = await readSums(
        clickhouse,
        period,
        days.map(({ runId }) => runId),
        signal,
      );
      const counted = countMonth({ ...standing, lines: sums }, isClosed, lines, registry);
      remembered.set(period, { of, counted });
      found.push(counted);
    }
    return found;
  };
}
