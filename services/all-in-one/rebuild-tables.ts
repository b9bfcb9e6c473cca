import { randomUUID } from "node:crypto";
import { mendRuns } from "@apportion/allocator/mend-runs";
import { createRequestHandler } from "@apportion/allocator/request-handler";
import { activate, type AllocatorDeps } from "@apportion/allocator/service";
import { closedMonths } from "@apportion/books/ledger/journals";
import { collectedPeriods } from "@apportion/books/runs/inputs";
import type { BillingPeriod } from "@apportion/domain/period";
import { daysOf } from "@apportion/domain/period";
import { allocationRequest } from "@apportion/events/allocation-requests";
import type { IntakeDeps } from "@apportion/intake/intake";
import { applyReleases } from "@apportion/intake/quarantine/apply-releases";
import { replayReadings } from "@apportion/intake/replay-readings";
import { correctClosed } from "@apportion/ledger/sealed-handler";
import type { AllocationConfig } from "@apportion/registry/allocation";

/** What was brought back. */
export interface Rebuilt {
  /** Rows by table. */
  readonly records: ReadonlyMap<string, number>;
  /** Readings that were stored again, of the messages that were read. */
  readonly snapshots: number;
  readonly messages: number;
  /** Runs whose lines were computed again. */
  readonly runs: number;
  /** Months that were allocated. */
  readonly months: readonly BillingPeriod[];
  /** Readings that are nowhere any more, runs that could not be computed again, and months that could not be allocated, in words. */
  readonly failed: readonly string[];
}

/** How often it is said how many messages were read. */
const SAID_EACH = 1_000;

/**
 * Makes the tables what they would be if they had never been behind the log:
 * 1. records that nobody can compute: journals, rules, decisions, mails;
 * 2. readings, each where it was: visible or in quarantine, and what was released of it;
 * 3. runs behind the books, proved against their seals; then every month is allocated under the rules in force;
 * 4. only then it is marked how far the tables are, so a rebuild that was interrupted is asked for again.
 * Each step leaves alone what is there, so it may run beside services: they wait for the marks, or, if nothing is lost, work on, and
 * rows without a seal are left to them.
 */
export async function rebuildTables(
  deps: AllocatorDeps & Pick<IntakeDeps, "currency" | "dollarOwners">,
  config: AllocationConfig,
  say: (text: string, complete: boolean) => void,
): Promise<Rebuilt> {
  const { clickhouse, recovery, clock, currency } = deps;
  const attempt = `rebuilt-${clock().toISOString()}-${randomUUID().slice(0, 8)}`;
  const servicesWait = (await recovery.lost()).length > 0;
  const handled = await recovery.handled();
  say("Putting records back", false);
  const { rows: records, runSeals } = await recovery.putBack(attempt);
  say("Records are back", true);
  const intake = { ...deps, sanity: config.sanity, attempt, servicesWait };
  const { snapshots, messages, inLog } = await replayReadings(intake, (read) => {
    if (read % SAID_EACH === 0) say(`Reading the event log: ${read} messages`, false);
  });
  await applyReleases(clickhouse, { currency, attempt });
  say(`Read ${messages} messages of the event log`, true);
  const gone = await recovery.forgetGone(inLog);
  const { runs, failed } = await mendRuns(clickhouse, runSeals, {
    attempt,
    onProgress: (done) => say(`Computing runs again: ${done}`, false),
  });
  const { rules } = await activate(deps, config);
  const notAllocated = new Map<BillingPeriod, string>();
  const allocate = createRequestHandler(
    deps,
    () => rules,
    (month, { message }) => notAllocated.set(month, `${month} is not allocated: ${message}`),
  );
  const collected = await collectedPeriods(clickhouse);
  for (const [offset, month] of collected.entries()) {
    say(`Allocating ${month}`, false);
    const request = allocationRequest(month, daysOf(month), "the tables were rebuilt", clock());
    const position = { topic: request.topic, partition: 0, offset: String(offset) };
    await allocate([{ ...request, position }], new AbortController().signal);
  }
  for (const { period } of await closedMonths(clickhouse)) await correctClosed(deps, period);
  await recovery.tell();
  const months = collected.filter((month) => !notAllocated.has(month));
  say(`Allocated ${months.length === 0 ? "nothing" : months.join(", ")}`, true);
  await recovery.mark(handled);
  return {
    records,
    snapshots,
    messages,
    runs,
    months,
    failed: [...goneText(gone), ...failed, ...notAllocated.values()],
  };
}

function goneText(readings: number): string[] {
  if (readings === 0) return [];
  return [
    `${readings === 1 ? "1 reading is" : `${readings} readings are`} neither in the tables nor in the event log any more, which keeps them for a time: their days have no costs; what was posted of them is in the journals`,
  ];
}
