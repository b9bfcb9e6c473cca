import pc from "picocolors";
import {
  explainLine,
  explainStatement,
  type Explanation,
  type LineExplanation,
  type NumberedLine,
} from "@apportion/allocator/explain/explain";
import type { Method, PolicyOfDay } from "@apportion/allocator/allocation/policy";
import { DEFAULT_POLICY } from "@apportion/allocator/allocation/policy";
import { parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { lineName, reasonText } from "@apportion/notifier/mail/wording";
import type { Registry } from "@apportion/domain/tenancy";
import { formatAmount } from "../summary/amounts.js";
import { parseFlag, print, printJson, UsageError, type CommandContext } from "./context.js";
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
  await withPlatform(context, options, async ({ clickhouse, registry, currency }) => {
    const client = await clickhouse();
    const naming = { registry, currency };
    if (line === undefined) {
      const statement = await explainStatement(client, month, options.team);
      if (options.json) return printJson(context, { ...statement, currency });
      for (const text of statementLines(statement, naming)) print(context, text);
      return;
    }
    const explanation = await explainLine(client, month, options.team, line, day);
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

function statementLines(
  { month, team, charged, lines }: Explanation,
  { registry, currency }: Naming,
): string[] {
  return [
    pc.bold(`${month}, ${team}: ${formatAmount(charged, currency)}`),
    ...lines.map((line) => {
      const how = [line.method && `by ${line.method}`, line.reason && reasonText(line.reason)]
        .filter(Boolean)
        .join(", ");
      return `  ${String(line.line).padStart(3)}  ${lineName(line, registry).padEnd(44)}${formatAmount(line.charged, currency).padStart(18)}  ${pc.dim(how)}`;
    }),
    pc.dim("explain … --line N goes from a line down to its facts."),
  ];
}

function explanationLines(
  { line, days, policy, day, facts, factCount, snapshots }: LineExplanation,
  team: string,
  { registry, currency }: Naming,
): string[] {
  const amount = (text: string): string => formatAmount(text, currency);
  const chosen = days.find((each) => each.day === day);
  return [
    pc.bold(`${lineName(line, registry)} of ${team}: ${amount(line.charged)}`) +
      pc.dim(`  exactly ${line.amount}`),
    ...(policy
      ? policyLines(policy)
      : ["  Direct: what the team's own namespaces, labels and tags cost. No policy is involved."]),
    ...(line.reason === "" ? [] : [`  Fallback, because ${reasonText(line.reason)}.`]),
    "",
    `  ${"day".padEnd(12)}${"charged".padStart(16)}${policy ? `${"of the pool".padStart(18)}   share` : ""}`,
    ...days.map(
      (each) =>
        `  ${each.day.padEnd(12)}${amount(each.amount).padStart(16)}${policy ? `${amount(each.poolCost).padStart(18)}   ${shareText(line, each, amount)}` : ""}`,
    ),
    "",
    `  What lies behind ${day}${chosen && policy && line.method !== "limit" ? `, all ${amount(chosen.poolCost)} of the pool` : ""}: ${factCount} facts${factCount > facts.length ? `, the ${facts.length} costliest` : ""}`,
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
  { driverQuantity, driverTotal, meter, betweenServices }: LineExplanation["days"][number],
  amount: (text: string) => string,
): string {
  if (method === "limit")
    return `${LIMIT_TEXTS[meter] ?? meter}: the month's days came to ${amount(driverQuantity)}`;
  if (driverTotal === "0") return meter;
  const what = betweenServices === "" ? meter : `end to end, ${betweenServices} method`;
  return `${driverQuantity} of ${driverTotal}${what && ` (${what})`}`;
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
      return `by use, ${method.meters.map(({ meter, percent }) => (method.meters.length === 1 ? meter : `${percent} % by ${meter}`)).join(", ")}`;
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
