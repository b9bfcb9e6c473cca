import pc from "picocolors";
import { parsePicos } from "@apportion/domain/money";
import { budgetPercentText, ratioOf } from "@apportion/domain/percent";
import { bar } from "../commands/context.js";
import { DEFAULT_DATA_FOLDER } from "../commands/load.js";
import type { DemoResult } from "../demo/demo.js";
import { formatAmount } from "./amounts.js";
import { gateLines } from "./gates.js";
import type { MonthSummary, TeamStatement } from "./summary.js";

const BAR_WIDTH = 24;
const NAME_WIDTH = 22;
/** Of the demo's alerts. */
const THRESHOLDS_PERCENT = [80, 90, 100];

/** The demo's answer for a person: what it came to, who is over budget, and where to look next. */
export function renderSummary(result: DemoResult, columns: number): string {
  const rule = pc.dim("─".repeat(Math.min(columns, 88)));
  return [
    "",
    ...renderMonth(result, "last month"),
    ...renderBooks(result),
    rule,
    ...renderMonth(result.currentMonth, "this month so far"),
    rule,
    ...renderRest(result),
    "",
  ].join("\n");
}

function renderMonth(month: MonthSummary, title: string): string[] {
  const { currency } = month;
  const line = (label: string, amount: string, note = ""): string =>
    `  ${label.padEnd(NAME_WIDTH)} ${formatAmount(amount, currency).padStart(18)}  ${pc.dim(note)}`;
  const incomplete =
    month.incompleteDays === 0 ? "" : `, ${month.incompleteDays} of them without all readings`;
  return [
    pc.bold(`${month.month} (${title})`) +
      pc.dim(`  ${month.days} days, the last ${month.lastDay}${incomplete}`),
    line("Collected", month.charged.total),
    line(
      "Allocated",
      month.charged.total,
      month.allocated === month.collected ? "equal, to the last of 12 places" : "DIFFERS",
    ),
    line("  to teams", month.charged.teams),
    line("  idle, kept apart", month.charged.idle, "capacity of shared clusters that nobody asked for"),
    ...(month.corporate === "0"
      ? []
      : [line("  company", month.charged.corporate, "tax, support, credits and fees of the bill")]),
    line(
      "  unallocated",
      month.charged.unallocated,
      "no owner: unlabelled, untagged, or usage without a team",
    ),
    ...(month.accuracyPercent === undefined
      ? []
      : [
          `  ${"Attributed".padEnd(NAME_WIDTH)} ${`${month.accuracyPercent} %`.padStart(18)}  ${pc.dim("of the bill; the rest differs from it, has no owner or took a fallback: see `reconcile`")}`,
        ]),
    "",
    ...month.statements.toSorted(byTotal).map((statement) => renderTeam(statement, month)),
    "",
  ];
}

function renderBooks({ month, currency, journals, gates }: DemoResult): string[] {
  if (journals.length === 0)
    return [
      pc.bold(`The books: ${month} stays open`),
      ...gateLines(gates.filter(({ passed }) => !passed)),
      "",
    ];
  return [
    pc.bold(`The books: ${month} is closed`) + pc.dim(`  ${gates.length} gates passed`),
    ...journals.map(({ seq, kind, billingPeriod, charged, teams, hash }) => {
      const what =
        kind === "statement"
          ? `statements of ${teams.length} teams, idle and unallocated`
          : `correction in ${billingPeriod}: AWS restated a day after the close`;
      return `  journal ${seq.padEnd(14)} ${formatAmount(charged, currency).padStart(18)}  ${what} ${pc.dim(hash.slice(0, 12))}`;
    }),
    "",
  ];
}

/** The bar is of what counts for the budget; what is not settled stands beside it. */
function renderTeam(statement: TeamStatement, month: MonthSummary): string {
  const { team, name, settled, notSettled, charged, budget } = statement;
  const amount = formatAmount(charged, month.currency).padStart(18);
  if (budget === undefined) return `  ${name.padEnd(NAME_WIDTH)} ${amount}  ${pc.dim("no budget")}`;
  const ratio = ratioOf(parsePicos(settled), parsePicos(budget));
  const used = budgetPercentText(parsePicos(settled), parsePicos(budget), THRESHOLDS_PERCENT);
  const reached = month.alerts.filter((alert) => alert.team === team).map((alert) => `${alert.threshold} %`);
  const text = `${bar(ratio, BAR_WIDTH)} ${used.padStart(7)} of ${formatAmount(budget, month.currency)}`;
  const coloured = ratio >= 1 ? pc.red(text) : ratio >= 0.8 ? pc.yellow(text) : text;
  const open =
    notSettled === "0" ? "" : pc.dim(`  + ${formatAmount(notSettled, month.currency)} not settled`);
  return `  ${name.padEnd(NAME_WIDTH)} ${amount}  ${coloured}${reached.length === 0 ? "" : `  alerts: ${reached.join(", ")}`}${open}`;
}

function renderRest({ month, mails, quarantined, unreadable, seconds, folders }: DemoResult): string[] {
  const problems = [
    ...(quarantined === 0
      ? []
      : [pc.yellow(`${quarantined} readings in quarantine: see \`apportion quarantine list --all\``)]),
    ...(unreadable.length === 0
      ? []
      : [pc.yellow(`${unreadable.length} readings could not be made; the first: ${unreadable[0]}`)]),
  ];
  const at = folders.data === DEFAULT_DATA_FOLDER ? "" : ` --data ${folders.data}`;
  return [
    `${mails} mails in ${pc.bold(folders.mail)} (alerts, team reports, the finance summary), in ${seconds.toFixed(1)} s.`,
    ...problems,
    "",
    "Try next:",
    `  npm run apportion -- sql "SELECT * FROM budget_status WHERE billing_period = '${month}'"${at}`,
    `  npm run apportion -- explain --month ${month} --team nlp${at}   (why does a team pay this?)`,
    `  npm run apportion -- verify --month ${month}${at}   (all of it computed again)`,
    `  npm run apportion -- report --month ${month} --out reports${at}`,
    `  npm run apportion -- demo                (days go by until Ctrl+C)`,
    `  ${folders.config}   (the configuration behind this, to be read)`,
  ];
}

function byTotal(a: TeamStatement, b: TeamStatement): number {
  const difference = parsePicos(b.total) - parsePicos(a.total);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}
