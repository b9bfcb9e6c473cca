import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, stream } from "@apportion/clickhouse/query";
import { centsThatFoot, sumOfCents } from "@apportion/domain/cents";
import { parsePicos } from "@apportion/domain/money";
import {
  addDays,
  type BillingPeriod,
  billingPeriodOf,
  type Day,
  daysBetween,
} from "@apportion/domain/period";
import { splitExactly } from "@apportion/domain/split";
import { everyStatement, type LineIdentity, PICOS_PER_CENT } from "@apportion/domain/statement";
import { accountOf, NO_ACCOUNT, regionOfCluster, type Registry } from "@apportion/domain/tenancy";
import { type CostLine, type DayRun, isComplete, type Payer, payerOf } from "../months/month.js";
import { readStandings } from "../months/read-month.js";
import { type PostedMonth, readPosted } from "../months/read-posted.js";
import { readStatements, type StatementsReader } from "../months/read-statements.js";
import { OF_SEALED_ATTEMPTS } from "../runs/sealed-attempts.js";
import { sees, SEEN, type Viewer, viewerParams, viewerShape } from "../viewer.js";
import { linesAtHand, type MonthIfRead } from "./lines-at-hand.js";
import {
  checkQuestion,
  type CostQuestion,
  type Dimension,
  hasStatementTotal,
  isOfStatements,
  monthsOf,
  startOf,
  QuestionError,
  statementGroupings,
  type Step,
} from "./question.js";

/** What one group of costs comes to in one piece of time. */
export interface CostRow {
  /** First day of the piece of time; the first of all where time is not told apart. */
  readonly from: Day;
  /** A value for each dimension of the question's grouping, in its order. */
  readonly values: readonly string[];
  /** Exact, in picos. */
  readonly picos: bigint;
  /** As printed: rows add up to the total. Of whole months, where statements tell them apart, the cents of statements. */
  readonly cents: bigint;
}

/** An answer to a {@link CostQuestion}. */
export interface Costs {
  readonly rows: readonly CostRow[];
  readonly picos: bigint;
  readonly cents: bigint;
  /** Days of the question that are allocated, in their order. */
  readonly days: readonly CostDay[];
}

export interface CostDay extends Pick<DayRun, "day" | "runId" | "missing"> {
  /** Over, and no reading of it is missing. */
  readonly isComplete: boolean;
  /** Its month is closed: the amounts do not change any more. */
  readonly isPosted: boolean;
}

/** Rows of one answer: more than anybody looks at, and what a page can hold. */
const ROWS_MAX = 50_000;

/** Columns of lines of which a dimension is made. */
const COLUMNS: Readonly<Record<Dimension, readonly string[]>> = {
  team: ["owner_kind", "team_id"],
  costCenter: ["owner_kind", "team_id", "billing_period"],
  compliance: ["owner_kind", "team_id"],
  category: ["category"],
  basis: ["basis"],
  pool: ["pool"],
  cluster: ["cluster"],
  namespace: ["namespace"],
  service: ["service"],
  account: ["source", "scope", "cluster"],
  region: ["cluster"],
};
/** Dimensions that are a column each: filtered in SQL. */
const PLAIN = ["category", "basis", "pool", "cluster", "namespace", "service"] as const;

const STARTS: Readonly<Record<Step, string>> = {
  total: "''",
  month: "concat(billing_period, '-01')",
  week: "toString(toMonday(charge_day))",
  day: "toString(charge_day)",
};

const text = z.string().default("");
const lineRow = z.object({
  starts: text,
  owner_kind: z.enum(["team", "idle", "corporate", "unallocated"]).default("team"),
  team_id: text,
  billing_period: text.transform((month) => month as BillingPeriod),
  category: text,
  basis: text,
  pool: text,
  cluster: text,
  namespace: text,
  service: text,
  source: text,
  scope: text,
  total: z.string().transform(parsePicos),
});
type LineRow = z.output<typeof lineRow>;

const texts = z.array(z.string());
const lineParams = z.object({
  periods: texts,
  runs: texts,
  ...viewerShape,
  payers: texts,
  category: texts,
  basis: texts,
  pool: texts,
  cluster: texts,
  namespace: texts,
  service: texts,
});

/** Made of the fixed pieces above alone; what is asked for is bound. */
function linesQuery(columns: readonly string[], step: Step) {
  const names = ["starts", ...columns].join(", ");
  return defineQuery({
    name: "books.costs",
    sql: `SELECT ${STARTS[step]} AS starts, ${columns.map((column) => `${column}, `).join("")}
  toString(sum(toDecimal256(allocation_lines.amount, 12))) AS total
FROM allocation_lines
WHERE billing_period IN {periods:Array(String)} AND run_id IN {runs:Array(String)} AND ${OF_SEALED_ATTEMPTS} AND ${SEEN}
  AND (empty({payers:Array(String)}) OR if(owner_kind = 'team', team_id, owner_kind) IN {payers:Array(String)})
  ${PLAIN.map((column) => `AND (empty({${column}:Array(String)}) OR allocation_lines.${column} IN {${column}:Array(String)})`).join("\n  ")}
GROUP BY ${names} ORDER BY ${names}`,
    params: lineParams,
    row: lineRow,
  });
}

/** What questions about some months begin with: the runs that count, and what is posted. */
export interface Standing {
  readonly runs: readonly DayRun[];
  readonly posted: ReadonlyMap<BillingPeriod, PostedMonth>;
}

/** @param last of the months */
export type StandingReader = (last: BillingPeriod, months: readonly BillingPeriod[]) => Promise<Standing>;

export async function readStanding(
  clickhouse: ClickHouse,
  months: readonly BillingPeriod[],
): Promise<Standing> {
  const standings = await readStandings(clickhouse, months);
  const posted = new Map<BillingPeriod, PostedMonth>();
  for (const month of months) {
    const found = await readPosted(clickhouse, month);
    if (found) posted.set(month, found);
  }
  return { runs: standings.flatMap(({ days }) => days), posted };
}

/** Who answers many questions reads once what they begin with. */
export interface CostReaders {
  readonly standingOf?: StandingReader;
  readonly statementsOf?: StatementsReader;
  readonly monthIfRead?: MonthIfRead;
}

/**
 * What was charged for some days, in any grouping. Amounts are those of statements: of whole months and what statements tell apart their cents, and
 * everything finer is distributed so that it adds up to them. Sealed runs alone are read, and rows of others than the viewer's are not.
 * @throws QuestionError
 */
export async function readCosts(
  clickhouse: ClickHouse,
  registry: Registry,
  viewer: Viewer,
  question: CostQuestion,
  {
    standingOf = (_last, months) => readStanding(clickhouse, months),
    statementsOf = (month, runIds) => readStatements(clickhouse, month, registry.teams, runIds),
    monthIfRead = async () => undefined,
  }: CostReaders = {},
): Promise<Costs> {
  checkQuestion(question);
  const standing = await standingOf(billingPeriodOf(addDays(question.to, -1)), monthsOf(question));
  const asked = new Set(daysBetween(question.from, question.to));
  const runs = standing.runs.filter(({ day }) => asked.has(day));
  const known = knownOf(registry, standing);
  const days = runs.map((run): CostDay => ({
    day: run.day,
    runId: run.runId,
    missing: run.missing,
    isComplete: run.elapsed && isComplete(run),
    isPosted: known.posted.has(billingPeriodOf(run.day)),
  }));
  if (runs.length === 0) return { rows: [], picos: 0n, cents: 0n, days };
  const context = { clickhouse, registry, viewer, question, known, runs, statementsOf, monthIfRead };
  if (isOfStatements(question) && hasStatementTotal(question))
    return { ...(await ofStatements(context)), days };
  return { ...(await ofLines(context)), days };
}

interface Context {
  readonly clickhouse: ClickHouse;
  readonly registry: Registry;
  readonly viewer: Viewer;
  readonly question: CostQuestion;
  readonly known: Known;
  readonly runs: readonly DayRun[];
  readonly statementsOf: StatementsReader;
  readonly monthIfRead: MonthIfRead;
}

/** What is known of teams beside their lines. */
interface Known {
  /** Months that are closed. */
  readonly posted: ReadonlySet<BillingPeriod>;
  /** Of a closed month as it was posted. */
  costCenterOf(teamId: string, month: BillingPeriod): string;
}

function knownOf(registry: Registry, { posted }: Standing): Known {
  const configured = new Map(registry.teams.map(({ id, costCenter }) => [id, costCenter]));
  return {
    posted: new Set(posted.keys()),
    costCenterOf: (teamId, month) =>
      posted.get(month)?.teams.get(teamId)?.costCenter ?? configured.get(teamId) ?? "",
  };
}

/** What a cost is of, as far as the question tells it apart. */
type Described = Payer &
  Pick<LineRow, "category" | "basis" | "pool" | "cluster" | "namespace" | "service" | "source" | "scope"> & {
    readonly month: BillingPeriod;
  };

function valueOf(cost: Described, dimension: Dimension, { registry, known }: Context): string {
  switch (dimension) {
    case "team":
      return payerOf(cost);
    case "costCenter":
      return cost.ownerKind === "team" ? known.costCenterOf(cost.teamId, cost.month) : "";
    case "compliance":
      return cost.ownerKind === "team"
        ? (registry.teams.find(({ id }) => id === cost.teamId)?.complianceLevel ?? "standard")
        : "";
    case "account":
      return cost.cluster === ""
        ? /^(s3|network|aws-bill)$/.test(cost.source)
          ? cost.scope
          : ""
        : (accountOf(registry, cost.cluster) ?? NO_ACCOUNT);
    case "region":
      return regionOfCluster(registry, cost.cluster) ?? "";
    default:
      return cost[dimension];
  }
}

function isWanted(cost: Described, context: Context): boolean {
  const { filters } = context.question;
  return (Object.keys(filters) as Dimension[]).every((dimension) =>
    (filters[dimension] ?? []).includes(valueOf(cost, dimension, context)),
  );
}

class Groups {
  readonly #rows = new Map<string, { from: Day; values: readonly string[]; picos: bigint; cents: bigint }>();

  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  add(cost: Described, from: Day, picos: bigint, cents: bigint): void {
    const { question } = this.#context;
    const values = question.groupBy.map((dimension) => valueOf(cost, dimension, this.#context));
    const key = JSON.stringify([from, ...values]);
    const row = this.#rows.get(key);
    if (row) {
      row.picos += picos;
      row.cents += cents;
      return;
    }
    if (this.#rows.size >= ROWS_MAX)
      throw new QuestionError(`the answer has more than ${ROWS_MAX} rows: group by less, or filter`);
    this.#rows.set(key, { from, values, picos, cents });
  }

  /** By time, then by their names. */
  rows(): CostRow[] {
    return [...this.#rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  }
}

async function ofStatements(context: Context): Promise<Omit<Costs, "days">> {
  const { question } = context;
  const groups = new Groups(context);
  for (const { cost, picos, cents } of await statementLines(context))
    groups.add(cost, question.step === "month" ? (`${cost.month}-01` as Day) : question.from, picos, cents);
  const rows = groups.rows();
  return { rows, picos: rows.reduce((sum, { picos }) => sum + picos, 0n), cents: sumOfCents(rows) };
}

interface StatementCost {
  readonly cost: Described;
  readonly picos: bigint;
  readonly cents: bigint;
}

/** Lines of statements that the viewer sees and the question wants. Others are read too: cents are those of the whole month. */
async function statementLines(context: Context): Promise<StatementCost[]> {
  const { viewer, question, runs, statementsOf } = context;
  const { team: wanted } = question.filters;
  const all: StatementCost[] = [];
  for (const month of monthsOf(question)) {
    const ofRuns = runs.filter(({ day }) => billingPeriodOf(day) === month).map(({ runId }) => runId);
    if (ofRuns.length === 0) continue;
    const statements = await statementsOf(month, ofRuns);
    if (!statements) continue;
    for (const statement of everyStatement(statements)) {
      if (!sees(viewer, statement) || !(wanted?.includes(payerOf(statement)) ?? true)) continue;
      for (const { picos, cents, ...line } of statement.lines) {
        const { ownerKind, teamId } = statement;
        const cost = { ...NOWHERE, ...identityOf(line), ownerKind, teamId, month };
        if (isWanted(cost, context)) all.push({ cost, picos, cents });
      }
    }
  }
  return all;
}

const NOWHERE = { cluster: "", namespace: "", service: "", source: "", scope: "" };

function identityOf({ category, basis, pool }: LineIdentity): Pick<Described, "category" | "basis" | "pool"> {
  return { category, basis, pool };
}

async function ofLines(context: Context): Promise<Omit<Costs, "days">> {
  const groups = new Groups(context);
  const add = ({ cost, from, picos }: Summed): void => {
    if (isWanted(cost, context)) groups.add(cost, from, picos, 0n);
  };
  const atHand = await linesAtHand(context);
  // Apart: to wait for each of a thousand lines that are there takes longer than to sum them.
  if (atHand) for (const line of atHand) add(summed(line, context));
  else for await (const line of linesRead(context)) add(line);
  const rows = hasStatementTotal(context.question)
    ? await footedRows(context, groups.rows())
    : roundedRows(groups.rows());
  return { rows, picos: rows.reduce((sum, row) => sum + row.picos, 0n), cents: sumOfCents(rows) };
}

interface Summed {
  readonly cost: Described;
  /** First day of the piece of time. */
  readonly from: Day;
  readonly picos: bigint;
}

async function* linesRead({ clickhouse, viewer, question, runs }: Context): AsyncGenerator<Summed> {
  const { filters, groupBy, step } = question;
  const dimensions = [...groupBy, ...(Object.keys(filters) as Dimension[])];
  const columns = [...new Set(dimensions.flatMap((dimension) => COLUMNS[dimension]))];
  const plain = Object.fromEntries(PLAIN.map((name) => [name, [...(filters[name] ?? [])]])) as Record<
    (typeof PLAIN)[number],
    string[]
  >;
  const params = {
    periods: monthsOf(question),
    runs: runs.map(({ runId }) => runId),
    ...viewerParams(viewer),
    payers: [...(filters.team ?? [])],
    ...plain,
  };
  for await (const row of stream(clickhouse, linesQuery(columns, step), params)) {
    const { starts, owner_kind: ownerKind, team_id: teamId, billing_period: month, total, ...rest } = row;
    yield {
      cost: { ...rest, ownerKind, teamId, month },
      from: (starts || question.from) as Day,
      picos: total,
    };
  }
}

function summed(line: CostLine, { question }: Context): Summed {
  const { day, ownerKind, teamId, category, basis, pool, cluster, namespace, service, picos } = line;
  const [month, source, scope] = [billingPeriodOf(day), "", ""];
  return {
    cost: { ownerKind, teamId, month, category, basis, pool, cluster, namespace, service, source, scope },
    from: startOf(question, day),
    picos,
  };
}

/** Rows that add up to their exact sum, rounded once, or to what statements say. */
function roundedRows(rows: readonly CostRow[], stated?: bigint): CostRow[] {
  const exact = rows.map(({ picos }) => picos);
  const printed = centsThatFoot(stated === undefined ? exact : spread(exact, stated), stated);
  return rows.map((row, at) => ({ ...row, cents: printed[at] ?? 0n }));
}

/**
 * Cents of hundreds of statements are off from their exact sum by more than a cent for each of a few rows: such a difference lies on rows by what they
 * cost, so that small ones keep their cents. Example: 10,000.00 and 0.004, stated as 10,000.60, are 10,000.60 and 0.00, and not 0.30 more each.
 */
function spread(exact: readonly bigint[], stated: bigint): readonly bigint[] {
  const sizes = exact.map(sizeOf);
  const off = stated * PICOS_PER_CENT - exact.reduce((sum, picos) => sum + picos, 0n);
  const isNear = sizeOf(off) <= BigInt(exact.length) * PICOS_PER_CENT;
  if (isNear || sizes.every((size) => size === 0n)) return exact;
  const shares = splitExactly(off, sizes);
  return exact.map((picos, at) => picos + (shares[at] ?? 0n));
}

function sizeOf(picos: bigint): bigint {
  return picos < 0n ? -picos : picos;
}

/**
 * Rows that add up to the statements of whole months, within each payer, category or whatever else of the grouping statements tell apart, and within
 * each month where time is told apart by months or days. So the days of a team are its statement.
 */
async function footedRows(context: Context, rows: readonly CostRow[]): Promise<CostRow[]> {
  const { question } = context;
  const within = statementGroupings(question);
  const monthOf = (from: string): string =>
    question.step === "month" || question.step === "day" ? from.slice(0, 7) : "";
  const keyOf = (row: CostRow): string =>
    JSON.stringify([
      monthOf(row.from),
      ...within.map((dimension) => row.values[question.groupBy.indexOf(dimension)]),
    ]);
  const stated = new Map<string, bigint>();
  for (const { cost, cents } of await statementLines(context)) {
    const values = within.map((dimension) => valueOf(cost, dimension, context));
    const key = JSON.stringify([monthOf(cost.month), ...values]);
    stated.set(key, (stated.get(key) ?? 0n) + cents);
  }
  const groups = new Map<string, number[]>();
  for (const [at, row] of rows.entries()) {
    const key = keyOf(row);
    const own = groups.get(key);
    if (own) own.push(at);
    else groups.set(key, [at]);
  }
  const footed = [...rows];
  for (const [key, places] of groups) {
    const own = places.flatMap((at) => rows[at] ?? []);
    // However few rows there are: a total is the same in every grouping.
    for (const [nth, row] of roundedRows(own, stated.get(key)).entries()) footed[places[nth] ?? 0] = row;
  }
  return footed;
}
