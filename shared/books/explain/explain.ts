import { type Allocation, flatLine, type FlatLine, linesOf } from "@apportion/allocation/line";
import { policyOf } from "@apportion/allocation/policy";
import { rulesOn } from "@apportion/allocation/rules-of-day";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { select } from "@apportion/clickhouse/query";
import { formatPicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import { parsePool, policyNameOf, printPool } from "@apportion/domain/pool-id";
import { requirePayer, type Viewer } from "../viewer.js";
import type { Recomputable, RecomputableDay } from "../runs/recompute.js";
import { factsBehind, payerOf, sum } from "./facts-behind.js";
import type { ExplainedDay, LineExplanation } from "./explanation.js";
import { asSeenBy } from "./hidden.js";
import { POSITIONS } from "./queries.js";
import type { MonthToExplain } from "./month-to-explain.js";
import { ExplainError, numbered, type NumberedLine, statementOf } from "./statement.js";

/** Facts and snapshots that are listed at most: a namespace may have thousands of workloads. */
const FACTS_SHOWN = 20;

/** The lines of a day that are behind one of a statement: those of its pool, or what it is the sum of. */
interface DayBehind {
  readonly day: RecomputableDay;
  readonly lines: readonly FlatLine[];
}

/**
 * From a line of a statement to what it follows on each day, the policy, and for one day the facts, snapshots and places in the
 * event log. All of it is computed again from what the runs pinned, so an explanation that adds up is also a proof.
 * What stands behind a pool is as the viewer may see it.
 * @throws ExplainError when there is no such line or day, NotYoursError
 * @throws Error when it does not add up
 */
export async function explainLine(
  clickhouse: ClickHouse,
  viewer: Viewer,
  { month, computed, statements }: MonthToExplain,
  team: string,
  lineNumber: number,
  onDay?: Day,
): Promise<LineExplanation> {
  requirePayer(viewer, team);
  const lines = numbered(statementOf(statements, viewer, month, team));
  const line = lines.find((each) => each.line === lineNumber);
  if (!line) throw new ExplainError(`--line: the statement of ${team} has lines 1 to ${lines.length}`);
  const ofMonth = Array.from(computed(), ({ lines: all, ...day }): DayBehind => ({
    day,
    lines: behindLine(all, line, team),
  }));
  const days: { explained: ExplainedDay; amount: bigint; of: DayBehind["day"]; behind: FlatLine[] }[] = [];
  for (const { day, lines: ofDay } of ofMonth) {
    const own = ofDay.filter((one) => isOf(one, line) && payerOf(one.owner) === team);
    if (own.length === 0) continue;
    const amount = sum(own);
    const behind = line.pool === "" ? own : ofDay.filter((one) => isOfPool(one, line));
    days.push({ amount, of: day, behind, explained: explainDay(day.run, own, amount, sum(behind)) });
  }
  const exact = formatPicos(days.reduce((total, { amount }) => total + amount, 0n));
  if (exact !== line.amount)
    throw new Error(
      `The line is ${line.amount}, and its facts and rules give ${exact}: something was changed since it was allocated; run \`apportion verify --month ${month}\``,
    );
  const chosen =
    onDay === undefined
      ? days.reduce((most, each) => (size(each.amount) > size(most.amount) ? each : most))
      : days.find(({ explained }) => explained.day === onDay);
  if (!chosen) throw new ExplainError(`--day: the line has nothing on ${onDay}`);
  const { stored, rules } = chosen.of.run;
  const ofDay = rulesOn(rules, stored.day);
  const pool = parsePool(line.pool);
  const facts = await factsBehind(clickhouse, chosen.of, ofDay, { line, team, behind: chosen.behind });
  const used = new Set(facts.slice(0, FACTS_SHOWN).map(({ snapshotId }) => snapshotId));
  const measuring = line.method === "usage" ? stored.usageSnapshotIds : [];
  const pricing = line.category === "rate-variance" ? stored.billSnapshotIds : [];
  const ids = [...used, ...measuring, ...pricing].filter((id) => id !== "");
  const positions = await select(clickhouse, POSITIONS, { snapshotIds: ids });
  return asSeenBy(viewer, team, {
    line,
    days: days.map(({ explained }) =>
      line.method === "limit" ? limitedMonth(explained, ofMonth, line, team) : explained,
    ),
    ...(pool && { policy: policyOf(ofDay.policies, policyNameOf(pool)) }),
    day: stored.day,
    facts: facts.slice(0, FACTS_SHOWN),
    factCount: facts.length,
    snapshots: positions.map((position) => ({
      snapshotId: position.snapshot_id,
      reading: `${position.kind}/${position.read_from}/${position.part} of ${position.period_start.slice(0, 10)}`,
      readAt: position.read,
      log: `${position.topic}/${position.in_partition} at ${position.at}`,
    })),
  });
}

/** A month has a hundred thousand lines: only those of the pool, or of the payer, are made one by one. */
function behindLine(allocation: Allocation, line: NumberedLine, team: string): FlatLine[] {
  const mayBeBehind = allocation.filter((item) => {
    if (item.category !== line.category) return false;
    if (item.kind === "direct") return line.pool === "" && payerOf(item.owner) === team;
    return printPool(item.pool) === line.pool;
  });
  return Array.from(linesOf(mayBeBehind), flatLine).filter((one) => isOf(one, line) || isOfPool(one, line));
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

/** Lines by which a pool's cost of a day was split, of idle that of the resource; limits of the month are no cost of the pool. */
function isOfPool(
  { pool, category, method }: FlatLine,
  line: Pick<NumberedLine, "pool" | "category">,
): boolean {
  return pool === line.pool && category === line.category && method !== "limit";
}

/** A limit follows the whole month: what the days before it charged the team, of what they charged all teams. */
function limitedMonth(
  limit: ExplainedDay,
  ofMonth: readonly Pick<DayBehind, "lines">[],
  line: NumberedLine,
  team: string,
): ExplainedDay {
  const shares = ofMonth
    .flatMap(({ lines }) => lines)
    .filter((one) => isOfPool(one, line) && one.owner.kind === "team");
  const own = shares.filter(({ owner }) => owner.kind === "team" && owner.teamId === team);
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

function size(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
