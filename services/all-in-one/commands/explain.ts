import pc from "picocolors";
import { DEFAULT_POLICY, type Method, type PolicyOfDay } from "@apportion/allocation/policy";
import { explainLine } from "@apportion/books/explain/explain";
import type { LineExplanation } from "@apportion/books/explain/explanation";
import { readMonthToExplain } from "@apportion/books/explain/month-to-explain";
import type { PostedCorrection } from "@apportion/books/explain/posted-corrections";
import { explainStatement, type Explanation, type NumberedLine } from "@apportion/books/explain/statement";
import { asFinance } from "@apportion/books/viewer";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { percentText } from "@apportion/domain/percent";
import { parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { reasonText } from "@apportion/domain/reason";
import type { Registry } from "@apportion/domain/tenancy";
import { lineName } from "@apportion/domain/wording";
import { formatAmount } from "@apportion/reports/format";
import { type CommandContext, parseFlag, print, printJson, UsageError } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";

export interface ExplainOptions extends CommonOptions {
  readonly month: string;
  readonly team: string;
  readonly line?: string;
  readonly day?: string;
}

/** A team's statement with numbered lines, or one line down to policy, driver, facts, snapshots and places in the event log. */
export async function explain(context: CommandContext, options: ExplainOptions): Promise<void> {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  const line = options.line === undefined ? undefined : parseFlag("--line", options.line, parseLine);
  const day = options.day === undefined ? undefined : parseFlag("--day", options.day, parseDay);
  if (day !== undefined && line === undefined) throw new UsageError("--day needs --line");
  await withPlatform(context, options, async ({ clickhouse, registry, currency }, { protectedNames }) => {
    const client = await clickhouse();
    const naming = { registry, currency };
    const viewer = asFinance(protectedNames.shownTo);
    if (line === undefined) {
      const statement = await explainStatement(client, viewer, month, options.team);
      if (options.json) return printJson(context, { ...statement, currency });
      for (const text of statementLines(statement, naming)) print(context, text);
      return;
    }
    const explanation = await explainLine(
      viewer,
      await readMonthToExplain(client, month),
      options.team,
      line,
      day,
    );
    if (options.json) return printJson(context, { month, team: options.team, ...explanation, currency });
    for (const text of explanationLines(explanation, options.team, naming)) print(context, text);
  });
}

interface Naming {
  readonly registry: Registry;
  readonly currency: string;
}

function parseLine(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`"${text}" is not the number of a line`);
  return Number(text);
}

export function statementLines(
  { month, team, charged, lines, corrections, later }: Explanation,
  naming: Naming,
): string[] {
  const { registry, currency } = naming;
  const ofMonth = [...corrections.filter(({ correctsPeriod }) => correctsPeriod === month), ...later];
  return [
    pc.bold(`${month}, ${team}: ${formatAmount(charged, currency)}`),
    ...lines.map((line) => {
      const how = [line.method && howText(line.method), line.reason && reasonText(line.reason)]
        .filter(Boolean)
        .join(", ");
      return `  ${String(line.line).padStart(3)}  ${lineName(line, registry).padEnd(44)}${formatAmount(line.charged, currency).padStart(18)}  ${pc.dim(how)}`;
    }),
    ...corrections.flatMap((each) => correctionLines(each, each.correctsPeriod, naming)),
    ...(lines.length === 0 ? [] : [pc.dim("explain … --line N goes from a line down to its facts.")]),
    ...(corrections.length === 0
      ? []
      : [
          pc.bold(
            `Charged in ${month}, with corrections and adjustments: ${formatAmount(chargedInAll(charged, corrections), currency)}`,
          ),
        ]),
    ...(corrections.some(({ correctsPeriod }) => correctsPeriod !== month)
      ? [pc.dim("What was posted beside the statement is about the month that it names: explain that one.")]
      : []),
    ...(later.length === 0
      ? []
      : [
          pc.bold(`Posted about ${month} since:`),
          ...later.flatMap((each) => correctionLines(each, `charged in ${each.billingPeriod}`, naming)),
          pc.bold(
            `${month}, with all that was posted about it: ${formatAmount(chargedInAll(charged, ofMonth), currency)}`,
          ),
        ]),
  ];
}

function correctionLines(
  { seq, kind, reason, postedAt, days, ...line }: PostedCorrection,
  month: string,
  { registry, currency }: Naming,
): string[] {
  return [
    `    +  ${`${lineName(line, registry)}, ${month}`.padEnd(44)}${formatAmount(line.charged, currency).padStart(18)}  ${pc.dim(`${kind}, journal ${seq} of ${postedAt.slice(0, 10)}${kind === "correction" ? "" : `: ${reason}`}`)}`,
    ...changedDaysLines(days, currency),
  ];
}

/** A month that is decided again changes on all of its days: of more than so many each is for programs. */
const CHANGED_DAYS_MAX = 5;

function changedDaysLines(days: PostedCorrection["days"], currency: string): string[] {
  if (days.length > CHANGED_DAYS_MAX) {
    const sum = (amounts: readonly string[]): string =>
      formatPicos(amounts.reduce((total, amount) => total + parsePicos(amount), 0n));
    const [before, now] = [sum(days.map((each) => each.before)), sum(days.map((each) => each.now))];
    return [
      `         ${pc.dim(`${days.length} days, ${days[0]?.day} to ${days.at(-1)?.day}: ${before} → ${now}, exactly; --json has each`)}`,
    ];
  }
  return days.map(
    ({ day, before, now, difference, runBefore, runNow }) =>
      `         ${day.padEnd(42)}${formatAmount(difference, currency).padStart(18)}  ${pc.dim(`${before} by run ${runBefore.slice(0, 8)} → ${now} by ${runNow.slice(0, 8)}, exactly`)}`,
  );
}

function chargedInAll(charged: string, corrections: Explanation["corrections"]): string {
  return formatPicos(corrections.reduce((sum, line) => sum + parsePicos(line.charged), parsePicos(charged)));
}

export function explanationLines(
  { line, days, policy, day, facts, factCount, snapshots }: LineExplanation,
  team: string,
  { registry, currency }: Naming,
): string[] {
  const amount = (text: string): string => formatAmount(text, currency);
  const chosen = days.find((each) => each.day === day);
  return [
    pc.bold(`${lineName(line, registry)} of ${team}: ${amount(line.charged)}`) +
      pc.dim(`  exactly ${line.amount}`),
    ...(policy ? policyLines(policy) : [`  ${directText(line)}`]),
    ...(line.reason === "" ? [] : [`  Fallback, because ${reasonText(line.reason)}.`]),
    "",
    `  ${"day".padEnd(12)}${"cost".padStart(16)}${policy ? `${"of the pool".padStart(18)}   share` : ""}`,
    ...days.map(
      (each) =>
        `  ${each.day.padEnd(12)}${amount(each.amount).padStart(16)}${policy ? `${amount(each.poolCost).padStart(18)}   ${shareText(line, each, amount)}` : ""}`,
    ),
    "",
    `  What lies behind ${day}${chosen && policy && line.method !== "limit" ? `, all ${amount(chosen.poolCost)} of the pool` : ""}: ${factCount === 1 ? "1 fact" : `${factCount} facts`}${factCount > facts.length ? `, the ${facts.length} costliest` : ""}`,
    ...facts.map((fact) => {
      const { cluster, namespace, controller, node, label, service, usageType } = fact;
      const place = [cluster, namespace, controller, node, label, service, usageType]
        .filter(Boolean)
        .join(" / ");
      return `    ${amount(fact.amount).padStart(14)}  ${fact.kind} ${place || fact.scope} ${pc.dim(fact.snapshotId.slice(0, 8))}`;
    }),
    "",
    "  Where it was read, and where that lies in the event log:",
    ...snapshots.map(
      ({ snapshotId, reading, readAt, log }) =>
        `    ${snapshotId.slice(0, 8)}  ${reading}, read ${readAt.slice(0, 16)} UTC ${pc.dim(log)}`,
    ),
  ];
}

function shareText(
  { method }: NumberedLine,
  { driverQuantity, driverTotal, meter, usageWindow, betweenServices }: LineExplanation["days"][number],
  amount: (text: string) => string,
): string {
  if (method === "limit")
    return `${LIMIT_TEXTS[meter] ?? meter}: the month's days came to ${amount(driverQuantity)}`;
  if (driverTotal === "0") return meter;
  const measured = meter === "" ? UNITS[method] || method : `${meter}${WINDOW_TEXTS[usageWindow] ?? ""}`;
  const what = betweenServices === "" ? measured : `end to end, ${betweenServices} method`;
  return `${percentText(parsePicos(driverQuantity), parsePicos(driverTotal))}: ${rounded(driverQuantity)} of ${rounded(driverTotal)} ${what}`;
}

/** Whose use was counted. */
const WINDOW_TEXTS: Readonly<Record<string, string>> = {
  "billing-month": " of the month",
  day: " of the day",
};

/** What is weighed where no meter says it. */
const UNITS: Readonly<Record<string, string>> = {
  proportional: "of direct cost",
  even: "for each team alike",
  fixed: "percent",
};

function howText(method: string): string {
  return method === "limit" ? "by caps and minimum charges" : `by ${method}`;
}

/** Why a line without a policy is on the statement. */
function directText({ category, basis }: NumberedLine): string {
  if (category === "rate-variance")
    return "Kubernetes, bill less list prices: what the bill says of Kubernetes beyond Kubecost's prices, or below them, in proportion to what was used at these prices.";
  if (basis === "idle")
    return "Idle: what was paid for and not asked for, on clusters and nodes that are the payer's alone, or that is kept apart.";
  if (basis === "corporate")
    return "The company's: tax, support, credits, fees and unused commitments of the bill, kept apart.";
  return "Direct: what the payer's own namespaces, labels and tags cost. No policy is involved.";
}

/** Three places are enough to look at; --json has them all. */
function rounded(decimal: string): string {
  return Number(decimal).toLocaleString("en", { maximumFractionDigits: 3 });
}

const LIMIT_TEXTS: Readonly<Record<string, string>> = {
  cap: "held at the team's cap",
  minimum: "brought to the team's minimum charge",
  "limits-of-others": "what the caps and minimums of other teams leave to this one",
};

function limitTexts(name: string, limits: Readonly<Record<string, string>>): string[] {
  const texts = Object.entries(limits).map(([team, amount]) => `${team} ${amount}`);
  return texts.length === 0 ? [] : [`  ${name}: ${texts.join(", ")}.`];
}

function policyLines({ version, methods, exempt, caps, minimums }: PolicyOfDay): string[] {
  const name = version === DEFAULT_POLICY ? "The default policy" : `Policy ${version}`;
  return [
    `  ${name}: ${methods.map(methodText).join("; else ")}.`,
    ...(exempt.length === 0 ? [] : [`  Exempt: ${exempt.join(", ")}.`]),
    ...limitTexts("At most, of a month", caps),
    ...limitTexts("At least, of a month", minimums),
  ];
}

function methodText(method: Method): string {
  switch (method.kind) {
    case "usage":
      return `by use of ${method.window === "day" ? "each day" : "the month"}, ${method.meters.map(({ meter, percent }) => (method.meters.length === 1 ? meter : `${percent} % by ${meter}`)).join(", ")}`;
    case "proportional":
      return `in proportion to ${method.to} cost`;
    case "even":
      return "evenly";
    case "fixed":
      return `fixed: ${[...Object.entries(method.teams), ...Object.entries(method.services)].map(([id, percent]) => `${id} ${percent} %`).join(", ")}`;
    case "keep":
      return "kept apart";
  }
}
