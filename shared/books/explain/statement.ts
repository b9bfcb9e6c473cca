import type { ClickHouse } from "@apportion/clickhouse/client";
import { amountOfCents } from "@apportion/domain/cents";
import { formatPicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import type { MonthStatements, Statement, StatementLine } from "@apportion/domain/statement";
import { readStatements } from "../months/read-statements.js";
import { requirePayer, sees, type Viewer } from "../viewer.js";
import { type PostedCorrection, postedCorrections } from "./posted-corrections.js";

/** A line of a statement, numbered as it is printed. */
export interface NumberedLine extends Omit<StatementLine, "picos" | "cents"> {
  readonly line: number;
  /** Exact decimal, and what is charged in cents. */
  readonly amount: string;
  readonly charged: string;
}

export interface Explanation {
  readonly month: BillingPeriod;
  readonly team: string;
  readonly charged: string;
  readonly lines: readonly NumberedLine[];
  /** Of earlier months, posted into this one: beside the statement, not in it. */
  readonly corrections: readonly PostedCorrection[];
  /** About this month, posted into later ones. */
  readonly later: readonly PostedCorrection[];
}

export class ExplainError extends Error {
  readonly code = "USAGE";
}

/**
 * The lines of a team's statement, numbered, what was corrected of earlier months, and what of this one in later months: there may be one
 * without the others.
 * @param team a team's id, or idle, corporate or unallocated, which are kept apart
 * @param statementsOf where many ask, those of a month are read once for all of them
 * @throws ExplainError when the team has none, NotYoursError
 */
export async function explainStatement(
  clickhouse: ClickHouse,
  viewer: Viewer,
  month: BillingPeriod,
  team: string,
  statementsOf = (period: BillingPeriod): Promise<MonthStatements | undefined> =>
    readStatements(clickhouse, period),
): Promise<Explanation> {
  requirePayer(viewer, team);
  const posted = await postedCorrections(clickhouse, month, team);
  const statements = await statementsOf(month);
  const statement = statementOf(statements, viewer, month, team, posted.length > 0);
  return {
    month,
    team,
    charged: amountOfCents(statement.cents),
    lines: statement.lines.map(numbered),
    corrections: posted.filter(({ billingPeriod }) => billingPeriod === month),
    later: posted.filter(({ billingPeriod }) => billingPeriod !== month),
  };
}

/** @param index of the line in its statement */
export function numbered({ picos, cents, ...line }: StatementLine, index: number): NumberedLine {
  return { ...line, line: index + 1, amount: formatPicos(picos), charged: amountOfCents(cents) };
}

/**
 * @param mayBeEmpty whether a payer without a statement has an empty one
 * @throws ExplainError when there is no such statement
 */
export function statementOf(
  statements: MonthStatements | undefined,
  viewer: Viewer,
  month: BillingPeriod,
  team: string,
  mayBeEmpty = false,
): Pick<Statement, "lines" | "cents"> {
  if (!statements && !mayBeEmpty)
    throw new ExplainError(`Nothing of ${month} is allocated yet; collect and allocate it first`);
  const all = new Map<string, Statement>();
  if (statements) {
    for (const each of statements.teams) all.set(each.teamId, each);
    for (const each of [statements.idle, statements.corporate, statements.unallocated])
      all.set(each.ownerKind, each);
  }
  const statement = all.get(team) ?? (mayBeEmpty ? { lines: [], cents: 0n } : undefined);
  if (!statement) {
    const seen = [...all].filter(([, each]) => sees(viewer, each)).map(([payer]) => payer);
    throw new ExplainError(
      `--team: "${team}" has no statement of ${month}; there are ${seen.join(", ") || "none that you see"}`,
    );
  }
  return statement;
}
