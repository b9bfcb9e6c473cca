import { CompareError, compareWithCosts, readMonthsToCompare } from "@apportion/books/compare/compare";
import type { MonthComparison } from "@apportion/books/compare/comparison";
import { orderLines, readWorkloadCosts } from "@apportion/books/compare/period-lines";
import { NotAsAllocatedError } from "@apportion/books/compare/period-sum";
import type { CostsByPayer } from "@apportion/books/compare/workload-costs";
import type { MonthCosts } from "@apportion/books/months/month";
import { EVERYBODY } from "@apportion/books/viewer";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { type LargestChanges, largestChanges } from "@apportion/reports/compare/largest-changes";
import { largestMovers, type Mover } from "@apportion/reports/compare/largest-movers";
import type { Logger } from "@apportion/runtime/logger";

/** What moved most of each team since the month before, by team id. */
export type WhatChanged = ReadonlyMap<string, LargestChanges>;

/** What a month is made of, workload by workload, and what of it moved. */
export interface MonthMovements {
  readonly changes: WhatChanged;
  /** The same of the teams whose own reports name their workloads. */
  readonly ownChanges: WhatChanged;
  readonly movers: readonly Mover[];
  /** By owner as `ownerOf` names it; undefined where facts do not give the lines. */
  readonly workloads: CostsByPayer | undefined;
}

export interface MovementsReader {
  /** Of all teams and the whole month. Of a month that is reported again it is remembered. */
  ofMonth(before: MonthCosts, after: MonthCosts): Promise<MonthMovements>;
  /** Of some teams: cells of others are not read, and nothing is remembered. */
  ofTeams(before: MonthCosts, after: MonthCosts, teamIds: readonly string[]): Promise<WhatChanged>;
}

/** Months whose answer is remembered: the last one, and those that were closed of late. */
const REMEMBERED_MAX = 3;

/**
 * Reads what moved most in a month since the one before. A month that is reported again is read from its cells only where its runs are others.
 * Of a month whose facts do not give its lines nothing is said but in the log: what it costs is known all the same.
 * @param ownNames ids of the teams whose own reports name their workloads
 */
export function movementsReader(
  clickhouse: ClickHouse,
  registry: Registry,
  logger: Logger,
  ownNames: ReadonlySet<string> = new Set(),
): MovementsReader {
  const remembered = new Map<BillingPeriod, { readonly runs: string; readonly movements: MonthMovements }>();
  /** Undefined where it cannot be told: `read` says why. */
  const told = async <T>(period: BillingPeriod, reading: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await reading();
    } catch (error) {
      if (error instanceof CompareError) return undefined; // no day that both months have
      if (!(error instanceof NotAsAllocatedError)) throw error;
      logger.warn({ err: error, period }, "reports do not say what changed since the month before");
      return undefined;
    }
  };
  const compared = async (
    before: MonthCosts,
    after: MonthCosts,
    payers?: readonly string[],
  ): Promise<{ readonly comparison: MonthComparison; readonly costs: CostsByPayer } | undefined> =>
    before.days.length === 0 || after.days.length === 0
      ? undefined
      : told(after.period, async () =>
          compareWithCosts(clickhouse, await readMonthsToCompare(clickhouse, { before, after }, registry), {
            viewer: EVERYBODY,
            ...(payers && { payers }),
          }),
        );
  const read = async (before: MonthCosts, after: MonthCosts): Promise<MonthMovements> => {
    const found = await compared(before, after);
    const runIds = after.days.map(({ runId }) => runId);
    // Days that are not compared are costs all the same.
    const workloads =
      found?.comparison.after.days.length === runIds.length
        ? found.costs
        : await told(after.period, async () =>
            readWorkloadCosts(clickhouse, await orderLines(clickhouse, after.period, runIds, after.lines)),
          );
    return {
      changes: largestByTeam(found?.comparison),
      ownChanges: largestByTeam(found?.comparison, ownNames),
      movers: found ? largestMovers(found.comparison, ownNames) : [],
      workloads,
    };
  };
  return {
    async ofMonth(before, after) {
      const runs = JSON.stringify([before, after].map(({ days }) => days.map(({ runId }) => runId)));
      const known = remembered.get(after.period);
      if (known?.runs === runs) return known.movements;
      const movements = await read(before, after);
      remembered.delete(after.period);
      remembered.set(after.period, { runs, movements });
      for (const oldest of [...remembered.keys()].slice(0, -REMEMBERED_MAX)) remembered.delete(oldest);
      return movements;
    },
    async ofTeams(before, after, teamIds) {
      return largestByTeam((await compared(before, after, teamIds))?.comparison);
    },
  };
}

/** @param own of these teams alone, as each may read it of itself */
function largestByTeam(comparison: MonthComparison | undefined, own?: ReadonlySet<string>): WhatChanged {
  const teams = (comparison?.payers ?? []).filter(
    ({ ownerKind, teamId }) => ownerKind === "team" && (own?.has(teamId) ?? true),
  );
  return new Map(teams.map(({ teamId, movements }) => [teamId, largestChanges(movements, own && teamId)]));
}
