import { type BillingPeriod, billingPeriodOf } from "@apportion/domain/period";
import { type CostLine, type DayRun, linesByPayer, type MonthCosts } from "../months/month.js";
import { sees, type Viewer } from "../viewer.js";
import { type CostQuestion, monthsOf } from "./question.js";

/** A month whose lines somebody has at hand; undefined where nobody has. */
export type MonthIfRead = (month: BillingPeriod) => Promise<MonthCosts | undefined>;

interface Asked {
  readonly viewer: Viewer;
  readonly question: CostQuestion;
  /** Of the days that are asked for. */
  readonly runs: readonly DayRun[];
  readonly monthIfRead: MonthIfRead;
}

/**
 * Lines of the payers that are asked for, where all months are at hand: to look at a thousand of them takes a fraction of what a question to the engine
 * does. Undefined where the engine has to be asked: it has more columns, and all payers' lines in less time.
 */
export async function linesAtHand({
  viewer,
  question,
  runs,
  monthIfRead,
}: Asked): Promise<readonly CostLine[] | undefined> {
  const { filters, groupBy } = question;
  const payers = filters.team ?? (viewer.teams === "all" ? undefined : viewer.teams);
  if (payers === undefined || groupBy.includes("account") || filters.account) return undefined;
  const lines: CostLine[] = [];
  for (const month of monthsOf(question)) {
    const asked = new Map(
      runs.flatMap(({ day, runId }) => (billingPeriodOf(day) === month ? [[day, runId] as const] : [])),
    );
    if (asked.size === 0) continue;
    const kept = await monthIfRead(month);
    // A run that was sealed in between is in one of the two alone.
    const same = kept?.days.filter(({ day, runId }) => asked.get(day) === runId) ?? [];
    if (!kept || same.length < asked.size) return undefined;
    const byPayer = orderedOnce(kept);
    for (const payer of new Set(payers))
      for (const line of byPayer.get(payer) ?? [])
        if (asked.has(line.day) && sees(viewer, line)) lines.push(line);
    if (lines.length > LINES_AT_HAND_MAX) return undefined;
  }
  return lines;
}

/** Of more the engine makes sums faster, and holds nobody else up. */
const LINES_AT_HAND_MAX = 20_000;

/** Ordered once for all questions about what is kept of a month. */
const ordered = new WeakMap<MonthCosts, ReadonlyMap<string, readonly CostLine[]>>();

function orderedOnce(month: MonthCosts): ReadonlyMap<string, readonly CostLine[]> {
  const known = ordered.get(month) ?? linesByPayer(month.lines);
  ordered.set(month, known);
  return known;
}
