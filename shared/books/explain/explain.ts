import {
  type Allocation,
  flatLine,
  type FlatLine,
  type LineOwner,
  linesOf,
} from "@apportion/allocation/line";
import { totals, totalsOfLines } from "@apportion/allocation/certificate";
import { policyOf } from "@apportion/allocation/policy";
import type { RulesOfDay } from "@apportion/allocation/rules-of-day";
import { compareSizes, formatPicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import { parsePool, policyNameOf } from "@apportion/domain/pool-id";
import { requirePayer, type Viewer } from "../viewer.js";
import type { Recomputable, RecomputableDay } from "../runs/recompute.js";
import { factsBehind, payerOf, sum } from "./facts-behind.js";
import type { ExplainedDay, LineExplanation } from "./explanation.js";
import { asSeenBy } from "./hidden.js";
import type { MonthToExplain } from "./month-to-explain.js";
import { ExplainError, numbered, type NumberedLine, statementOf } from "./statement.js";

/** What of a day's allocation is behind a line of a statement: its pool, or what it is the sum of. */
interface DayBehind {
  readonly day: RecomputableDay & { readonly rules: RulesOfDay };
  readonly items: Allocation;
}

/**
 * From a line of a statement to what it follows on each day, the policy, and for one day the facts, snapshots and places in the
 * event log. All of it is computed again from what the runs pinned, so an explanation that adds up is also a proof.
 * What stands behind a pool is as the viewer may see it.
 * @throws ExplainError when there is no such line or day, NotYoursError
 * @throws Error when it does not add up
 */
export async function explainLine(
  viewer: Viewer,
  { month, computed, statements, positions, cellsBehind }: MonthToExplain,
  team: string,
  lineNumber: number,
  onDay?: Day,
): Promise<LineExplanation> {
  requirePayer(viewer, team);
  const { lines } = statementOf(statements, viewer, month, team);
  const ofStatement = lines[lineNumber - 1];
  if (!ofStatement) throw new ExplainError(`--line: the statement of ${team} has lines 1 to ${lines.length}`);
  const line = numbered(ofStatement, lineNumber - 1);
  const ofMonth = Array.from(computed(), ({ itemsBehind, ...day }): DayBehind => ({
    day,
    items: itemsBehind(line, team),
  }));
  const days: { explained: ExplainedDay; amount: bigint; of: DayBehind; own: FlatLine[] }[] = [];
  for (const of of ofMonth) {
    const payer = (owner: LineOwner): boolean => payerOf(owner) === team;
    const own = Array.from(linesOf(of.items, payer), flatLine).filter((one) => isOf(one, line));
    if (own.length === 0) continue;
    const amount = sum(own);
    const poolCost = line.pool === "" ? amount : sum(totalsOfLines(splitOf(of.items)));
    days.push({ amount, of, own, explained: explainDay(of.day.run, own, amount, poolCost) });
  }
  const exact = formatPicos(days.reduce((total, { amount }) => total + amount, 0n));
  if (exact !== line.amount)
    throw new Error(
      `The line is ${line.amount}, and its facts and rules give ${exact}: something was changed since it was allocated; run \`apportion verify --month ${month}\``,
    );
  const chosen =
    onDay === undefined
      ? days.reduce((most, each) => (compareSizes(each.amount, most.amount) < 0 ? each : most))
      : days.find(({ explained }) => explained.day === onDay);
  if (!chosen) throw new ExplainError(`--day: the line has nothing on ${onDay}`);
  const { rules, run } = chosen.of.day;
  const { stored } = run;
  const pool = parsePool(line.pool);
  const behind = line.pool === "" ? totals(chosen.own) : totalsOfLines(splitOf(chosen.of.items));
  const facts = await factsBehind(cellsBehind, chosen.of.day, rules, { line, team, behind });
  const used = new Set(facts.shown.map(({ snapshotId }) => snapshotId));
  const measuring = line.method === "usage" ? stored.usageSnapshotIds : [];
  const pricing = line.category === "rate-variance" ? stored.billSnapshotIds : [];
  const ids = new Set([...used, ...measuring, ...pricing]);
  return asSeenBy(viewer, team, {
    line,
    days: days.map(({ explained }) =>
      line.method === "limit" ? limitedMonth(explained, ofMonth, team) : explained,
    ),
    ...(pool && { policy: policyOf(rules.policies, policyNameOf(pool)) }),
    day: stored.day,
    facts: facts.shown,
    factCount: facts.count,
    snapshots: positions
      .filter(({ snapshot_id }) => ids.has(snapshot_id))
      .map((position) => ({
        snapshotId: position.snapshot_id,
        reading: `${position.kind}/${position.read_from}/${position.part} of ${position.period_start.slice(0, 10)}`,
        readAt: position.read,
        log: `${position.topic}/${position.in_partition} at ${position.at}`,
      })),
  });
}

/** What of a pool's items its cost of a day was split into, of idle that of the resource; limits of the month are no cost of the pool. */
function splitOf(items: Allocation): Allocation {
  return items.filter(({ kind }) => kind !== "limit");
}

function explainDay(
  { stored }: Recomputable,
  own: readonly FlatLine[],
  amount: bigint,
  poolCost: bigint,
): ExplainedDay {
  const [first] = own;
  const isShared = first?.pool !== "";
  return {
    day: stored.day,
    runId: stored.runId,
    amount: formatPicos(amount),
    poolCost: formatPicos(poolCost),
    driverQuantity: isShared ? formatPicos(first?.driverQuantity ?? 0n) : "",
    driverTotal: isShared ? formatPicos(first?.driverTotal ?? 0n) : "",
    meter: first?.meter ?? "",
    usageWindow: first?.usageWindow ?? "",
    betweenServices: first?.betweenServices ?? "",
  };
}

/** A limit follows the whole month: what the days before it charged the team, of what they charged all teams. */
function limitedMonth(limit: ExplainedDay, ofMonth: readonly DayBehind[], team: string): ExplainedDay {
  const shares = ofMonth.flatMap(({ items }) =>
    Array.from(linesOf(splitOf(items), ({ kind }) => kind === "team")),
  );
  const own = shares.filter(({ owner }) => payerOf(owner) === team);
  const poolCost = formatPicos(sum(shares));
  return { ...limit, poolCost, driverQuantity: formatPicos(sum(own)), driverTotal: poolCost };
}

function isOf(one: FlatLine, line: NumberedLine): boolean {
  return (
    one.category === line.category &&
    one.basis === line.basis &&
    one.pool === line.pool &&
    one.method === line.method &&
    one.reason === line.reason
  );
}
