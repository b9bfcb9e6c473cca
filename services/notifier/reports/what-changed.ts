import { CompareError, compareRead } from "@apportion/books/compare/compare";
import type { MonthComparison } from "@apportion/books/compare/comparison";
import { NotAsAllocatedError } from "@apportion/books/compare/period-sum";
import { type MonthCosts, ownerOf } from "@apportion/books/months/month";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { type LargestChanges, largestChanges } from "@apportion/reports/compare/largest-changes";
import type { Logger } from "@apportion/runtime/logger";

/** What moved most of each team since the month before, by team id. */
export type WhatChanged = ReadonlyMap<string, LargestChanges>;

/** @param teamIds those that are asked about: cells of others are then not read, and nothing is remembered. All where absent */
export type WhatChangedReader = (
  before: MonthCosts,
  after: MonthCosts,
  teamIds?: readonly string[],
) => Promise<WhatChanged>;

/** Months whose answer is remembered: the last one, and those that were closed of late. */
const REMEMBERED_MAX = 3;

/**
 * Reads what moved most in a month since the one before. A month that is reported again is read from its cells only where its runs are others.
 * Of a month whose facts do not give its lines nothing is said but in the log: what it costs is known all the same.
 */
export function whatChangedReader(
  clickhouse: ClickHouse,
  registry: Registry,
  logger: Logger,
): WhatChangedReader {
  const remembered = new Map<BillingPeriod, { readonly runs: string; readonly changed: WhatChanged }>();
  return async (before, after, teamIds) => {
    if (teamIds) return largestByTeam(await compared(clickhouse, before, after, registry, logger, teamIds));
    const runs = JSON.stringify([before, after].map(({ days }) => days.map(({ runId }) => runId)));
    const known = remembered.get(after.period);
    if (known?.runs === runs) return known.changed;
    const changed = largestByTeam(await compared(clickhouse, before, after, registry, logger));
    remembered.delete(after.period);
    remembered.set(after.period, { runs, changed });
    for (const oldest of [...remembered.keys()].slice(0, -REMEMBERED_MAX)) remembered.delete(oldest);
    return changed;
  };
}

async function compared(
  clickhouse: ClickHouse,
  before: MonthCosts,
  after: MonthCosts,
  registry: Registry,
  logger: Logger,
  teamIds?: readonly string[],
): Promise<MonthComparison | undefined> {
  if (before.days.length === 0 || after.days.length === 0) return undefined;
  try {
    const payers = teamIds?.map((id) => ownerOf("team", id));
    return await compareRead(clickhouse, { before, after }, registry, payers);
  } catch (error) {
    if (error instanceof CompareError) return undefined; // no day that both months have
    if (!(error instanceof NotAsAllocatedError)) throw error;
    logger.warn({ err: error, period: after.period }, "reports do not say what changed since the month before");
    return undefined;
  }
}

function largestByTeam(comparison: MonthComparison | undefined): WhatChanged {
  const teams = (comparison?.payers ?? []).filter(({ ownerKind }) => ownerKind === "team");
  return new Map(teams.map(({ teamId, movements }) => [teamId, largestChanges(movements)]));
}
