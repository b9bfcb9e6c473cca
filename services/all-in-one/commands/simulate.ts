import { readFileSync } from "node:fs";
import pc from "picocolors";
import { requireAllocated } from "@apportion/books/months/allocated";
import {
  compareMethods,
  type MethodComparison,
  type MovedPool,
  movedPools,
  simulate,
  type Simulation,
  type TeamDifference,
} from "@apportion/books/simulate/simulate";
import type { ReplacedPolicy } from "@apportion/books/simulate/merged-policies";
import { decimalOfCents } from "@apportion/domain/cents";
import { firstDayOf, nextBillingPeriod, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { lineName } from "@apportion/domain/wording";
import { policiesOf } from "@apportion/registry/allocation";
import { parsePolicies } from "@apportion/registry/policy-file";
import { formatAmount } from "@apportion/reports/format";
import { methodsText } from "@apportion/reports/policies/words";
import { type ApportionConfig, knownNames } from "../config.js";
import { bar, type CommandContext, counted, parseFlag, print, printJson, UsageError } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";

/** @throws UsageError when the file cannot be read, ConfigError with every mistake in it */
export function readPolicies(
  context: CommandContext,
  file: string,
  config: ApportionConfig,
): ReturnType<typeof parsePolicies> {
  return parsePolicies({ file, text: policyText(file), env: context.env }, knownNames(config));
}

function policyText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(
      `--policy: the policy file ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

/** What each team would have paid in a month under other policies, beside those in force. Writes nothing. */
export async function simulateCommand(
  context: CommandContext,
  options: CommonOptions & { readonly month: string; readonly policy: string; readonly from?: string },
): Promise<void> {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  const from = options.from === undefined ? undefined : parseFlag("--from", options.from, parseDay);
  if (from !== undefined && from >= firstDayOf(nextBillingPeriod(month)))
    throw new UsageError(
      `--from: ${from} is after ${month}, so nothing of that month would be other than it is`,
    );
  await withPlatform(context, options, async ({ clickhouse, currency }, config) => {
    const policies = policiesOf(readPolicies(context, options.policy, config));
    const client = await clickhouse();
    await requireAllocated(client, month);
    const result = await simulate(client, month, { policies, from });
    if (options.json) return printJson(context, asJson(result, currency));
    for (const text of render(result, options.policy, currency)) print(context, text);
  });
}

function asJson(
  { month, days, from, replaced, teams, idle, corporate, unallocated, total, moved }: Simulation,
  currency: string,
): object {
  const text = ({ now, simulated }: Omit<TeamDifference, "team">): object => ({
    now: decimalOfCents(now),
    simulated: decimalOfCents(simulated),
    difference: decimalOfCents(simulated - now),
  });
  return {
    month,
    currency,
    days,
    ...(from && { from }),
    replaced: replaced.map(({ before, after, ...rest }) => ({
      ...rest,
      before: before.map(methodsText),
      after: after.map(methodsText),
    })),
    teams: teams.map(({ team, ...pair }) => ({ team, ...text(pair) })),
    idle: text(idle),
    corporate: text(corporate),
    unallocated: text(unallocated),
    total: text(total),
    moved: movedPools(moved).map(({ more, less, ...each }) => ({
      ...each,
      more: decimalOfCents(more),
      less: decimalOfCents(less),
    })),
  };
}

export function render(result: Simulation, file: string, currency: string): string[] {
  const winners = result.teams.filter(({ now, simulated }) => simulated < now).length;
  const losers = result.teams.filter(({ now, simulated }) => simulated > now).length;
  const largest = result.teams[0];
  const most = largest ? Math.abs(Number(largest.simulated - largest.now)) : 0;
  return [
    pc.bold(
      `${result.month} under ${file}: ${counted(winners, "team")} ${winners === 1 ? "pays" : "pay"} less, ${losers} more; nothing was written`,
    ),
    ...result.replaced.map(replacedLine),
    pc.dim(
      `Policies that the file does not name stay as they are${result.from ? `; all of them do before ${result.from}` : ""}.`,
    ),
    ...result.teams.map(({ team, ...pair }) => rowOf(team, pair, currency, most)),
    ...(["idle", "corporate", "unallocated", "total"] as const).map((name) =>
      rowOf(pc.dim(name), result[name], currency, most),
    ),
    ...movedPools(result.moved).map((pool) => movedLine(pool, currency)),
  ];
}

/** `of mlflow: some pay 412.00 USD more, others 412.00 USD less`; also of what follows from what else is paid. */
function movedLine({ category, pool, more, less }: MovedPool, currency: string): string {
  const amount = (cents: bigint): string => formatAmount(decimalOfCents(cents), currency);
  const name = lineName({ category, pool }, { sharedServices: [] });
  return pc.dim(`  of ${name}: some pay ${amount(more)} more, others ${amount(less)} less`);
}

/** `mlflow: by mlflow.runs → evenly`, `mlflow: by mlflow.runs; the file's holds only from 2027-01-01` */
function replacedLine({ of, before, after, from }: ReplacedPolicy): string {
  const text = (versions: ReplacedPolicy["before"]): string =>
    versions.length === 0 ? "the default" : versions.map(methodsText).join("; then ");
  const what = of === "betweenServices" ? "between services" : of;
  return `  ${what}: ${text(before)}${from ? `; the file's holds only from ${from}` : ` → ${text(after)}`}`;
}

const NAME_WIDTH = 24;
const BAR_WIDTH = 16;

function rowOf(
  name: string,
  { now, simulated }: Omit<TeamDifference, "team">,
  currency: string,
  most: number,
): string {
  const amount = (cents: bigint): string => formatAmount(decimalOfCents(cents), currency).padStart(18);
  const change = simulated - now;
  const drawn =
    most === 0 || change === 0n ? "" : bar(Math.abs(Number(change)) / most, BAR_WIDTH).replaceAll("░", "");
  const sign = change > 0n ? "+" : "";
  return `  ${name.padEnd(NAME_WIDTH)}${amount(now)} →${amount(simulated)}  ${`${sign}${formatAmount(decimalOfCents(change), currency)}`.padStart(18)}  ${change > 0n ? pc.red(drawn) : pc.green(drawn)}`;
}

/** A month by each of the methods in which shared services can charge each other, side by side. Writes nothing. */
export async function compareMethodsCommand(
  context: CommandContext,
  options: CommonOptions & { readonly month: string },
): Promise<void> {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  await withPlatform(context, options, async ({ clickhouse, currency }) => {
    const client = await clickhouse();
    await requireAllocated(client, month);
    const comparison = await compareMethods(client, month);
    if (options.json) return printJson(context, comparisonAsJson(comparison, currency));
    for (const text of renderComparison(comparison, currency)) print(context, text);
  });
}

function comparisonAsJson(
  { month, methods, teams, idle, corporate, unallocated, total }: MethodComparison,
  currency: string,
): object {
  const byMethod = (cents: readonly bigint[]): Record<string, string> =>
    Object.fromEntries(methods.map((method, index) => [method, decimalOfCents(cents[index] ?? 0n)]));
  return {
    month,
    currency,
    teams: teams.map(({ team, cents }) => ({ team, ...byMethod(cents) })),
    idle: byMethod(idle),
    corporate: byMethod(corporate),
    unallocated: byMethod(unallocated),
    total: byMethod(total),
  };
}

export function renderComparison(
  { month, methods, teams, idle, corporate, unallocated, total }: MethodComparison,
  currency: string,
): string[] {
  const row = (name: string, cells: readonly string[]): string =>
    `  ${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(20)).join("")}`;
  const rows: [string, readonly bigint[]][] = [
    ...teams.map(({ team, cents }): [string, readonly bigint[]] => [team, cents]),
    ["idle", idle],
    ["corporate", corporate],
    ["unallocated", unallocated],
    ["total", total],
  ];
  const isSame = rows.every(([, cents]) => new Set(cents).size === 1);
  return [
    pc.bold(`${month}: what each team would pay, by how shared services charge each other`),
    row("", methods),
    ...rows.map(([name, cents]) =>
      row(
        name,
        cents.map((each) => formatAmount(decimalOfCents(each), currency)),
      ),
    ),
    ...(isSame ? [pc.dim("All three are the same: no shared service used another one.")] : []),
  ];
}
