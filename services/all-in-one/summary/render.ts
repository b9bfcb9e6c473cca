import pc from "picocolors";
import type { MonthSummary, TeamStatement } from "@apportion/books/months/summary";
import { parsePicos } from "@apportion/domain/money";
import { budgetPercentText, percentText, ratioOf } from "@apportion/domain/percent";
import { formatAmount } from "@apportion/reports/format";
import { bar, DEFAULT_DATA_FOLDER } from "../commands/context.js";
import type { DemoResult, WaitingReading } from "../demo/result.js";
import { gateLines } from "./gates.js";

const BAR_WIDTH = 12;
const NAME_WIDTH = 22;
const AMOUNT_WIDTH = 13;
const CHANGE_WIDTH = 9;
/** Of the demo's alerts. */
const THRESHOLDS_PERCENT = [80, 90, 100];

/** The demo's answer for a person: two months side by side, what was posted, and how the open one is closed. */
export function renderSummary(result: DemoResult, columns: number): string {
  const rule = pc.dim("─".repeat(Math.min(columns, 88)));
  return [
    "",
    ...renderMonths(result),
    ...renderChanges(result),
    ...renderBooks(result),
    rule,
    ...renderCurrent(result.currentMonth),
    ...renderExpected(result),
    ...renderRecommendations(result),
    rule,
    ...renderRest(result),
    "",
  ].join("\n");
}

function renderMonths(result: DemoResult): string[] {
  const { monthBefore: before, currency } = result;
  const columns = `${result.month.padStart(AMOUNT_WIDTH)}${before.month.padStart(AMOUNT_WIDTH)}${"change".padStart(CHANGE_WIDTH)}`;
  const line = (label: string, of: (month: MonthSummary) => string, note = ""): string =>
    `  ${label.padEnd(NAME_WIDTH)}${compared(of(result), of(before), currency)}  ${pc.dim(note)}`.trimEnd();
  const isExact = [result, before].every(({ allocated, collected }) => allocated === collected);
  return [
    pc.bold(`  ${currency.padEnd(NAME_WIDTH)}${columns}`) + pc.dim(`  ${daysText(result)}`),
    line("Collected", ({ charged }) => charged.total),
    line(
      "Allocated",
      ({ charged }) => charged.total,
      isExact ? "equal, to the last of 12 places" : "DIFFERS",
    ),
    line("  to teams", ({ charged }) => charged.teams),
    line(
      "  idle, kept apart",
      ({ charged }) => charged.idle,
      "capacity of shared clusters that nobody asked for",
    ),
    ...(result.corporate === "0" && before.corporate === "0"
      ? []
      : [
          line("  company", ({ charged }) => charged.corporate, "tax, support, credits and fees of the bill"),
        ]),
    line(
      "  unallocated",
      ({ charged }) => charged.unallocated,
      "no owner: unlabelled, untagged, or usage without a team",
    ),
    ...accuracyLines(result),
    "",
    ...result.statements.toSorted(byTotal).map((statement) => renderTeam(statement, result)),
    "",
  ];
}

/** Two amounts, and by how much of the second the first is more or less. */
function compared(now: string, before: string, currency: string): string {
  const [a, b] = [parsePicos(now), parsePicos(before)];
  const change = b === 0n ? "–" : `${a > b ? "+" : ""}${percentText(a - b, b)}`;
  const amount = (text: string): string =>
    formatAmount(text, currency).replace(` ${currency}`, "").padStart(AMOUNT_WIDTH);
  return `${amount(now)}${amount(before)}${change.padStart(CHANGE_WIDTH)}`;
}

function daysText({ days, incompleteDays }: MonthSummary): string {
  return `${days} days${incompleteDays === 0 ? "" : `, ${incompleteDays} of them without all readings`}`;
}

function accuracyLines({ accuracyPercent, monthBefore }: DemoResult): string[] {
  if (accuracyPercent === undefined) return [];
  const percent = (text = "–"): string => `${text} %`.padStart(AMOUNT_WIDTH);
  return [
    `  ${"Attributed".padEnd(NAME_WIDTH)}${percent(accuracyPercent)}${percent(monthBefore.accuracyPercent)}${" ".repeat(CHANGE_WIDTH)}  ${pc.dim("of the bill; `reconcile` names the rest")}`,
  ];
}

function renderBooks({ journals, gates, currency, monthBefore }: DemoResult): string[] {
  const { month } = monthBefore;
  if (journals.length === 0)
    return [
      pc.bold(`The books: ${month} stays open`),
      ...gateLines(gates.filter(({ passed }) => !passed)),
      "",
    ];
  return [
    pc.bold(`The books: ${month} is closed`) + pc.dim(`  ${gates.length} gates passed`),
    ...journals.map(({ seq, kind, billingPeriod, correctsPeriod, charged, teams, hash }) => {
      const what =
        kind === "statement"
          ? `statements of ${billingPeriod}: ${teams.length} teams, idle and unallocated`
          : `${kind} of ${correctsPeriod} in ${billingPeriod}${kind === "correction" ? ": AWS restated a day after the close" : ""}`;
      return `  journal ${seq.padEnd(6)} ${formatAmount(charged, currency).padStart(18)}  ${what} ${pc.dim(hash.slice(0, 12))}`;
    }),
    "",
  ];
}

/** The bar is of what counts for the budget; what is not settled stands beside it. */
function renderTeam(statement: TeamStatement, { monthBefore, ...month }: DemoResult): string {
  const { team, name, settled, notSettled, charged, budget } = statement;
  const before = monthBefore.statements.find((each) => each.team === team)?.charged ?? "0";
  const amounts = `  ${name.padEnd(NAME_WIDTH)}${compared(charged, before, month.currency)}`;
  if (budget === undefined) return `${amounts}  ${pc.dim("no budget")}`;
  const ratio = ratioOf(parsePicos(settled), parsePicos(budget));
  const used = budgetPercentText(parsePicos(settled), parsePicos(budget), THRESHOLDS_PERCENT);
  const reached = month.alerts.filter((alert) => alert.team === team).map((alert) => `${alert.threshold} %`);
  const text = `${bar(ratio, BAR_WIDTH)} ${used.padStart(7)} of ${formatAmount(budget, month.currency)}`;
  const coloured = ratio >= 1 ? pc.red(text) : ratio >= 0.8 ? pc.yellow(text) : text;
  const open =
    notSettled === "0" ? "" : pc.dim(`  + ${formatAmount(notSettled, month.currency)} not settled`);
  return `${amounts}  ${coloured}${reached.length === 0 ? "" : `  alerts: ${reached.join(", ")}`}${open}`;
}

function renderCurrent(month: MonthSummary): string[] {
  const unsettled = month.statements.reduce((sum, { notSettled }) => sum + parsePicos(notSettled), 0n);
  const note = unsettled === 0n ? "" : "; what AWS has not invoiced is not settled and counts for no budget";
  return [
    `${pc.bold(`${month.month} so far`)}: ${formatAmount(month.charged.total, month.currency)} in ${daysText(month)}${pc.dim(note)}`,
  ];
}

function renderChanges({ changed, monthBefore }: DemoResult): string[] {
  if (changed.length === 0) return [];
  return [
    `${pc.bold(`What changed most since ${monthBefore.month}`)}${pc.dim("; `compare` splits all of it")}`,
    ...changed.map(({ what, change }) => `  ${what}: ${change}`),
    "",
  ];
}

function renderExpected({ expected, currentMonth }: DemoResult): string[] {
  if (expected.length === 0) return [];
  return [
    `${pc.bold(`Expected to pass their budgets of ${currentMonth.month}`)}${pc.dim("; `forecast` has all teams")}`,
    ...expected.map((text) => pc.yellow(`  ${text}`)),
  ];
}

function renderRecommendations({ recommendations }: DemoResult): string[] {
  if (recommendations.length === 0) return [];
  return [
    `${pc.bold("What would save most, of a month")}${pc.dim("; `recommendations list` has all of it")}`,
    ...recommendations.map(({ id, title, saving }) => `  ${title}: ${saving} ${pc.dim(id)}`),
  ];
}

function renderRest(result: DemoResult): string[] {
  const { mails, unreadable, seconds, folders, today } = result;
  const problems =
    unreadable.length === 0
      ? []
      : [pc.yellow(`${unreadable.length} readings could not be made; the first: ${unreadable[0]}`)];
  const at = folders.data === DEFAULT_DATA_FOLDER ? "" : ` --data ${folders.data}`;
  return [
    `${mails} mails in ${pc.bold(folders.mail)} (alerts, team reports, the finance summary), in ${seconds.toFixed(1)} s.`,
    ...problems,
    `The demo's clock stands at ${today} and goes on from there.`,
    "",
    ...renderSteps(result, at),
    pc.bold("And then:"),
    `  npx apportion explain --month ${result.month} --team nlp${at}   (why does a team pay this?)`,
    `  npx apportion forecast --month ${result.currentMonth.month}${at}   (how does the running month end?)`,
    `  npx apportion compare --months ${result.monthBefore.month} ${result.month} --team nlp${at}   (what changed, to the cent?)`,
    `  npx apportion allocate --compare-methods --month ${result.month}${at}   (services that serve each other)`,
    `  npx apportion recommendations list${at}`,
    `  npx apportion sql "SELECT * FROM budget_status WHERE billing_period = '${result.month}'"${at}`,
    `  npx apportion demo${at}   (pages to look at, until Ctrl+C)`,
    `  ${folders.config}   (the configuration behind this, to be read)`,
  ];
}

/** What it takes to close the month that the demo left open. */
function renderSteps({ month, journals, quarantined }: DemoResult, at: string): string[] {
  if (journals.some(({ kind, billingPeriod }) => kind === "statement" && billingPeriod === month)) return [];
  const signed = '--prepared-by "an analyst" --approved-by "a controller"';
  return [
    pc.bold(`${month} is complete and open. Close it:`),
    `  npx apportion completeness --month ${month}${at}`,
    `  npx apportion reconcile --month ${month}${at}`,
    `  npx apportion close --check --month ${month}${at}`,
    ...quarantined.flatMap((reading) => [
      pc.yellow(`  ${waitingText(reading)}: two people decide`),
      `  npx apportion quarantine show ${reading.id}${at}`,
      `  npx apportion quarantine drop ${reading.id} ${signed} --reason "not on the bill"${at}`,
    ]),
    `  npx apportion close --month ${month} ${signed}${at}`,
    `  npx apportion verify --month ${month}${at}`,
    `  npx apportion report --month ${month} --out reports${at}`,
    "",
  ];
}

function waitingText({ source, scope, day, amount, visibleAmount }: WaitingReading): string {
  return `${source} ${scope} says ${formatAmount(amount, "").trim()} for ${day} after ${formatAmount(visibleAmount, "").trim()}`;
}

function byTotal(a: TeamStatement, b: TeamStatement): number {
  const difference = parsePicos(b.total) - parsePicos(a.total);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}
