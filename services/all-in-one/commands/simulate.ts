import pc from "picocolors";
import { z } from "zod";
import { checkPolicies } from "@apportion/allocator/allocation/check-policies";
import { allocationConfig, policiesOf } from "@apportion/allocator/config";
import { compareMethods, simulate, type TeamDifference } from "@apportion/allocator/explain/simulate";
import { parseBillingPeriod } from "@apportion/domain/period";
import { parseConfig, readConfigText } from "@apportion/runtime/config";
import { knownNames } from "../config.js";
import { centsText, formatAmount } from "../summary/amounts.js";
import { requireAllocated } from "./allocated.js";
import { bar, parseFlag, print, printJson, type CommandContext } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";

/** A policy file: the two lists of the `allocation` section, alone. */
const policyFile = z.strictObject({
  policies: allocationConfig.shape.policies,
  betweenServices: allocationConfig.shape.betweenServices,
});

/** What each team would have paid in a month under other policies. Writes nothing. */
export async function simulateCommand(
  context: CommandContext,
  options: CommonOptions & { readonly month: string; readonly policy: string },
): Promise<void> {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  await withPlatform(context, options, async ({ clickhouse, currency }, config) => {
    const source = { file: options.policy, text: readConfigText(options.policy), env: context.env };
    const known = knownNames(config);
    const check = (file: z.output<typeof policyFile>): ReturnType<typeof checkPolicies> =>
      checkPolicies(policiesOf(file), known, []);
    const given = parseConfig(source, policyFile, [{ needs: [], check }]);
    const client = await clickhouse();
    await requireAllocated(client, month);
    const result = await simulate(client, month, policiesOf(given));
    const text = ({ now, simulated }: Omit<TeamDifference, "team">): object => ({
      now: centsText(now),
      simulated: centsText(simulated),
      difference: centsText(simulated - now),
    });
    if (options.json) {
      const { teams, idle, corporate, unallocated, total } = result;
      return printJson(context, {
        month,
        currency,
        days: result.days,
        teams: teams.map(({ team, ...pair }) => ({ team, ...text(pair) })),
        idle: text(idle),
        corporate: text(corporate),
        unallocated: text(unallocated),
        total: text(total),
      });
    }
    const winners = result.teams.filter(({ now, simulated }) => simulated < now).length;
    const losers = result.teams.filter(({ now, simulated }) => simulated > now).length;
    print(
      context,
      pc.bold(
        `${month} under ${options.policy}: ${winners} teams pay less, ${losers} more; nothing was written`,
      ),
    );
    const largest = result.teams[0];
    const most = largest ? Math.abs(Number(largest.simulated - largest.now)) : 0;
    for (const { team, ...pair } of result.teams) print(context, rowOf(team, pair, currency, most));
    for (const name of ["idle", "corporate", "unallocated", "total"] as const)
      print(context, rowOf(pc.dim(name), result[name], currency, most));
  });
}

const NAME_WIDTH = 24;
const BAR_WIDTH = 16;

function rowOf(
  name: string,
  { now, simulated }: Omit<TeamDifference, "team">,
  currency: string,
  most: number,
): string {
  const amount = (cents: bigint): string => formatAmount(centsText(cents), currency).padStart(18);
  const change = simulated - now;
  const drawn =
    most === 0 || change === 0n ? "" : bar(Math.abs(Number(change)) / most, BAR_WIDTH).replaceAll("░", "");
  const sign = change > 0n ? "+" : "";
  return `  ${name.padEnd(NAME_WIDTH)}${amount(now)} →${amount(simulated)}  ${`${sign}${formatAmount(centsText(change), currency)}`.padStart(18)}  ${change > 0n ? pc.red(drawn) : pc.green(drawn)}`;
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
    const { methods, teams, unallocated } = await compareMethods(client, month);
    if (options.json)
      return printJson(context, {
        month,
        currency,
        teams: teams.map(({ team, cents }) => ({
          team,
          ...Object.fromEntries(methods.map((method, index) => [method, centsText(cents[index] ?? 0n)])),
        })),
        unallocated: Object.fromEntries(
          methods.map((method, index) => [method, centsText(unallocated[index] ?? 0n)]),
        ),
      });
    const row = (name: string, cells: readonly string[]): string =>
      `  ${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(20)).join("")}`;
    print(context, pc.bold(`${month}: what each team would pay, by how shared services charge each other`));
    print(context, row("", methods));
    for (const { team, cents } of [...teams, { team: "unallocated", cents: unallocated }])
      print(
        context,
        row(
          team,
          cents.map((each) => formatAmount(centsText(each), currency)),
        ),
      );
    if ([...teams.map(({ cents }) => cents), unallocated].every((cents) => new Set(cents).size === 1))
      print(context, pc.dim("All three are the same: no shared service used another one."));
  });
}
