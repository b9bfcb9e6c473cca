import type { Correction } from "@apportion/books/months/read-corrections";
import { decimalOfCents, sumOfCents } from "@apportion/domain/cents";
import { formatPicos } from "@apportion/domain/money";
import type { Statement } from "@apportion/domain/statement";
import { csv } from "@apportion/runtime/csv";
import { centsText } from "../format.js";
import type { FinanceSummary, ReportHead, TeamReport } from "./compose.js";
import { correctionReason } from "./corrections.js";

/** Columns of both files. `amount` is what is charged and adds up to the statement; `exact_amount` is before rounding. */
const COLUMNS = [
  "billing_period",
  "status",
  "as_of",
  "owner_kind",
  "team_id",
  "team_name",
  "cost_center",
  "category",
  "basis",
  "pool",
  "method",
  "reason",
  "amount",
  "exact_amount",
  "currency",
] as const;

export interface FileOf {
  readonly filename: string;
  readonly content: string;
}

/** What is in a file, and why its two amounts of a line are not always the same cents. */
export function fileSentence(
  { filename }: FileOf,
  cents: bigint,
  { corrections, currency }: Pick<TeamReport, "corrections" | "currency">,
): string {
  const amount = centsText(cents + sumOfCents(corrections), currency);
  return `The attached ${filename} has every line; its amounts add up to ${amount}. An amount may differ from its exact_amount by a cent, because all statements add up to the month's rounded total.`;
}

export function teamFile(report: TeamReport): FileOf {
  const { team, statement, period } = report;
  return {
    filename: `${team.id}-${period}.csv`,
    content: csv(COLUMNS, [
      ...rowsOf(report, statement, team),
      ...correctionRowsOf(report, report.corrections),
    ]),
  };
}

/** The same lines of several teams. */
export function digestFile(
  { period }: Pick<ReportHead, "period">,
  reports: readonly TeamReport[],
): FileOf {
  const rows = reports.flatMap((report) => [
    ...rowsOf(report, report.statement, report.team),
    ...correctionRowsOf(report, report.corrections),
  ]);
  return { filename: `your-teams-${period}.csv`, content: csv(COLUMNS, rows) };
}

export function financeFile(summary: FinanceSummary): FileOf {
  const { idle, corporate, unallocated } = summary.statements;
  const nobody = { id: "", name: "", costCenter: "" };
  const rows = [
    ...summary.teams.flatMap(({ team, statement }) => rowsOf(summary, statement, team)),
    ...[idle, corporate, unallocated].flatMap((statement) => rowsOf(summary, statement, nobody)),
    ...correctionRowsOf(summary, summary.corrections),
  ];
  return { filename: `finance-summary-${summary.period}.csv`, content: csv(COLUMNS, rows) };
}

function correctionRowsOf(
  { period, status, asOf, currency, registry }: ReportHead,
  corrections: readonly Correction[],
): string[][] {
  return corrections.map((correction) => {
    const { kind, ownerKind, teamId, costCenter, category, pool, cents } = correction;
    const team = registry.teams.find(({ id }) => id === teamId);
    const amount = decimalOfCents(cents);
    const who = [ownerKind, teamId, team?.name ?? teamId, costCenter];
    const what = [category, kind, pool, "", correctionReason(correction)];
    return [period, status.kind, asOf, ...who, ...what, amount, amount, currency];
  });
}

function rowsOf(
  { period, status, asOf, currency }: ReportHead,
  statement: Statement,
  team: { readonly id: string; readonly name: string; readonly costCenter: string },
): string[][] {
  return statement.lines.map(({ category, basis, pool, method, reason, cents, picos }) => [
    period,
    status.kind,
    asOf,
    statement.ownerKind,
    team.id,
    team.name,
    team.costCenter,
    category,
    basis,
    pool,
    method,
    reason,
    decimalOfCents(cents),
    formatPicos(picos),
    currency,
  ]);
}
