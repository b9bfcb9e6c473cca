import type { CostFactRow, Reading } from "@apportion/domain/facts";
import { daysOf, parseBillingPeriod, type Day } from "@apportion/domain/period";
import { closeMonth, type CloseResult } from "@apportion/ledger/close";
import {
  billReading,
  costReading,
  cpu,
  openBrought,
  publishAll,
  runsReading,
  type TestPlatform,
} from "./platform.js";

/** For tests: a month that is ready to be closed. */
export const OCTOBER = parseBillingPeriod("2026-10");
/** One reading of the bill is enough here; that two must agree has tests of its own. */
export const CONFIG = {
  settleDay: 7,
  agreedHours: 0,
  accuracyPercentMin: "95",
  rateVariancePercentMax: "50",
};
/** When all of it was read. */
export const READ = "2026-11-10T06:00:00Z";

/** A day on which a team works for 10 (or what is given), another for 2⅓, and MLflow costs 1, at Kubecost's prices. */
export const costs = (day: string, a = "10"): Reading<"cost"> => ({
  ...costReading(day, [
    cpu(a, { namespace: "team-a", controller: "api" }),
    cpu("2.333333333333", { namespace: "team-b", controller: "web" }),
    cpu("1", { namespace: "platform-shared", controller: "mlflow" }),
  ]),
  finality: "final",
});

export const runs = (day: string, counts: Record<string, number> = { a: 1, b: 2 }): Reading<"usage"> => ({
  ...runsReading(day, counts),
  finality: "final",
});

interface OctoberReadings {
  readonly days?: readonly Day[];
  readonly others?: readonly CostFactRow[];
  readonly bill?: boolean;
}

/** October as it was read on 10 November, taken in and allocated: all of it final, the bill a tenth below Kubecost's prices. */
export async function readOctober(
  test: TestPlatform,
  { days = daysOf(OCTOBER), others = [], bill = true }: OctoberReadings = {},
): Promise<void> {
  const readings = days.flatMap((day) => [
    { ...costs(day), rows: [...costs(day).rows, ...others] },
    runs(day),
    ...(bill ? [billReading(day, "12")] : []),
  ]);
  await publishAll(test.log, readings, READ);
  await test.settle({ now: READ });
}

/** Read, and ready to be closed. */
export function openOctober(): Promise<TestPlatform> {
  return openBrought("october", readOctober);
}

/** Read and closed. */
export function openClosedOctober(): Promise<TestPlatform> {
  return openBrought("closed-october", async (test) => {
    await readOctober(test);
    const closed = await closeOctober(test);
    if (!closed.closed) throw new Error(`October is not closed: ${failedGates(closed).join(", ")}`);
  });
}

export function deps(
  { clickhouse, log }: TestPlatform,
  now = "2026-11-11T00:00:00Z",
): Parameters<typeof closeMonth>[0] {
  return { clickhouse, log, clock: () => new Date(now) };
}

export function closeOctober(
  test: TestPlatform,
  overrides: Partial<Parameters<typeof closeMonth>[1]> = {},
): Promise<CloseResult> {
  const request = {
    month: OCTOBER,
    preparedBy: "analyst",
    approvedBy: "controller",
    overrideReason: "",
    ...overrides,
  };
  return closeMonth(deps(test), request, CONFIG);
}

export function failedGates({ gates }: Pick<CloseResult, "gates">): string[] {
  return gates.filter(({ passed }) => !passed).map(({ name }) => name);
}

/** Each journal with what it comes to, which must be nothing, and what it charges. */
export function balances(test: TestPlatform): Promise<unknown[]> {
  return test.rows(`SELECT seq, toString(sum(signed_amount)) AS balance,
    toString(sumIf(signed_amount, account != 'clearing')) AS charged FROM posted_entries GROUP BY seq ORDER BY seq`);
}
